/** Who waits for which part of an arriving file, and what is asked for. */
import { beforeEach, describe, expect, it } from '@jest/globals';
import { noBits, setBit } from '../../../src/protocol/chunk-bits.js';
import { layoutOf, type OctetRange } from '../../../src/protocol/file-chunks.js';
import { Arrivals } from '../../../src/store/arrivals.js';

const MiB = 1024 * 1024;
const chunkBytes = 256 * 1024;
const layout = layoutOf(100 * MiB + 1);
const { signal } = new AbortController();
let done: Buffer;
let asked: (readonly OctetRange[])[];
let arrivals: Arrivals;

beforeEach(() => {
  done = noBits(layout);
  asked = [];
  arrivals = new Arrivals(layout, done);
  arrivals.preferBy((wanted) => asked.push(wanted));
});

function arrive(...octets: number[]): void {
  for (const octet of octets) setBit(done, Math.floor(octet / chunkBytes));
  arrivals.advance();
}

const reach = (start: number, end = layout.sizeBytes, by = signal): Promise<number> =>
  arrivals.reach(start, end, 10 * MiB, by);

describe('whoever waits for a part', () => {
  it('is told up to where it is there, and waits for nothing that is there', async () => {
    arrive(0, chunkBytes, 3 * chunkBytes);
    expect(await reach(5)).toBe(2 * chunkBytes);
    expect(await reach(5, 9)).toBe(9);
    expect(asked).toEqual([]);
    const waiting = reach(2 * chunkBytes + 5);
    arrive(2 * chunkBytes);
    expect(await waiting).toBe(4 * chunkBytes);
  });

  it('is given the end of the file, which is shorter than others', async () => {
    const waiting = reach(layout.sizeBytes - 1);
    arrive(layout.sizeBytes - 1);
    expect(await waiting).toBe(layout.sizeBytes);
  });

  it('has it asked for at once, and what several need before what they will want', async () => {
    const [front, tail] = [reach(0), reach(99 * MiB + 7)];
    expect(asked.at(-1)).toEqual([
      { start: 0, end: MiB / 4 },
      { start: 99 * MiB + 7, end: 99.25 * MiB + 7 },
      { start: 0, end: MiB },
      { start: 99 * MiB + 7, end: 100 * MiB + 1 },
      { start: 0, end: 16 * MiB },
      { start: 99 * MiB + 7, end: 100 * MiB + 1 },
    ]);
    arrive(0);
    await front;
    expect(asked.at(-1)).toHaveLength(3);
    const count = asked.length;
    arrive(99 * MiB + 7);
    await tail;
    // What was asked for last is what is wanted next.
    expect(asked).toHaveLength(count);
  });

  it('and leaves is forgotten', async () => {
    const controller = new AbortController();
    const [leaving, staying] = [reach(0, 10, controller.signal), reach(50 * MiB, 50 * MiB + 9)];
    controller.abort(new Error('left'));
    await expect(leaving).rejects.toThrow('left');
    expect(asked.at(-1)).toEqual(Array(3).fill({ start: 50 * MiB, end: 50 * MiB + 9 }));
    arrive(50 * MiB);
    expect(await staying).toBe(50 * MiB + 9);
    await expect(reach(0, 10, controller.signal)).rejects.toThrow('left');
  });

  it('is told when nothing more comes, and so is who comes later', async () => {
    const waiting = reach(0);
    arrive(MiB);
    arrivals.stop();
    await expect(waiting).rejects.toMatchObject({ code: 'ERR_FILE_INTERRUPTED' });
    await expect(reach(MiB)).rejects.toMatchObject({ code: 'ERR_FILE_INTERRUPTED' });
    expect(arrivals.isStopped).toBe(true);
  });
});

it('is complete when every chunk is there', () => {
  for (let octet = 0; octet < layout.sizeBytes - 1; octet += chunkBytes) arrive(octet);
  expect(arrivals.isComplete).toBe(false);
  arrive(layout.sizeBytes - 1);
  expect(arrivals.isComplete).toBe(true);
});
