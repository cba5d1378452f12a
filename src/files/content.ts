/**
 * Moves the content of one file, in constant memory: blocks of 1 MiB, one being read or written
 * while the other is on the wire, hashed on the way. Both ends compute the SHA-256; the sender's
 * follows the content, and the receiver compares.
 */
import { createHash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { type Duplex, Writable } from 'node:stream';
import { QTChatError } from '../errors.js';
import { ContentReader, contentHeaderBytes, maximumContentFrameBytes } from '../protocol/file-stream.js';

/** Called with the octets moved so far, about once a MiB. */
export type OnProgress = (doneBytes: number) => void;

/** A peer that moves nothing for so long is given up. */
const stallTimeoutMs = 30_000;

/**
 * Sends the first `sizeBytes` octets of a file, then their digest. The stream stays open.
 *
 * @returns the SHA-256 of what was sent
 * @throws {QTChatError} `ERR_FILE_FAILED` when the file has become shorter, or the stream breaks or stalls
 */
export async function sendContent(
  file: FileHandle,
  sizeBytes: number,
  stream: Duplex,
  onProgress: OnProgress,
): Promise<Buffer> {
  const hash = createHash('sha256');
  const blocks = [newBlock(), newBlock()] as const;
  const watchdog = new Watchdog(stream);
  let sending: Promise<void> = Promise.resolve();
  let doneBytes = 0;
  try {
    for (let turn = 0; doneBytes < sizeBytes; turn += 1) {
      const block = blocks[turn % 2 === 0 ? 0 : 1];
      const wanted = Math.min(maximumContentFrameBytes, sizeBytes - doneBytes);
      const content = block.subarray(contentHeaderBytes, contentHeaderBytes + wanted);
      await fill(file, content, doneBytes);
      hash.update(content);
      block.writeUInt32BE(wanted);
      await sending;
      watchdog.feed();
      sending = write(stream, block.subarray(0, contentHeaderBytes + wanted));
      // Awaited above or below; until then a failure must not count as unhandled.
      sending.catch(() => {});
      doneBytes += wanted;
      onProgress(doneBytes);
    }
    await sending;
    const digest = hash.digest();
    await write(stream, Buffer.concat([Buffer.alloc(contentHeaderBytes), digest]));
    return digest;
  } finally {
    watchdog.stop();
  }
}

function newBlock(): Buffer {
  return Buffer.allocUnsafeSlow(contentHeaderBytes + maximumContentFrameBytes);
}

async function fill(file: FileHandle, target: Buffer, position: number): Promise<void> {
  let filled = 0;
  while (filled < target.length) {
    const { bytesRead } = await file.read(target, filled, target.length - filled, position + filled);
    if (bytesRead === 0) throw new QTChatError('ERR_FILE_FAILED', 'the file became shorter while it was sent');
    filled += bytesRead;
  }
}

function write(stream: Duplex, octets: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    if (stream.destroyed) reject(broken(stream.errored));
    else stream.write(octets, (error) => (error ? reject(broken(error)) : resolve()));
  });
}

/** Where content goes. Called with all that has gathered since the last call, one call at a time. */
export interface ContentSink {
  write(pieces: readonly Buffer[]): Promise<void>;
}

/**
 * Receives `sizeBytes` octets into `sink`, and checks their digest. The stream stays open: the
 * sender closes it when it knows that all is well.
 *
 * @returns the SHA-256, equal on both sides
 * @throws {QTChatError} `ERR_PROTOCOL` when the sender breaks the rules, `ERR_FILE_DIGEST` when the
 *   digests differ, `ERR_FILE_FAILED` when the stream breaks or stalls, and what `sink` throws
 */
export async function receiveContent(
  stream: Duplex,
  sizeBytes: number,
  sink: ContentSink,
  onProgress: OnProgress,
): Promise<Buffer> {
  const watchdog = new Watchdog(stream);
  const receiver = new ContentReceiver(sizeBytes, sink, (doneBytes) => {
    watchdog.feed();
    onProgress(doneBytes);
  });
  const onClose = (): void => void receiver.destroy(broken(stream.errored));
  stream.once('close', onClose).once('end', onClose);
  if (stream.destroyed) onClose();
  try {
    stream.pipe(receiver, { end: false });
    return await receiver.digest;
  } finally {
    watchdog.stop();
    stream.off('close', onClose).off('end', onClose);
    stream.unpipe(receiver);
    receiver.destroy();
  }
}

/**
 * Takes the octets of a file connection. While one batch is being written to disk, a Writable gathers
 * the next, up to `highWaterMark`: large writes and bounded memory without copying anything.
 */
class ContentReceiver extends Writable {
  /** The digest, once it has arrived and is the one computed here. */
  readonly digest: Promise<Buffer>;
  readonly #reader: ContentReader;
  readonly #sink: ContentSink;
  readonly #onProgress: OnProgress;
  readonly #hash = createHash('sha256');
  #doneBytes = 0;
  #writing: Promise<void> = Promise.resolve();
  #resolve: (digest: Buffer) => void = () => {};

  constructor(sizeBytes: number, sink: ContentSink, onProgress: OnProgress) {
    super({ highWaterMark: 2 * maximumContentFrameBytes, emitClose: true });
    this.#reader = new ContentReader(sizeBytes);
    this.#sink = sink;
    this.#onProgress = onProgress;
    this.digest = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.once('error', reject);
      this.once('close', () => reject(broken(undefined)));
    });
    this.digest.catch(() => {});
  }

  override _write(chunk: Buffer, _encoding: string, done: (error?: Error) => void): void {
    this._writev([{ chunk }], done);
  }

  override _writev(chunks: { chunk: Buffer }[], done: (error?: Error) => void): void {
    this.#take(chunks.map(({ chunk }) => chunk)).then(() => done(), done);
  }

  async #take(chunks: readonly Buffer[]): Promise<void> {
    const pieces: Buffer[] = [];
    let announced: Buffer | undefined;
    for (const chunk of chunks) {
      for (const part of this.#reader.push(chunk)) {
        if ('digest' in part) announced = part.digest;
        else {
          this.#hash.update(part.content);
          this.#doneBytes += part.content.length;
          pieces.push(part.content);
        }
      }
    }
    // Not awaited before the next batch has gathered: the disk works while the line does.
    await this.#writing;
    if (pieces.length > 0) this.#writing = this.#sink.write(pieces);
    this.#writing.catch(() => {});
    this.#onProgress(this.#doneBytes);
    if (announced === undefined) return;
    await this.#writing;
    this.#resolve(compared(this.#hash.digest(), announced));
  }
}

function compared(digest: Buffer, announced: Buffer): Buffer {
  if (digest.equals(announced)) return digest;
  throw new QTChatError('ERR_FILE_DIGEST', 'the file arrived damaged: its SHA-256 is not the one the sender computed');
}

/** Breaks a stream off on which nothing moves. */
class Watchdog {
  readonly #timer: NodeJS.Timeout;

  constructor(stream: Duplex) {
    this.#timer = setTimeout(() => {
      stream.destroy(new QTChatError('ERR_FILE_FAILED', `nothing moved for ${stallTimeoutMs / 1000} seconds`));
    }, stallTimeoutMs);
  }

  feed(): void {
    this.#timer.refresh();
  }

  stop(): void {
    clearTimeout(this.#timer);
  }
}

function broken(cause: unknown): QTChatError {
  if (cause instanceof QTChatError) return cause;
  return new QTChatError('ERR_FILE_FAILED', 'the file connection broke', { cause });
}
