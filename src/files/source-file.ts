/** Files that are to be sent. Plain files only: a pipe has no size, and opening one may wait for ever. */
import { constants } from 'node:fs';
import { type FileHandle, open, readdir, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { QTChatError, quote, systemErrorCode } from '../errors.js';
import type { SourceContent, SourceReader } from './source-content.js';

/**
 * Looks at a file without reading it.
 *
 * @throws {QTChatError} as {@link openSourceFile}
 */
export async function lookAt(path: string): Promise<SourceContent> {
  const { handle, sizeBytes, modifiedMs } = await openSourceFile(path);
  await handle.close();
  return { sizeBytes, fingerprint: `${sizeBytes} ${modifiedMs}`, open: () => readerOf(path) };
}

/**
 * Checks that there is a plain file, or a folder, that can be read.
 *
 * @throws {QTChatError} as {@link openSourceFile}
 */
export async function checkSource(path: string): Promise<void> {
  if (basename(path) === '') {
    throw new QTChatError('ERR_STORE_UNREADABLE', `${quote(path)} has no name under which it could arrive`);
  }
  if (await isFolder(path)) await explainingRead(path, () => readdir(path));
  else await lookAt(path);
}

/** Whether a folder is at the path. */
export async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (stats) => stats.isDirectory(),
    () => false,
  );
}

/**
 * Opens the plain file at `path` for reading; close the handle.
 *
 * @throws {QTChatError} `ERR_STORE_NOT_FOUND`, `ERR_STORE_UNREADABLE`
 */
export async function openSourceFile(
  path: string,
): Promise<{ handle: FileHandle; sizeBytes: number; modifiedMs: number }> {
  // Without O_NONBLOCK, opening a named pipe waits for somebody to write into it.
  const handle = await explainingRead(path, () => open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0)));
  try {
    const stats = await handle.stat();
    if (!stats.isFile()) {
      throw new QTChatError('ERR_STORE_UNREADABLE', `${quote(path)} is neither a file nor a folder`);
    }
    return { handle, sizeBytes: stats.size, modifiedMs: stats.mtimeMs };
  } catch (error) {
    await handle.close();
    throw error;
  }
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

async function readerOf(path: string): Promise<SourceReader> {
  const { handle } = await openSourceFile(path);
  return { read: (target, position) => readFully(handle, target, position), close: () => handle.close() };
}

/** Runs `action`, turning errors of the system into `ERR_STORE_NOT_FOUND` or `ERR_STORE_UNREADABLE` for `path`. */
export async function explainingRead<Result>(path: string, action: () => Promise<Result>): Promise<Result> {
  try {
    return await action();
  } catch (error) {
    const missing = systemErrorCode(error) === 'ENOENT';
    const message = missing
      ? `there is no file ${quote(path)}`
      : `cannot read ${quote(path)} (${systemErrorCode(error)})`;
    throw new QTChatError(missing ? 'ERR_STORE_NOT_FOUND' : 'ERR_STORE_UNREADABLE', message, { cause: error });
  }
}
