import { describe, expect, it } from '@jest/globals';
import { describeSize, parseSize } from '../../../src/ui/text/size.js';

describe('a size', () => {
  it.each([
    [0, '0 B'],
    [999, '999 B'],
    [1_000, '1.0 kB'],
    [100_000_000, '100.0 MB'],
  ])('of %i octets reads %s', (sizeBytes, text) => {
    expect(describeSize(sizeBytes)).toBe(text);
  });

  it.each([
    ['0', 0],
    ['512', 512],
    ['20GB', 20_000_000_000],
    ['1.5 tb', 1_500_000_000_000],
    ['1.001kB', 1001],
    [' 3mb ', 3_000_000],
  ])('is %s', (text, bytes) => {
    expect(parseSize(text, '--quota')).toBe(bytes);
  });

  it.each([
    '',
    'x',
    '-1',
    '1e9',
    '5 G',
    '5PB',
    '1,5GB',
    '0x10',
    '9999999999999999',
    '999999999999999TB',
    'GB',
    '1.2.3',
  ])('is not %j', (text) => {
    expect(() => parseSize(text, '--quota')).toThrow(expect.objectContaining({ code: 'ERR_USAGE' }));
  });
});
