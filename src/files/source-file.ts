/** Opens files that are to be sent. Plain files only: a pipe has no size, and opening one may wait for ever. */
import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { QTChatError, quote, systemErrorCode } from '../errors.js';

/**
 * Opens the plain file at `path` for reading; close the handle.
 *
 * @throws {QTChatError} `ERR_STORE_NOT_FOUND`, `ERR_STORE_UNREADABLE`
 */
export async function openSourceFile(path: string): Promise<{ handle: FileHandle; sizeBytes: number }> {
  const handle = await openForReading(path);
  try {
    const stat = await handle.stat();
    if (!stat.isFile()) {
      throw new QTChatError('ERR_STORE_UNREADABLE', `${quote(path)} is not a file`, {
        hint: 'Send one file at a time',
      });
    }
    return { handle, sizeBytes: stat.size };
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
