import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { RangePlan } from '../../../src/files/range-plan.js';
import { layoutOf } from '../../../src/protocol/file-chunks.js';
import type { FileRange } from '../../../src/protocol/file-stream.js';

const MiB = 1024 * 1024;
const layout = layoutOf(10 * MiB + 3);
/** As long as a range may be. */
const most = Number.POSITIVE_INFINITY;
const root = { kind: 'root', first: 0, count: 0 };

function rest(plan: RangePlan): FileRange[] {
  return [...{ [Symbol.iterator]: () => ({ next: () => plan.next(most) }) }];
}

function chunks(first: number, count: number): FileRange {
  return { kind: 'chunks', first, count };
}

describe('what is asked for', () => {
  it('goes from front to back, leaves out what is there, and ends with the root', () => {
    const plan = new RangePlan(layoutOf(2 * MiB), (index) => index === 0 || index === 5);
    expect(rest(plan)).toEqual([chunks(1, 4), chunks(6, 2), root]);
  });

  it('comes in ranges no longer than is best, but of one chunk at least', () => {
    const plan = new RangePlan(layout, () => false);
    expect([1, MiB / 2, MiB].map((bytes) => plan.next(bytes).value)).toEqual([
      chunks(0, 1),
      chunks(1, 2),
      chunks(3, 4),
    ]);
  });

  it('is what somebody waits for first, wherever that begins and ends', () => {
    const plan = new RangePlan(layout, () => false);
    plan.next(most);
    plan.prefer([{ start: 5 * MiB + 7, end: 6 * MiB + 7 }]);
    expect([plan.next(most).value, plan.next(most).value, plan.next(most).value]).toEqual([
      chunks(20, 4),
      chunks(24, 1),
      chunks(4, 4),
    ]);
  });

  it('is only the last that was waited for', () => {
    const plan = new RangePlan(layout, () => false);
    plan.prefer([{ start: 0, end: MiB }]);
    plan.prefer([{ start: 9 * MiB, end: 10 * MiB }]);
    expect([plan.next(most).value, plan.next(most).value]).toEqual([chunks(36, 4), chunks(0, 4)]);
  });

  it('is in turn what several wait for', () => {
    const plan = new RangePlan(layout, (index) => index === 20);
    const [one, other] = [5 * MiB, 9 * MiB];
    plan.prefer([
      { start: one, end: one + 1 },
      { start: other, end: other + MiB },
      { start: one, end: one + MiB },
    ]);
    expect(Array.from({ length: 3 }, () => plan.next(most).value)).toEqual([
      chunks(36, 4),
      chunks(21, 3),
      chunks(0, 4),
    ]);
  });

  it('is asked for once and wholly, whatever is waited for in between', () => {
    const octet = fc.integer({ min: -5, max: 12 * MiB });
    const wish = fc.tuple(fc.integer({ min: 0, max: 12 }), octet, octet);
    fc.assert(
      fc.property(fc.array(wish, { maxLength: 8 }), fc.array(fc.nat(40)), (wishes, there) => {
        const plan = new RangePlan(layout, (index) => there.includes(index));
        const found: FileRange[] = [];
        for (let turn = 0; ; turn += 1) {
          for (const [at, start, end] of wishes) if (at === turn) plan.prefer([{ start, end }]);
          const { value, done } = plan.next(most);
          if (done) break;
          found.push(value);
        }
        expect(found.pop()).toEqual(root);
        const asked = found.flatMap(({ first, count }) => Array.from({ length: count }, (_, index) => first + index));
        const expected = Array.from({ length: layout.count }, (_, index) => index).filter(
          (one) => !there.includes(one),
        );
        expect(asked.toSorted((one, other) => one - other)).toEqual(expected);
      }),
      { numRuns: 300 },
    );
  });

  it('is asked for again where it was given back, before the root', () => {
    const plan = new RangePlan(layoutOf(2 * MiB), () => false);
    const { value: first } = plan.next(most);
    expect(plan.next(most).value).toEqual(chunks(4, 4));
    expect(plan.hasMore).toBe(false);
    plan.giveBack(first as FileRange);
    expect(plan.hasMore).toBe(true);
    expect(rest(plan)).toEqual([chunks(0, 4), root]);
  });

  it('is asked for again at once where somebody still waits for it', () => {
    const plan = new RangePlan(layout, () => false);
    plan.prefer([
      { start: 5 * MiB, end: 6 * MiB },
      { start: 8 * MiB, end: 9 * MiB },
    ]);
    const { value: first } = plan.next(most);
    plan.giveBack(first as FileRange);
    expect([plan.next(most).value, plan.next(most).value, plan.next(most).value]).toEqual([
      chunks(20, 4),
      chunks(32, 4),
      chunks(0, 4),
    ]);
  });

  it('is small where several share it, and without the root until somebody wants that', () => {
    const plan = new RangePlan(layoutOf(MiB), () => false);
    plan.refine(true);
    expect([plan.nextChunks(most), plan.nextChunks(most)]).toEqual([chunks(0, 1), chunks(1, 1)]);
    plan.refine(false);
    expect([plan.nextChunks(most), plan.nextChunks(most)]).toEqual([chunks(2, 2), undefined]);
    expect(plan.isRootAsked).toBe(false);
    expect(rest(plan)).toEqual([root]);
    expect(plan.isRootAsked).toBe(true);
  });
});
