/** How much of a file is there from its beginning on, without a gap: for one who reads it while it arrives. */
import { QTChatError } from '../errors.js';
import { hasBit } from '../protocol/chunk-bits.js';
import type { ChunkLayout } from '../protocol/file-chunks.js';

/** The front of one file, and whoever waits for it: one at a time. */
export class ArrivalFront {
  readonly #layout: ChunkLayout;
  readonly #done: Uint8Array;
  /** The first chunk that is not there. */
  #index = 0;
  #isStopped = false;
  #wake: () => void = () => {};

  /** @param done - a bit for each chunk that is there, which others set */
  constructor(layout: ChunkLayout, done: Uint8Array) {
    this.#layout = layout;
    this.#done = done;
  }

  /** To be called when bits have been set. */
  advance(): void {
    while (this.#index < this.#layout.count && hasBit(this.#done, this.#index)) this.#index += 1;
    this.#wake();
  }

  /**
   * Resolves when all octets before `end` are there, or all of the file where it is shorter.
   *
   * @throws {QTChatError} `ERR_FILE_INTERRUPTED` once it was stopped
   */
  async reaches(end: number): Promise<void> {
    const { chunkBytes, count } = this.#layout;
    const needed = Math.min(Math.ceil(end / chunkBytes), count);
    while (this.#index < needed && !this.#isStopped) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    if (this.#isStopped) throw new QTChatError('ERR_FILE_INTERRUPTED', 'nothing more of the file comes');
  }

  /** Says that nothing more will be read. */
  stop(): void {
    this.#isStopped = true;
    this.#wake();
  }
}
