import { describe, expect, it } from '@jest/globals';
import { Batches } from '../../../src/conversation/batches.js';

describe('a batch', () => {
  it('holds what was added in one go, and then what came while it was worked on, in order', async () => {
    const seen: number[][] = [];
    const batches = new Batches<number, number>(async (items) => {
      seen.push([...items]);
      if (seen.length === 1) later = [batches.add(3), batches.add(4)];
      return items.map((item) => item * 10);
    });
    let later: Promise<number>[] = [];
    expect(await Promise.all([batches.add(1), batches.add(2)])).toEqual([10, 20]);
    expect(await Promise.all(later)).toEqual([30, 40]);
    expect(seen).toEqual([
      [1, 2],
      [3, 4],
    ]);
  });

  it('that fails fails for all that is in it, and the next one does not', async () => {
    let isFirst = true;
    const batches = new Batches<number, number>(async (items) => {
      if (!isFirst) return items;
      isFirst = false;
      throw new Error('disk full');
    });
    const failing = [batches.add(1), batches.add(2)];
    for (const one of failing) await expect(one).rejects.toThrow('disk full');
    expect(await batches.add(3)).toBe(3);
  });

  it('is no larger than 256', async () => {
    const sizes: number[] = [];
    const batches = new Batches<number, number>(async (items) => {
      sizes.push(items.length);
      return items;
    });
    await Promise.all(Array.from({ length: 600 }, (_, index) => batches.add(index)));
    expect(sizes).toEqual([256, 256, 88]);
  });
});
