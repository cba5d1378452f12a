/** Which octets a `Range` field means. */
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { parseByteRange } from '../../../../src/ui/media-route/byte-range.js';

describe('a range', () => {
  it.each([
    ['bytes=0-', { start: 0, end: 100 }],
    ['bytes=10-19', { start: 10, end: 20 }],
    ['Bytes= 10-19 ', { start: 10, end: 20 }],
    ['bytes=99-99', { start: 99, end: 100 }],
    ['bytes=50-1000', { start: 50, end: 100 }],
    ['bytes=-1', { start: 99, end: 100 }],
    ['bytes=-1000', { start: 0, end: 100 }],
    ['bytes=100-', 'unsatisfiable'],
    ['bytes=100-200', 'unsatisfiable'],
    ['bytes=-0', 'unsatisfiable'],
    [undefined, undefined],
    ['', undefined],
    ['bytes=-', undefined],
    ['bytes=5-4', undefined],
    ['bytes=0-1,3-4', undefined],
    ['bytes=0x1-', undefined],
    ['bytes=1.5-', undefined],
    ['bytes=+1-2', undefined],
    ['bytes=0-1\n', undefined],
    ['bytes=9999999999999999-', undefined],
    ['items=0-1', undefined],
  ])('%j of 100 octets is %j', (field, expected) => {
    expect(parseByteRange(field, 100)).toEqual(expected);
  });

  it('never reaches beyond the file, and is never empty', () => {
    const part = fc.oneof(fc.nat().map(String), fc.constant(''), fc.string({ maxLength: 5 }));
    fc.assert(
      fc.property(part, part, fc.integer({ min: 1, max: 1e12 }), (first, last, sizeBytes) => {
        const range = parseByteRange(`bytes=${first}-${last}`, sizeBytes);
        if (typeof range !== 'object') return true;
        return range.start >= 0 && range.start < range.end && range.end <= sizeBytes;
      }),
    );
  });
});
