/**
 * The sender's side of a file connection: answers what the receiver asks for, in order and in constant
 * memory. While one block is hashed, the next are read and those before are on the wire.
 */
import type { Duplex } from 'node:stream';
import { QTChatError } from '../errors.js';
import { chunkDigests, digestBytes } from '../protocol/file-chunks.js';
import {
  answerLength,
  contentLength,
  encodeRange,
  type FileRange,
  maximumAnswerBytes,
  rangeHeaderBytes,
} from '../protocol/file-stream.js';
import type { Hold } from './hold.js';
import { RequestQueue } from './request-queue.js';
import { digestsOf, type Source } from './source.js';
import type { SourceReader } from './source-content.js';
import { changed } from './source-file.js';
import { broken, Watchdog } from './stream-end.js';

/** How a sender serves. */
export interface ServeOptions {
  /** How long the receiver may take between what it gets and what it asks for next, comparing and storing. */
  readonly receiverTimeoutMs: number;
  /** While it is on, nothing is answered. */
  readonly hold: Hold;
  /** Called with the octets of content sent since the last call. */
  readonly onServed: (sizeBytes: number) => void;
  /** How many answers may be in work: see {@link blockCounts}. */
  readonly blockCount: number;
}

/** A receiver that takes nothing of what it asked for is given up after so long. */
const stallTimeoutMs = 30_000;
/** Half of them keep the line busy while the other half is read and hashed; further connections are there for slow lines. */
export const blockCounts = { first: 8, further: 3 } as const;

interface Block {
  readonly octets: Buffer;
  /** Resolves when it may be filled again. */
  free: Promise<void>;
}

/**
 * Serves a file until the receiver ends its side of the stream.
 *
 * @throws {QTChatError} `ERR_PROTOCOL` when the receiver breaks the rules, `ERR_FILE_INTERRUPTED` when the stream breaks
 *   or stalls, `ERR_FILE_DIGEST` when the file has changed
 */
export async function serveRanges(
  source: Source,
  reader: SourceReader,
  stream: Duplex,
  options: ServeOptions,
): Promise<void> {
  const requests = new RequestQueue(stream, source.layout, options.receiverTimeoutMs, options.hold);
  const blocks = Array.from({ length: options.blockCount }, newBlock);
  // Answers are written in the order of the requests, however long each takes to be read.
  let before = Promise.resolve();
  try {
    for (let turn = 0; ; turn += 1) {
      const range = await requests.next();
      if (range === undefined) return await before;
      const block = blocks[turn % blocks.length] as Block;
      await block.free;
      const answer = block.octets.subarray(0, rangeHeaderBytes + answerLength(source.layout, range));
      encodeRange(range, answer);
      const body = answer.subarray(rangeHeaderBytes);
      const content = body.subarray(0, contentLength(source.layout, range));
      const filled = reader.read(content, range.first * source.layout.chunkBytes);
      const sealed = Promise.all([filled, before]).then(() => seal(source, reader, range, body));
      block.free = sealed.then(() => write(stream, answer, options.hold)).then(() => options.onServed(content.length));
      before = sealed;
      for (const step of [sealed, block.free]) step.catch((error: unknown) => requests.fail(error));
    }
  } finally {
    requests.stop();
  }
}

function newBlock(): Block {
  return { octets: Buffer.allocUnsafeSlow(rangeHeaderBytes + maximumAnswerBytes), free: Promise.resolve() };
}

/** Puts the digests behind the content, or whatever else was asked for. */
async function seal(source: Source, reader: SourceReader, range: FileRange, body: Buffer): Promise<void> {
  const { kind, first, count } = range;
  if (kind === 'chunks') {
    const content = body.subarray(0, body.length - count * digestBytes);
    const digests = chunkDigests(content, source.layout.chunkBytes);
    // Asked for before, over a connection that broke: what was said then is part of the root.
    if (source.digests.has(first, count) && !digests.equals(source.digests.get(first, count))) throw changed();
    source.digests.set(first, digests);
    digests.copy(body, content.length);
  } else if (kind === 'digests') {
    (await digestsOf(source, reader, first, count)).copy(body);
  } else {
    if (!source.digests.isComplete) {
      throw new QTChatError('ERR_PROTOCOL', 'the receiver asked for the root before it has all chunks');
    }
    await reader.check();
    source.digests.root().copy(body);
  }
}

async function write(stream: Duplex, octets: Buffer, hold: Hold): Promise<void> {
  const watchdog = new Watchdog(stream, stallTimeoutMs, hold);
  try {
    await new Promise<void>((resolve, reject) => {
      if (stream.destroyed) reject(broken(stream.errored));
      else stream.write(octets, (error) => (error ? reject(broken(error)) : resolve()));
    });
  } finally {
    watchdog.stop();
  }
}
