/**
 * Makes a folder of the unfinished file in which it has arrived: aside, so that all of it appears in one
 * step or nothing. What is in it has been judged before.
 */
import { type FileHandle, mkdir, open, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { QTChatError, quote, systemErrorCode } from '../errors.js';
import type { FolderEntry } from '../protocol/folder-manifest.js';
import { explainingWrite } from './file-error.js';
import { flushFolder } from './private-file.js';
import { asideFolderOf } from './unfinished.js';

const blockBytes = 1024 * 1024;
const maximumCopies = 1_000;

/**
 * Unpacks a folder, mode 0700, files 0600 or, executable ones, 0700.
 *
 * @param start - where the content of the first file begins in the unfinished one
 * @returns the absolute path: `name`, or the first free one like it
 * @throws {QTChatError} `ERR_STORE_UNWRITABLE`, `ERR_STORE_NO_SPACE`, `ERR_STORE_EXISTS`; nothing is left then
 */
export async function unpackFolder(
  place: { folder: string; name: string; partPath: string; handle: FileHandle },
  entries: readonly FolderEntry[],
  start: number,
): Promise<string> {
  const aside = asideFolderOf(place.partPath);
  return explainingWrite(aside, async () => {
    await rm(aside, { recursive: true, force: true });
    try {
      await mkdir(aside, { mode: 0o700 });
      let position = start;
      for (const entry of entries) {
        const path = join(aside, ...entry.path.split('/'));
        if (entry.sizeBytes === undefined) await mkdir(path, { mode: 0o700 });
        else await extract(place.handle, position, entry.sizeBytes, path, entry.isExecutable === true ? 0o700 : 0o600);
        position += entry.sizeBytes ?? 0;
      }
      return await settle(aside, place.folder, place.name);
    } catch (error) {
      await rm(aside, { recursive: true, force: true });
      throw error;
    }
  });
}

async function extract(from: FileHandle, start: number, sizeBytes: number, path: string, mode: number): Promise<void> {
  const file = await open(path, 'wx', mode);
  try {
    const block = Buffer.allocUnsafe(Math.min(blockBytes, sizeBytes));
    for (let done = 0; done < sizeBytes; ) {
      const { bytesRead } = await from.read(block, 0, Math.min(block.length, sizeBytes - done), start + done);
      if (bytesRead === 0) throw new QTChatError('ERR_STORE_DAMAGED', 'the unfinished file has become shorter');
      await file.writeFile(block.subarray(0, bytesRead));
      done += bytesRead;
    }
    await file.datasync();
  } finally {
    await file.close();
  }
}

async function settle(aside: string, folder: string, name: string): Promise<string> {
  for (let copy = 1; copy <= maximumCopies; copy += 1) {
    const path = join(folder, copy === 1 ? name : `${name} (${copy})`);
    try {
      // Reserves the name: rename() takes the place of an empty folder, which this one is.
      await mkdir(path, { mode: 0o700 });
    } catch (error) {
      if (systemErrorCode(error) === 'EEXIST') continue;
      throw error;
    }
    // Windows does not replace folders.
    if (process.platform === 'win32') await rm(path, { recursive: true });
    await rename(aside, path);
    await flushFolder(folder);
    return path;
  }
  throw new QTChatError('ERR_STORE_EXISTS', `there are too many folders named like ${quote(name)}`);
}
