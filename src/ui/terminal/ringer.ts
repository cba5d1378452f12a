/**
 * Lets a call be heard before anybody talks: it rings here, or there. Where the sound card cannot, or will not, the terminal's
 * bell does. It follows the call as it stands, and so ends with it or as soon as it is taken.
 */
import type { CallSnapshot } from '../../calls/call-events.js';
import type { SoundingTone } from '../../calls/media-process/sound-tools.js';
import type { Timers } from '../../conversation/timers.js';
import type { SettingValues } from '../../store/settings.js';
import type { FaceSound } from '../face-sound.js';

/** What a {@link Ringer} needs. */
export interface RingerOptions {
  readonly playTone: FaceSound['playTone'];
  /** Writes to the terminal. */
  readonly write: (text: string) => void;
  readonly timers: Timers;
  readonly settings: () => Pick<SettingValues, 'ring' | 'bell'>;
}

type Tone = 'ring' | 'ringback';

const bell = '\x07';
const bellEveryMs = 3_000;

/** The ring tones of one terminal. */
export class Ringer {
  readonly #options: RingerOptions;
  #sounding: { readonly tone: Tone; readonly call: string; readonly stop: () => void } | undefined;

  constructor(options: RingerOptions) {
    this.#options = options;
  }

  /**
   * Sounds as the call wants that there is now.
   *
   * @param output - the speaker that is chosen for calls
   */
  follow(call: CallSnapshot | undefined, output: string | undefined): void {
    const tone = toneOf(call);
    if (tone === this.#sounding?.tone && call?.id === this.#sounding?.call) return;
    this.#sounding?.stop();
    this.#sounding = undefined;
    if (tone === undefined || call === undefined || !this.#options.settings().ring) return;
    this.#sounding = { tone, call: call.id, stop: this.#sound(tone, output) };
  }

  /** Ends what sounds. */
  close(): void {
    this.#sounding?.stop();
    this.#sounding = undefined;
  }

  /** @returns what ends it */
  #sound(tone: Tone, output: string | undefined): () => void {
    const { playTone, write, timers, settings } = this.#options;
    let isOver = false;
    let callOff: () => void = () => {};
    const ringBell = (): void => {
      // Nobody needs to be told what they have begun themselves.
      if (isOver || tone === 'ringback' || !settings().bell) return;
      write(bell);
      callOff = timers.after(bellEveryMs, ringBell);
    };
    const playing: SoundingTone = playTone(tone, output);
    void playing.ended.then((wasHeard) => {
      if (!wasHeard) ringBell();
    });
    return () => {
      isOver = true;
      callOff();
      playing.stop();
    };
  }
}

function toneOf(call: CallSnapshot | undefined): Tone | undefined {
  if (call?.state !== 'ringing') return undefined;
  return call.direction === 'in' ? 'ring' : 'ringback';
}
