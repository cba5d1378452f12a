/** Lengths of time as people type them. */
import { QTChatError, quote } from '../errors.js';
import { dayMs } from '../pki/day.js';
import { validityDaysCap } from '../pki/profile.js';

const unitsMs: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: dayMs };

/**
 * Reads `30m`, `24h` or `14d`.
 *
 * @returns milliseconds
 * @throws {QTChatError} `ERR_USAGE`, also for nothing at all and for more than any certificate lasts
 */
export function parseDuration(text: string): number {
  const [, count = '', unit = ''] = /^([1-9]\d{0,5})([mhd])$/.exec(text) ?? [];
  const durationMs = Number(count) * (unitsMs[unit] ?? Number.NaN);
  if (durationMs > 0 && durationMs <= validityDaysCap * dayMs) return durationMs;
  throw new QTChatError('ERR_USAGE', `${quote(text)} is no length of time`, {
    hint: `Write minutes, hours or days, such as 30m, 24h or 14d, ${validityDaysCap} days at most`,
  });
}
