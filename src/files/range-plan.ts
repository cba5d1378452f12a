/**
 * In which order a receiver asks for what it does not have: from front to back, but first what somebody waits
 * for, a viewer that has jumped. Nothing is asked for twice, but what was asked for in vain. Pure.
 */
import { clearBit, hasBit, noBits, setBit } from '../protocol/chunk-bits.js';
import type { ChunkLayout, OctetRange } from '../protocol/file-chunks.js';
import { type FileRange, largestRange } from '../protocol/file-stream.js';

interface Stretch {
  readonly begin: number;
  next: number;
  readonly end: number;
}

/** The ranges of one transfer, and the root behind them. */
export class RangePlan {
  readonly #layout: ChunkLayout;
  /** Those that need not be asked for any more. */
  readonly #done: Buffer;
  readonly #all: Stretch;
  #stretches: Stretch[] = [];
  #isRootAsked = false;
  #longest = 1;

  /** @param has - whether a chunk is there already */
  constructor(layout: ChunkLayout, has: (index: number) => boolean) {
    this.#layout = layout;
    this.#done = noBits(layout);
    this.#all = { begin: 0, next: 0, end: layout.count };
    this.refine(false);
    for (let index = 0; index < layout.count; index += 1) if (has(index)) setBit(this.#done, index);
  }

  /** Asks for these octets before all others, for the first of them first. What was preferred before no longer is. */
  prefer(wanted: readonly OctetRange[]): void {
    const { chunkBytes, sizeBytes } = this.#layout;
    const within = (octet: number): number => Math.min(Math.max(octet, 0), sizeBytes);
    this.#stretches = wanted.map(({ start, end }) => {
      const begin = Math.floor(within(start) / chunkBytes);
      return { begin, next: begin, end: Math.ceil(within(end) / chunkBytes) };
    });
  }

  /** Makes every chunk a range of its own, where several connections share what is left; or ranges as long as may be. */
  refine(isOn: boolean): void {
    this.#longest = isOn ? 1 : largestRange(this.#layout, 'chunks');
  }

  /** Whether all has been asked for, the root as well. */
  get isRootAsked(): boolean {
    return this.#isRootAsked;
  }

  /** Whether there are chunks to be asked for. */
  get hasMore(): boolean {
    while (this.#all.next < this.#all.end && hasBit(this.#done, this.#all.next)) this.#all.next += 1;
    return this.#all.next < this.#all.end;
  }

  /** The next chunks, of some `mostBytes` octets at most; undefined when all have been asked for. */
  nextChunks(mostBytes: number): FileRange | undefined {
    const most = Math.max(1, Math.min(this.#longest, Math.floor(mostBytes / this.#layout.chunkBytes)));
    return (this.#preferred && this.#take(this.#preferred, most)) ?? this.#take(this.#all, most);
  }

  /** Takes chunks back that were asked for and will not come. */
  giveBack({ first, count }: FileRange): void {
    for (let index = first; index < first + count; index += 1) clearBit(this.#done, index);
    for (const stretch of [this.#all, ...this.#stretches]) {
      stretch.next = Math.min(stretch.next, Math.max(stretch.begin, first));
    }
  }

  next(mostBytes: number): IteratorResult<FileRange, undefined> {
    const range = this.nextChunks(mostBytes);
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

  #take(stretch: Stretch, most: number): FileRange | undefined {
    while (stretch.next < stretch.end && hasBit(this.#done, stretch.next)) stretch.next += 1;
    const first = stretch.next;
    while (stretch.next < stretch.end && stretch.next - first < most && !hasBit(this.#done, stretch.next)) {
      setBit(this.#done, stretch.next);
      stretch.next += 1;
    }
    const count = stretch.next - first;
    return count === 0 ? undefined : { kind: 'chunks', first, count };
  }
}
