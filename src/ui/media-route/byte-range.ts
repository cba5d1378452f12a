/** Which octets a request for a file wants (RFC 9110 §14): one range, or all. Pure. */

/** Octets from `start` up to `end`, which the file has. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/**
 * Reads a `Range` field.
 *
 * @returns undefined for all of the file, which is right for whatever is not understood, and for several ranges;
 *   `unsatisfiable` where the file has none of what is wanted
 */
export function parseByteRange(field: string | undefined, sizeBytes: number): ByteRange | 'unsatisfiable' | undefined {
  // Fifteen digits are exact.
  const [, first, last] = /^bytes=[ \t]*(\d{0,15})-(\d{0,15})[ \t]*$/i.exec(field ?? '') ?? [];
  if (first === undefined || last === undefined || (first === '' && last === '')) return undefined;
  if (first === '') {
    const start = Math.max(sizeBytes - Number(last), 0);
    return start < sizeBytes ? { start, end: sizeBytes } : 'unsatisfiable';
  }
  const start = Number(first);
  const end = last === '' ? sizeBytes : Math.min(Number(last) + 1, sizeBytes);
  if (last !== '' && Number(last) < start) return undefined;
  return start < sizeBytes ? { start, end } : 'unsatisfiable';
}
