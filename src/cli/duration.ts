/** Lengths of time as people type them. */
import { QTChatError, quote } from '../errors.js';

const unitsMs: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000 };

/**
 * Reads `30m`, `24h` or `14d`.
 *
 * @returns milliseconds
 * @throws {QTChatError} `ERR_USAGE`, also for nothing at all and for more than 825 days
 */
export function parseDuration(text: string): number {
  const [, count = '', unit = ''] = /^([1-9]\d{0,5})([mhd])$/.exec(text) ?? [];
  const durationMs = Number(count) * (unitsMs[unit] ?? Number.NaN);
  if (durationMs > 0 && durationMs <= 825 * 86_400_000) return durationMs;
  throw new QTChatError('ERR_USAGE', `${quote(text)} is no length of time`, {
    hint: 'Write minutes, hours or days, such as 30m, 24h or 14d, 825 days at most',
  });
}
