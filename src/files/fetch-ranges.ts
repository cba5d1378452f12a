/**
 * The receiver's side of a file connection: asks for ranges, as many ahead as the window allows, and
 * hands over what comes. Answers are gathered into blocks, of which there are a few: when all are in
 * use, the sender waits.
 */
import type { Duplex } from 'node:stream';
import type { ChunkLayout } from '../protocol/file-chunks.js';
import {
  type AnswerPart,
  AnswerReader,
  answerLength,
  encodeRange,
  type FileRange,
  maximumAnswerBytes,
} from '../protocol/file-stream.js';
import { type OctetReading, readOctets } from '../transport/read-octets.js';
import type { BlockPool } from './block-pool.js';
import type { Hold } from './hold.js';
import { RequestWindow } from './request-window.js';
import { broken, Watchdog } from './stream-end.js';

/**
 * Takes the answer to one range, content and digests, which is the callee's until the promise resolves. Several may
 * be called at a time.
 */
export type TakeAnswer = (range: FileRange, octets: Buffer) => Promise<void>;

/** What is to be asked for, in order; `mostBytes` says how long a range is best, and may be passed over. */
export interface Ranges {
  next(mostBytes: number): IteratorResult<FileRange, undefined>;
}

const noRanges: Ranges = { next: () => ({ done: true, value: undefined }) };

/** A sender that answers nothing is given up after so long. */
const stallTimeoutMs = 30_000;
/** How many blocks there are, and octets of each. */
export const blocks = { count: 16, sizeBytes: maximumAnswerBytes } as const;
const askAgainBelow = 0.5;

interface Asked {
  readonly range: FileRange;
  readonly sizeBytes: number;
  readonly atMs: number;
}

/** One file connection, read by its receiver. */
export class RangeFetcher {
  readonly #stream: Duplex;
  readonly #layout: ChunkLayout;
  readonly #reader: AnswerReader;
  readonly #window = new RequestWindow();
  readonly #asked: Asked[] = [];
  readonly #pool: BlockPool;
  #usedBlocks = 0;
  #askedBytes = 0;
  #block: Buffer | undefined;
  #filled = 0;
  #beganMs = 0;
  #receivedBytes = 0;
  #refinedAtMs = Number.NEGATIVE_INFINITY;
  #isFetching = false;
  readonly #taking = new Set<Promise<void>>();
  #ranges: Ranges = noRanges;
  #take: TakeAnswer = async () => {};
  #resolve: () => void = () => {};
  #reject: (error: unknown) => void = () => {};
  #watchdog: Watchdog | undefined;
  readonly #reading: OctetReading;
  readonly #hold: Hold;

  /**
   * @param pool - of the {@link blocks} of the transfer
   * @param hold - while it is on, nothing more is asked for
   */
  constructor(stream: Duplex, layout: ChunkLayout, pool: BlockPool, hold: Hold) {
    this.#hold = hold;
    this.#pool = pool;
    this.#stream = stream;
    this.#layout = layout;
    this.#reader = new AnswerReader(layout);
    this.#reading = readOctets(stream, (octets) => this.#receive(octets));
    this.#reading.pause();
  }

  /** Octets that have come, all that the connection has carried. */
  get receivedBytes(): number {
    return this.#receivedBytes;
  }

  /** What was asked for and has not come whole. */
  get unanswered(): FileRange[] {
    return this.#asked.map(({ range }) => range);
  }

  /** Begins with little ahead: from now on several connections share the line, or this one has it to itself. */
  refine(): void {
    this.#window.reset();
    this.#refinedAtMs = performance.now();
  }

