/**
 * Files that are to be sent: opened, and read once through before they are offered, for their
 * digests. Plain files only: a pipe has no size, and opening one may wait for ever.
 */
import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { basename } from 'node:path';
import { QTChatError, quote, systemErrorCode } from '../errors.js';
import { type ChunkLayout, chunkDigests, layoutOf, maximumFileBytes, rootOf } from '../protocol/file-chunks.js';

/** A file as it was when it was read for its digests. */
export interface SourceFile {
  /** Absolute. */
  readonly path: string;
  readonly name: string;
  readonly sizeBytes: number;
  readonly modifiedMs: number;
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
 * Reads a file for its digests.
 *
 * @param known - what an earlier reading found: kept where the file seems unchanged
 * @throws {QTChatError} as {@link sourceFileSize}, `ERR_FILE_FAILED` when it became shorter meanwhile, and the reason
 *   of `signal` when it aborts
 */
export async function readSourceFile(path: string, signal: AbortSignal, known?: SourceFile): Promise<SourceFile> {
  const { handle, sizeBytes, modifiedMs } = await openSourceFile(path);
  try {
    if (known?.sizeBytes === sizeBytes && known.modifiedMs === modifiedMs) return known;
    const layout = layoutOf(sizeBytes);
    const whole = createHash('sha256');
    const lists: Buffer[] = [];
    const blocks = [Buffer.allocUnsafeSlow(blockBytes), Buffer.allocUnsafeSlow(blockBytes)] as const;
    let hashing: Promise<unknown> = Promise.resolve();
    for (let position = 0, turn = 0; position < sizeBytes; position += blockBytes, turn += 1) {
      signal.throwIfAborted();
      const block = blocks[turn % 2 === 0 ? 0 : 1].subarray(0, Math.min(blockBytes, sizeBytes - position));
      await readFully(handle, block, position);
      await hashing;
      hashing = chunkDigests(block, layout.chunkBytes).then((list) => lists.push(list));
      whole.update(block);
    }
    await hashing;
    const digests = Buffer.concat(lists);
    return {
      path,
      name: basename(path),
      sizeBytes,
      modifiedMs,
      layout,
      digests,
      root: rootOf(digests),
      sha256: whole.digest(),
    };
  } finally {
    await handle.close();
  }
}

/**
 * Opens the plain file at `path` for reading; close the handle.
 *
 * @throws {QTChatError} `ERR_STORE_NOT_FOUND`, `ERR_STORE_UNREADABLE`
 */
export async function openSourceFile(
  path: string,
): Promise<{ handle: FileHandle; sizeBytes: number; modifiedMs: number }> {
  const handle = await openForReading(path);
  try {
    const stat = await handle.stat();
    if (!stat.isFile()) {
      throw new QTChatError('ERR_STORE_UNREADABLE', `${quote(path)} is not a file`, {
        hint: 'Send one file at a time',
      });
    }
    if (stat.size > maximumFileBytes) {
      throw new QTChatError('ERR_STORE_UNREADABLE', `${quote(path)} is longer than 1 TiB, which nobody takes`);
    }
    return { handle, sizeBytes: stat.size, modifiedMs: stat.mtimeMs };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/**
 * The size of a plain file that can be read.
 *
 * @throws {QTChatError} as {@link openSourceFile}
 */
export async function sourceFileSize(path: string): Promise<number> {
  const { handle, sizeBytes } = await openSourceFile(path);
  await handle.close();
  return sizeBytes;
}

/**
 * Fills `target` from `position` on.
 *
 * @throws {QTChatError} `ERR_FILE_FAILED` when the file ends before
 */
export async function readFully(handle: FileHandle, target: Buffer, position: number): Promise<void> {
  let filled = 0;
  while (filled < target.length) {
    const { bytesRead } = await handle.read(target, filled, target.length - filled, position + filled);
    if (bytesRead === 0) throw new QTChatError('ERR_FILE_FAILED', 'the file became shorter while it was sent');
    filled += bytesRead;
  }
}

async function openForReading(path: string): Promise<FileHandle> {
  try {
    // Without O_NONBLOCK, opening a named pipe waits for somebody to write into it.
    return await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  } catch (error) {
    const missing = systemErrorCode(error) === 'ENOENT';
    const message = missing
      ? `there is no file ${quote(path)}`
      : `cannot read ${quote(path)} (${systemErrorCode(error)})`;
    throw new QTChatError(missing ? 'ERR_STORE_NOT_FOUND' : 'ERR_STORE_UNREADABLE', message, { cause: error });
  }
}
