/**
 * What is sent, a file or a folder: read once through before it is offered, for its digests. From then on
 * any part of it can be read, in any order.
 */
import { createHash } from 'node:crypto';
import { basename } from 'node:path';
import { QTChatError, quote } from '../errors.js';
import { type ChunkLayout, chunkDigests, layoutOf, maximumFileBytes, rootOf } from '../protocol/file-chunks.js';
import type { SourceContent, SourceReader } from './source-content.js';
import { isFolder, lookAt } from './source-file.js';
import { lookThrough } from './source-folder.js';

/** A file or folder as it was when it was read for its digests. */
export interface Source extends SourceContent {
  readonly name: string;
  readonly isFolder: boolean;
  readonly layout: ChunkLayout;
  /** Of all chunks, one behind the other. */
  readonly digests: Buffer;
  readonly root: Buffer;
  /** Of the whole content. */
  readonly sha256: Buffer;
}

// A multiple of every length of chunks.
const blockBytes = 1024 * 1024;

/**
 * Reads a file or folder for its digests.
 *
 * @param known - what an earlier reading found: kept where nothing seems to have changed
 * @throws {QTChatError} `ERR_STORE_NOT_FOUND`, `ERR_STORE_UNREADABLE`, `ERR_FILE_FAILED` when it became shorter
 *   meanwhile, and the reason of `signal` when it aborts
 */
export async function readSource(path: string, signal: AbortSignal, known?: Source): Promise<Source> {
  const folder = await isFolder(path);
  const content = folder ? await lookThrough(path, signal) : await lookAt(path);
  const { sizeBytes, fingerprint } = content;
  if (known?.fingerprint === fingerprint && known.isFolder === folder) return known;
  if (sizeBytes > maximumFileBytes) {
    throw new QTChatError('ERR_STORE_UNREADABLE', `${quote(path)} is longer than 1 TiB, which nobody takes`);
  }
  const layout = layoutOf(sizeBytes);
  const { digests, sha256 } = await digestAll(content, layout, signal);
  const open = (): Promise<SourceReader> => content.open();
  const name = basename(path);
  return { name, isFolder: folder, sizeBytes, fingerprint, open, layout, digests, root: rootOf(digests), sha256 };
}

async function digestAll(
  content: SourceContent,
  { sizeBytes, chunkBytes }: ChunkLayout,
  signal: AbortSignal,
): Promise<{ digests: Buffer; sha256: Buffer }> {
  const whole = createHash('sha256');
  const lists: Buffer[] = [];
  const reader = await content.open();
  // One is hashed while the other is read.
  const blocks = [Buffer.allocUnsafeSlow(blockBytes), Buffer.allocUnsafeSlow(blockBytes)] as const;
  const read = async (position: number): Promise<Buffer> => {
    const block = blocks[(position / blockBytes) % 2 === 0 ? 0 : 1];
    const octets = block.subarray(0, Math.max(Math.min(blockBytes, sizeBytes - position), 0));
    await reader.read(octets, position);
    return octets;
  };
  let reading = read(0);
  try {
    for (let position = 0; position < sizeBytes; position += blockBytes) {
      signal.throwIfAborted();
      const octets = await reading;
      reading = read(position + blockBytes);
      // Awaited in the next turn; until then a failure must not count as unhandled.
      reading.catch(() => {});
      lists.push(chunkDigests(octets, chunkBytes));
      whole.update(octets);
    }
    await reading;
  } finally {
    await reading.catch(() => {});
    await reader.close();
  }
  return { digests: Buffer.concat(lists), sha256: whole.digest() };
}
