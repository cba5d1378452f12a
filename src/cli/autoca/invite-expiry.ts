/** How long an invite serves: a day, unless told otherwise; a code ten minutes at most, because it is short. */
import { QTChatError } from '../../errors.js';
import { parseDuration } from '../duration.js';

const lineTime = '24h';
const codeTime = '10m';

/**
 * When an invite made at `now` is to end.
 *
 * @param text - as typed, such as `2h`; the usual time when left out
 * @throws {QTChatError} `ERR_USAGE` when it is no length of time, or too long for a code
 */
export function expiryOf(text: string | undefined, isCode: boolean, now: Date): Date {
  const lastsMs = parseDuration(text ?? (isCode ? codeTime : lineTime));
  if (isCode && lastsMs > parseDuration(codeTime)) {
    throw new QTChatError('ERR_USAGE', `a code serves for ${codeTime} at most, because it is short`, {
      hint: 'Leave out --expires, or make an invite without --code',
    });
  }
  return new Date(now.getTime() + lastsMs);
}
