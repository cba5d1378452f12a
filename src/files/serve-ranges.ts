/**
 * The sender's side of a file connection: answers what the receiver asks for, in order and in
 * constant memory: a block is read while others are on the wire. Nothing is hashed here: the
 * receiver compares, and all digests were computed before the offer.
 */
import type { Duplex } from 'node:stream';
import { QTChatError } from '../errors.js';
import { digestBytes } from '../protocol/file-chunks.js';
import {
  encodeRange,
  type FileRange,
  maximumRangeBytes,
  RequestReader,
  rangeHeaderBytes,
  rangeLength,
} from '../protocol/file-stream.js';
import type { Source } from './source.js';
import type { SourceReader } from './source-content.js';
import { broken, Watchdog } from './stream-end.js';

/** How a sender serves. */
export interface ServeOptions {
  /** How long the receiver may take between what it gets and what it asks for next, comparing and storing. */
  readonly receiverTimeoutMs: number;
  /** Called with the octets of content sent since the last call. */
  readonly onServed: (sizeBytes: number) => void;
}

/** A receiver that takes nothing of what it asked for is given up after so long. */
const stallTimeoutMs = 30_000;
// The largest window of requests, in the smallest chunks, has 64.
const maximumRequests = 1024;
const blockCount = 4;

/**
 * Serves a file until the receiver ends its side of the stream.
 *
 * @throws {QTChatError} `ERR_PROTOCOL` when the receiver breaks the rules, `ERR_FILE_INTERRUPTED` when the stream breaks
 *   or stalls, `ERR_FILE_FAILED` when the file has become shorter
 */
export async function serveRanges(
  source: Source,
  reader: SourceReader,
  stream: Duplex,
  options: ServeOptions,
): Promise<void> {
  const requests = new RequestQueue(stream, source, options.receiverTimeoutMs);
  const blocks = Array.from({ length: blockCount }, () => ({ octets: newBlock(), sending: Promise.resolve() }));
  try {
    for (let turn = 0; ; turn += 1) {
      const range = await requests.next();
      if (range === undefined) return;
      const block = blocks[turn % blockCount] as (typeof blocks)[number];
      await block.sending;
      const answer = block.octets.subarray(0, rangeHeaderBytes + rangeLength(source.layout, range));
      encodeRange(range, answer);
      await fill(source, reader, range, answer.subarray(rangeHeaderBytes));
      block.sending = write(stream, answer);
      // Awaited when the block is used again; until then a failure must not count as unhandled.
      block.sending.catch(() => {});
      if (range.kind === 'chunks') options.onServed(answer.length - rangeHeaderBytes);
    }
  } finally {
    requests.stop();
  }
}

function newBlock(): Buffer {
  return Buffer.allocUnsafeSlow(rangeHeaderBytes + maximumRangeBytes);
}

async function fill(source: Source, reader: SourceReader, range: FileRange, target: Buffer): Promise<void> {
  if (range.kind === 'chunks') await reader.read(target, range.first * source.layout.chunkBytes);
  else source.digests.copy(target, 0, range.first * digestBytes);
}

async function write(stream: Duplex, octets: Buffer): Promise<void> {
  const watchdog = new Watchdog(stream, stallTimeoutMs);
  try {
    await new Promise<void>((resolve, reject) => {
      if (stream.destroyed) reject(broken(stream.errored));
      else stream.write(octets, (error) => (error ? reject(broken(error)) : resolve()));
    });
  } finally {
    watchdog.stop();
  }
}

/** What a receiver has asked for and not got yet. */
class RequestQueue {
  readonly #stream: Duplex;
  readonly #reader: RequestReader;
  readonly #timeoutMs: number;
  readonly #ranges: FileRange[] = [];
  #failure: QTChatError | undefined;
  #hasEnded = false;
  #wake: () => void = () => {};
  readonly #onData = (chunk: Buffer): void => this.#take(chunk);
  readonly #onEnd = (): void => {
    this.#hasEnded = true;
    this.#wake();
  };
  readonly #onClose = (): void => {
    if (!this.#hasEnded) this.#fail(broken(this.#stream.errored));
    this.#wake();
  };

  constructor(stream: Duplex, source: Source, timeoutMs: number) {
    this.#stream = stream;
    this.#timeoutMs = timeoutMs;
    this.#reader = new RequestReader(source.layout);
    stream.on('data', this.#onData).once('end', this.#onEnd).once('close', this.#onClose);
    if (stream.destroyed) this.#onClose();
    stream.resume();
  }

  /** The next request; undefined when the receiver has ended its side. */
  async next(): Promise<FileRange | undefined> {
    const watchdog = new Watchdog(this.#stream, this.#timeoutMs);
    try {
      for (;;) {
        if (this.#failure !== undefined) throw this.#failure;
        const range = this.#ranges.shift();
        if (range !== undefined || this.#hasEnded) return range;
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      }
    } finally {
      watchdog.stop();
    }
  }

  stop(): void {
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
      this.#fail(error as QTChatError);
      // Also ends an answer that is being written, and that nobody reads.
      this.#stream.destroy(error as QTChatError);
    }
    this.#wake();
  }

  #fail(error: QTChatError): void {
    this.#failure ??= error;
  }
}
