/** Sizes as people read and type them: a number and a unit, in powers of ten. */
import { QTChatError, quote } from '../../errors.js';

const units = { '': 1, kb: 1e3, mb: 1e6, gb: 1e9, tb: 1e12 } as const;

/** Octets for people: "12.3 MB", in powers of ten. */
export function describeSize(sizeBytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'];
  const power = Math.min(Math.floor(Math.log10(Math.max(sizeBytes, 1)) / 3), units.length - 1);
  const amount = sizeBytes / 1000 ** power;
  return `${power === 0 ? amount : amount.toFixed(1)} ${units[power]}`;
}

/**
 * Reads `20GB`, `1.5 TB` or a number of octets.
 *
 * @param flag - whose value it is
 * @throws {QTChatError} `ERR_USAGE`
 */
export function parseSize(text: string, flag: string): number {
  const [, number = '', unit = ''] = /^(\d{1,15}(?:\.\d{1,3})?) ?([kmgt]b)?$/i.exec(text.trim()) ?? [];
  const bytes =
    number === '' ? Number.NaN : Math.round(Number(number) * units[unit.toLowerCase() as keyof typeof units]);
  if (Number.isSafeInteger(bytes)) return bytes;
  throw new QTChatError('ERR_USAGE', `${flag} ${quote(text)} is no size`, { hint: 'Give one such as 500MB or 20GB' });
}
