/** The digests of a file's chunks, as far as one side knows them. Pure. */
import { hasBit, noBits, setBit } from './chunk-bits.js';
import { type ChunkLayout, digestBytes, rootOf } from './file-chunks.js';

/** A list that fills in any order. */
export class DigestList {
  readonly #digests: Buffer;
  readonly #known: Buffer;
  #unknownCount: number;

  constructor(layout: ChunkLayout) {
    this.#digests = Buffer.alloc(layout.count * digestBytes);
    this.#known = noBits(layout);
    this.#unknownCount = layout.count;
  }

  /** Whether all are known. */
  get isComplete(): boolean {
    return this.#unknownCount === 0;
  }

  /** Whether those of `count` chunks from `first` on are known. */
  has(first: number, count: number): boolean {
    for (let index = first; index < first + count; index += 1) if (!hasBit(this.#known, index)) return false;
    return true;
  }

  /** Those of `count` chunks from `first` on, one behind the other; zeros where they are not known. */
  get(first: number, count: number): Buffer {
    return this.#digests.subarray(first * digestBytes, (first + count) * digestBytes);
  }

  /** Notes digests of consecutive chunks from `first` on. */
  set(first: number, digests: Buffer): void {
    digests.copy(this.#digests, first * digestBytes);
    for (let index = first; index < first + digests.length / digestBytes; index += 1) {
      if (!hasBit(this.#known, index)) this.#unknownCount -= 1;
      setBit(this.#known, index);
    }
  }

  /** What proves all of them. */
  root(): Buffer {
    return rootOf(this.#digests);
  }
}
