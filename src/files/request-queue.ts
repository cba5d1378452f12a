/** What a receiver has asked for and not got yet. */
import type { Duplex } from 'node:stream';
import { QTChatError } from '../errors.js';
import type { ChunkLayout } from '../protocol/file-chunks.js';
import { type FileRange, RequestReader } from '../protocol/file-stream.js';
import type { Hold } from './hold.js';
import { broken, Watchdog } from './stream-end.js';

// The largest window of requests, in the smallest chunks, has 64.
const maximumRequests = 1024;

/** Reads the receiver's side of a file connection. */
export class RequestQueue {
  readonly #stream: Duplex;
  readonly #reader: RequestReader;
  readonly #timeoutMs: number;
  readonly #hold: Hold;
  readonly #stopHearing: () => void;
  readonly #ranges: FileRange[] = [];
  #failure: unknown;
  #hasEnded = false;
  #wake: () => void = () => {};
  readonly #onData = (chunk: Buffer): void => this.#take(chunk);
  readonly #onEnd = (): void => {
    this.#hasEnded = true;
    this.#wake();
  };
  readonly #onClose = (): void => {
    if (!this.#hasEnded) this.fail(broken(this.#stream.errored));
  };

  /** @param timeoutMs - how long the receiver may ask for nothing, while `hold` is not on */
  constructor(stream: Duplex, layout: ChunkLayout, timeoutMs: number, hold: Hold) {
    this.#stream = stream;
    this.#timeoutMs = timeoutMs;
    this.#hold = hold;
    this.#stopHearing = hold.onChange(() => this.#wake());
    this.#reader = new RequestReader(layout);
    stream.on('data', this.#onData).once('end', this.#onEnd).once('close', this.#onClose);
    if (stream.destroyed) this.#onClose();
    stream.resume();
  }

  /**
   * The next request, when the transfer is not paused; undefined when the receiver has ended its side.
   *
   * @throws {QTChatError} `ERR_PROTOCOL`, `ERR_FILE_INTERRUPTED`, and whatever {@link fail} was given
   */
  async next(): Promise<FileRange | undefined> {
    const watchdog = new Watchdog(this.#stream, this.#timeoutMs, this.#hold);
    try {
      for (;;) {
        if (this.#failure !== undefined) throw this.#failure;
        const range = this.#hold.isOn ? undefined : this.#ranges.shift();
        if (range !== undefined || this.#hasEnded) return range;
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      }
    } finally {
      watchdog.stop();
    }
  }

  /** Makes {@link next} throw: an answer cannot be given. */
  fail(error: unknown): void {
    this.#failure ??= error;
    this.#wake();
  }

  /** Reads no more. */
  stop(): void {
    this.#stopHearing();
    this.#stream.off('data', this.#onData).off('end', this.#onEnd).off('close', this.#onClose);
  }

  #take(chunk: Buffer): void {
    try {
      for (const range of this.#reader.push(chunk)) {
        if (this.#ranges.length >= maximumRequests) {
          throw new QTChatError('ERR_PROTOCOL', 'the receiver asks for more than it takes');
        }
        this.#ranges.push(range);
      }
    } catch (error) {
      this.fail(error);
      // Also ends an answer that is being written, and that nobody reads.
      this.#stream.destroy(error as QTChatError);
    }
    this.#wake();
  }
}
