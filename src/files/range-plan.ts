/**
 * In which order a receiver asks for what it does not have: from front to back, but first what somebody waits
 * for, a viewer that has jumped. Nothing is asked for twice. Pure.
 */
import { hasBit, noBits, setBit } from '../protocol/chunk-bits.js';
import type { ChunkLayout, OctetRange } from '../protocol/file-chunks.js';
import { type FileRange, largestRange } from '../protocol/file-stream.js';

interface Stretch {
  next: number;
  readonly end: number;
}

/** The ranges of one transfer, and the root behind them. */
export class RangePlan implements Iterator<FileRange> {
  readonly #layout: ChunkLayout;
  /** Those that need not be asked for any more. */
  readonly #done: Buffer;
  readonly #all: Stretch;
  #stretches: Stretch[] = [];
  #isRootAsked = false;

  /** @param has - whether a chunk is there already */
  constructor(layout: ChunkLayout, has: (index: number) => boolean) {
    this.#layout = layout;
    this.#done = noBits(layout);
    this.#all = { next: 0, end: layout.count };
    for (let index = 0; index < layout.count; index += 1) if (has(index)) setBit(this.#done, index);
  }

  /** Asks for the octets from `start` up to `end` before all others. What was preferred before no longer is. */
  prefer(start: number, end: number): void {
    this.preferAll([{ start, end }]);
  }

  /** Asks for these octets before all others, for the first of them first. What was preferred before no longer is. */
  preferAll(wanted: readonly OctetRange[]): void {
    const { chunkBytes, sizeBytes } = this.#layout;
    const within = (octet: number): number => Math.min(Math.max(octet, 0), sizeBytes);
    this.#stretches = wanted.map(({ start, end }) => ({
      next: Math.floor(within(start) / chunkBytes),
      end: Math.ceil(within(end) / chunkBytes),
    }));
  }

  next(): IteratorResult<FileRange, undefined> {
    const range = (this.#preferred && this.#take(this.#preferred)) ?? this.#take(this.#all);
    if (range !== undefined) return { done: false, value: range };
    if (this.#isRootAsked) return { done: true, value: undefined };
    this.#isRootAsked = true;
    return { done: false, value: { kind: 'root', first: 0, count: 0 } };
  }

  /** The first stretch of which something is left. */
  get #preferred(): Stretch | undefined {
    return this.#stretches.find((stretch) => {
      while (stretch.next < stretch.end && hasBit(this.#done, stretch.next)) stretch.next += 1;
      return stretch.next < stretch.end;
    });
  }

  #take(stretch: Stretch): FileRange | undefined {
    const longest = largestRange(this.#layout, 'chunks');
    while (stretch.next < stretch.end && hasBit(this.#done, stretch.next)) stretch.next += 1;
    const first = stretch.next;
    while (stretch.next < stretch.end && stretch.next - first < longest && !hasBit(this.#done, stretch.next)) {
      setBit(this.#done, stretch.next);
      stretch.next += 1;
    }
    const count = stretch.next - first;
    return count === 0 ? undefined : { kind: 'chunks', first, count };
  }
}
