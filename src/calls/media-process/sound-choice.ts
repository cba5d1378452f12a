/** Which sound a media process has: the sound card, unless QTCHAT_SOUND says otherwise. */
import { QTChatError, quote } from '../../errors.js';
import type { SoundChoice } from './wire.js';

/**
 * Reads QTCHAT_SOUND: `card`, `none`, or `files:MICROPHONE.wav,SPEAKER.wav`, by which a machine without a sound card can
 * be tested; either file may be left out.
 *
 * @throws {QTChatError} `ERR_USAGE` for everything else
 */
export function soundOf(env: Readonly<Record<string, string | undefined>>): SoundChoice {
  const wanted = env.QTCHAT_SOUND ?? 'card';
  if (wanted === '' || wanted === 'card') return { kind: 'card' };
  if (wanted === 'none') return { kind: 'silent' };
  const [, microphone, speaker] = /^files:([^,]*),([^,]*)$/.exec(wanted) ?? [];
  if (microphone === undefined)
    throw new QTChatError('ERR_USAGE', `QTCHAT_SOUND is ${quote(wanted)}`, {
      hint: 'Use card, none, or files:MICROPHONE.wav,SPEAKER.wav',
    });
  return { kind: 'recorded', microphone: microphone || undefined, speaker: speaker || undefined };
}
