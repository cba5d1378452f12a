import { describe, expect, it } from '@jest/globals';
import { parseSize } from '../../../src/ui/text/parse-size.js';

describe('a size', () => {
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
