/**
 * Moves the content of one file, in constant memory: blocks of 1 MiB, one being read or written
 * while the other is on the wire, hashed on the way. Both ends compute the SHA-256; the sender's
 * follows the content, and the receiver compares.
 */
import { createHash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import type { Duplex } from 'node:stream';
import { QTChatError } from '../errors.js';
import { ContentReader, contentHeaderBytes, maximumContentFrameBytes } from '../protocol/file-stream.js';

/** Called with the octets moved so far, about once a MiB. */
export type OnProgress = (doneBytes: number) => void;

/** A peer that moves nothing for so long is given up. */
export const stallTimeoutMs = 30_000;

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

/**
 * Receives `sizeBytes` octets into `sink`, gathered into blocks, and checks their digest. The stream
 * stays open.
 *
 * @returns the SHA-256, equal on both sides
 * @throws {QTChatError} `ERR_PROTOCOL` when the sender breaks the rules, `ERR_FILE_DIGEST` when the
 *   digests differ, `ERR_FILE_FAILED` when the stream breaks or stalls, and what `sink` throws
 */
export async function receiveContent(
  stream: Duplex,
  sizeBytes: number,
  sink: { write(octets: Buffer): Promise<void> },
  onProgress: OnProgress,
): Promise<Buffer> {
  const reader = new ContentReader(sizeBytes);
  const gatherer = new Gatherer(sink, onProgress);
  const watchdog = new Watchdog(stream);
  try {
    // The stream outlives the digest: the sender closes it when it knows that all is well.
    for await (const chunk of stream.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
      watchdog.feed();
      for (const part of reader.push(chunk)) {
        if ('content' in part) await gatherer.add(part.content);
        else return compared(await gatherer.finish(), part.digest);
      }
    }
  } catch (error) {
    throw error instanceof QTChatError ? error : broken(error);
  } finally {
    watchdog.stop();
  }
  throw broken(undefined);
}

function compared(digest: Buffer, announced: Buffer): Buffer {
  if (digest.equals(announced)) return digest;
  throw new QTChatError('ERR_FILE_DIGEST', 'the file arrived damaged: its SHA-256 is not the one the sender computed');
}

/** Gathers small chunks into blocks: one block is written while the next is being filled. */
class Gatherer {
  readonly #sink: { write(octets: Buffer): Promise<void> };
  readonly #onProgress: OnProgress;
  readonly #hash = createHash('sha256');
  #filling = Buffer.allocUnsafeSlow(maximumContentFrameBytes);
  #spare = Buffer.allocUnsafeSlow(maximumContentFrameBytes);
  #filled = 0;
  #doneBytes = 0;
  #writing: Promise<void> = Promise.resolve();

  constructor(sink: { write(octets: Buffer): Promise<void> }, onProgress: OnProgress) {
    this.#sink = sink;
    this.#onProgress = onProgress;
  }

  async add(content: Buffer): Promise<void> {
    let rest = content;
    while (rest.length > 0) {
      const taken = rest.copy(this.#filling, this.#filled);
      this.#filled += taken;
      rest = rest.subarray(taken);
      if (this.#filled === this.#filling.length) await this.#flush();
    }
  }

  async finish(): Promise<Buffer> {
    await this.#flush();
    await this.#writing;
    return this.#hash.digest();
  }

  async #flush(): Promise<void> {
    const block = this.#filling.subarray(0, this.#filled);
    this.#hash.update(block);
    await this.#writing;
    this.#writing = this.#sink.write(block);
    this.#writing.catch(() => {});
    [this.#filling, this.#spare] = [this.#spare, this.#filling];
    this.#filled = 0;
    this.#doneBytes += block.length;
    this.#onProgress(this.#doneBytes);
  }
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
