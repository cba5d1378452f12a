import { describe, expect, it } from '@jest/globals';
import { poolRandom } from '../../../src/pki/pooled-random.js';

describe('poolRandom', () => {
  it('gives every octet out once, however many are asked for', () => {
    let next = 0;
    const counting = (size: number): Buffer => {
      const octets = Buffer.alloc(size * 4);
      for (let at = 0; at < size; at += 1) octets.writeUInt32BE(next++, at * 4);
      return octets.subarray(0, size * 4);
    };
    // Four octets a number: a number that came twice would show.
    const random = poolRandom((size) => counting(size / 4));
    const seen = new Set<string>();
    let count = 0;
    for (const size of [16, 4, 4096, 8192, 32, 2048, 2048, 4092, 16]) {
      const octets = random(size);
      expect(octets).toHaveLength(size);
      for (let at = 0; at < size; at += 4) seen.add(octets.toString('hex', at, at + 4));
      count += size / 4;
    }
    expect(seen.size).toBe(count);
  });
});
