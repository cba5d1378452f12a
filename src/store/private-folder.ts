/** Folders of files that belong together (a key and its certificate): all of them appear in one step, or none. */
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { systemErrorCode } from '../errors.js';
import {
  createFolder,
  existsError,
  explainingWrite,
  flushFolder,
  refuseExisting,
  writeFlushed,
} from './private-file.js';

/** One file of a folder. */
export interface FolderFile {
  readonly name: string;
  readonly content: string;
  /** 0600 for anything with a key in it. */
  readonly mode: 0o600 | 0o644;
}

/**
 * Writes a folder (mode 0700; parents are created) so that it appears in one step, complete and flushed to disk.
 *
 * @param backup - where a folder that stands there is moved (with 2, 3 … added if need be);
 *   without it such a folder is left alone
 * @param beforePlacing - runs when all is written and nothing stands at `path`, just before the folder appears there
 * @returns where the old folder is now, if there was one
 * @throws {QTChatError} `ERR_STORE_EXISTS` without `backup`, `ERR_STORE_UNWRITABLE`, and what `beforePlacing` rejects
 *   with; then everything is as before
 */
export async function writeFolderSafely(
  path: string,
  files: readonly FolderFile[],
  backup?: string,
  beforePlacing?: () => Promise<void>,
): Promise<string | undefined> {
  await createFolder(dirname(path));
  return explainingWrite(path, async () => {
    const aside = await mkdtemp(join(dirname(path), '.qtchat-'));
    try {
      const temporary = join(aside, 'new');
      await mkdir(temporary, { mode: 0o700 });
      for (const { name, content, mode } of files) await writeFlushed(join(temporary, name), content, mode);
      await flushFolder(temporary);
      const old = backup === undefined ? undefined : await moveAway(path, backup);
      await place(temporary, path, old, beforePlacing);
      await flushFolder(dirname(path));
      return old;
    } finally {
      await rm(aside, { recursive: true, force: true });
    }
  });
}

async function moveAway(path: string, backup: string): Promise<string | undefined> {
  for (let number = 1; ; number += 1) {
    const target = number === 1 ? backup : `${backup}${number}`;
    try {
      await rename(path, target);
      return target;
    } catch (error) {
      if (systemErrorCode(error) === 'ENOENT') return undefined;
      if (!isTaken(error)) throw error;
    }
  }
}

// rename() of a folder fails where a folder with something in it stands: no check before is needed.
async function place(
  temporary: string,
  path: string,
  old: string | undefined,
  beforePlacing: (() => Promise<void>) | undefined,
): Promise<void> {
  try {
    if (beforePlacing !== undefined) {
      await refuseExisting([path]);
      await beforePlacing();
    }
    await rename(temporary, path);
  } catch (error) {
    if (old !== undefined) await rename(old, path);
    throw isTaken(error) ? existsError(path) : error;
  }
}

function isTaken(error: unknown): boolean {
  return ['EEXIST', 'ENOTEMPTY', 'ENOTDIR'].includes(systemErrorCode(error) ?? '');
}
