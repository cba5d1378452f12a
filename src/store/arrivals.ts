/**
 * What is there of one unfinished file, and who waits for more of it: those parts are asked for first. Reads nothing itself.
 */
import { QTChatError } from '../errors.js';
import { hasBit } from '../protocol/chunk-bits.js';
import type { ChunkLayout, OctetRange } from '../protocol/file-chunks.js';

/** Asks for these octets before all others, for the first of them first. */
export type Prefer = (wanted: readonly OctetRange[]) => void;

/** What a reader needs to begin, and to go on; then come the others, before what it wants next. */
const firstBytes = 256 * 1024;
const neededBytes = 1024 * 1024;
// As much as is ever asked for ahead.
const wantedBytes = 16 * 1024 * 1024;

interface Waiting extends OctetRange {
  readonly wake: () => void;
}

/** The arrivals of one file. */
export class Arrivals {
  readonly layout: ChunkLayout;
  readonly #done: Uint8Array;
  /** The first has waited longest. */
  #waiting: Waiting[] = [];
  #prefer: Prefer = () => {};
  #isStopped = false;

  /** @param done - a bit for each chunk that is there, which others set */
  constructor(layout: ChunkLayout, done: Uint8Array) {
    this.layout = layout;
    this.#done = done;
  }

  /** Whether all of the file is there. */
  get isComplete(): boolean {
    return this.#thereUpTo(0, this.layout.sizeBytes) === this.layout.sizeBytes;
  }

  /** Whether nothing more comes. */
  get isStopped(): boolean {
    return this.#isStopped;
  }

  /** Says how octets are asked for before all others. */
  preferBy(prefer: Prefer): void {
    this.#prefer = prefer;
  }

  /** To be called when bits have been set. */
  advance(): void {
    for (const { wake } of this.#waiting.filter(({ start }) => this.#isThere(start))) wake();
  }

  /** To be called when nothing more comes, and what is there goes. */
  stop(): void {
    this.#isStopped = true;
    for (const { wake } of [...this.#waiting]) wake();
  }

  /**
   * Waits until the octet at `start` is there.
   *
   * @param end - up to where the reader will want to read on: so far it is asked for first
   * @param mostBytes - so many are looked for
   * @returns up to where octets are there without a gap
   * @throws {QTChatError} `ERR_FILE_INTERRUPTED` once it was stopped; the reason of `signal`
   */
  async reach(start: number, end: number, mostBytes: number, signal: AbortSignal): Promise<number> {
    for (;;) {
      signal.throwIfAborted();
      if (this.#isStopped) throw new QTChatError('ERR_FILE_INTERRUPTED', 'the file does not arrive any more');
      if (this.#isThere(start)) return this.#thereUpTo(start, Math.min(end, start + mostBytes));
      await this.#wait(start, end, signal);
    }
  }

  #wait(start: number, end: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        signal.removeEventListener('abort', wake);
        this.#waiting = this.#waiting.filter((one) => one.wake !== wake);
        this.#ask();
        resolve();
      };
      signal.addEventListener('abort', wake, { once: true });
      this.#waiting.push({ start, end, wake });
      this.#ask();
    });
  }

  #ask(): void {
    // Whoever waited last goes on where it is.
    if (this.#waiting.length === 0) return;
    const upTo = (bytes: number): OctetRange[] =>
      this.#waiting.map(({ start, end }) => ({ start, end: Math.min(end, start + bytes) }));
    this.#prefer([firstBytes, neededBytes, wantedBytes].flatMap(upTo));
  }

  #isThere(position: number): boolean {
    return hasBit(this.#done, Math.floor(position / this.layout.chunkBytes));
  }

  #thereUpTo(start: number, end: number): number {
    const { chunkBytes } = this.layout;
    let index = Math.floor(start / chunkBytes);
    while (index * chunkBytes < end && hasBit(this.#done, index)) index += 1;
    return Math.min(index * chunkBytes, end);
  }
}