  /** Asks for what has become due meanwhile. */
  askOn(): void {
    if (this.#isFetching) this.#ask();
  }

  /**
   * Fetches all of `ranges`, and resolves when `take` is done with each; or rejects, and it is done with those that it
   * was given. One call at a time; after one that failed, the connection is of no use.
   *
   * @throws {QTChatError} `ERR_PROTOCOL` when the sender breaks the rules, `ERR_FILE_INTERRUPTED` when the stream
   *   breaks or stalls, and what `take` throws
   */
  async fetch(ranges: Ranges, take: TakeAnswer): Promise<void> {
    this.#ranges = ranges;
    this.#take = take;
    const stream = this.#stream;
    const onEnd = (): void => this.#reject(broken(stream.errored));
    const stopHearing = [
      this.#hold.onChange(() => {
        this.#watchdog?.feed();
        this.#ask();
      }),
      this.#pool.onRoom(() => this.#reading.resume()),
    ];
    this.#isFetching = true;
    try {
      await new Promise<void>((resolve, reject) => {
        this.#resolve = resolve;
        this.#reject = reject;
        this.#watchdog = new Watchdog(stream, stallTimeoutMs, this.#hold);
        stream.once('end', onEnd).once('close', onEnd);
        if (stream.destroyed) onEnd();
        this.#reading.resume();
        this.#ask();
      });
    } catch (error) {
      this.#reading.stop();
      if (this.#block !== undefined) this.#pool.release(this.#block);
      throw error;
    } finally {
      this.#isFetching = false;
      for (const stop of stopHearing) stop();
      this.#watchdog?.stop();
      this.#reading.pause();
      stream.off('end', onEnd).off('close', onEnd);
      await Promise.all(this.#taking);
    }
  }

  /** Octets that were asked for and have not come. */
  get #comingBytes(): number {
    return this.#askedBytes - this.#filled;
  }

  #ask(): void {
    // Several at once: every write costs the same, however little it carries.
    if (this.#hold.isOn || this.#comingBytes > this.#window.bytes * askAgainBelow) return;
    this.#stream.cork();
    while (this.#comingBytes < this.#window.bytes) {
      const { value: range, done } = this.#ranges.next(this.#window.rangeBytes);
      if (done) break;
      const sizeBytes = answerLength(this.#layout, range);
      this.#asked.push({ range, sizeBytes, atMs: performance.now() });
      this.#askedBytes += sizeBytes;
      this.#reader.expect(range);
      this.#stream.write(encodeRange(range));
    }
    this.#stream.uncork();
    if (this.#asked.length === 0 && this.#usedBlocks === 0) this.#resolve();
  }

  #receive(chunk: Buffer): void {
    this.#watchdog?.feed();
    this.#receivedBytes += chunk.length;
    try {
      for (const part of this.#reader.push(chunk)) this.#gather(part);
      this.#ask();
    } catch (error) {
      this.#reject(error);
    }
  }

  #gather({ range, octets, isLast }: AnswerPart): void {
    if (this.#filled === 0) this.#beganMs = performance.now();
    this.#block ??= this.#newBlock();
    const block = this.#block;
    this.#filled += octets.copy(block, this.#filled);
    if (!isLast) return;
    const content = block.subarray(0, this.#filled);
    this.#block = undefined;
    this.#filled = 0;
    const asked = this.#asked.shift();
    if (asked !== undefined) {
      this.#askedBytes -= asked.sizeBytes;
      // What was asked for before has waited as long as was right then.
      if (asked.atMs >= this.#refinedAtMs)
        this.#window.note(asked.sizeBytes, asked.atMs, this.#beganMs, performance.now());
    }
    const taking = this.#take(range, content)
      .catch((error: unknown) => this.#reject(error))
      .finally(() => {
        this.#taking.delete(taking);
        this.#release(block);
      });
    this.#taking.add(taking);
    this.#ask();
  }

  #newBlock(): Buffer {
    this.#usedBlocks += 1;
    const block = this.#pool.take();
    if (this.#pool.isFull) this.#reading.pause();
    return block;
  }

  #release(block: Buffer): void {
    this.#pool.release(block);
    this.#usedBlocks -= 1;
    this.#watchdog?.feed();
    this.askOn();
  }
}
