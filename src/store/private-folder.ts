/** Folders of files that belong together (a key and its certificate): all of them appear in one step, or none. */
import { closeSync, fsync, openSync, writeFileSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { systemErrorCode } from '../errors.js';
import { existsError, explainingWrite } from './file-error.js';
import { asidePrefix, replacedBy, replacementPrefix, sweepLitter } from './litter.js';
import { createFolder, exists, flushFolder, refuseExisting } from './private-file.js';

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
 * @param files - taken one after the other, as they are written; what taking them throws ends it
 * @param backup - where a folder that stands there is moved (with 2, 3 … added if need be);
 *   without it such a folder is left alone
 * @param beforePlacing - runs when all is written and nothing stands at `path`, just before the folder appears there
 * @returns where the old folder is now, if there was one
 * @throws {QTChatError} `ERR_STORE_EXISTS` without `backup`, `ERR_STORE_UNWRITABLE`, and what `beforePlacing` rejects
 *   with; then everything is as before
 */
export async function writeFolderSafely(
  path: string,
  files: Iterable<FolderFile>,
  backup?: string,
  beforePlacing?: () => Promise<void>,
): Promise<string | undefined> {
  await createFolder(dirname(path));
  await sweepLitter(dirname(path));
  return explainingWrite(path, async () => {
    const isSwap = backup !== undefined && beforePlacing === undefined;
    const aside = await mkdtemp(join(dirname(path), isSwap ? replacementPrefix(basename(path)) : asidePrefix));
    try {
      const [unfinished, temporary] = [join(aside, 'unfinished'), join(aside, 'new')];
      await mkdir(unfinished, { mode: 0o700 });
      await writeAll(unfinished, files);
      await flushFolder(unfinished);
      await rename(unfinished, temporary); // whatever is found under this name is complete
      if (isSwap) await flushFolder(aside);
      const old = backup === undefined ? undefined : await moveAway(path, backup);
      await place(temporary, path, old, beforePlacing);
      await flushFolder(dirname(path));
      return old;
    } finally {
      await rm(aside, { recursive: true, force: true });
    }
  });
}

const flush = promisify(fsync);

/** A disk flushes several files together in hardly more time than one. */
const filesAtOnce = 16;

async function writeAll(folder: string, files: Iterable<FolderFile>): Promise<void> {
  const waiting = files[Symbol.iterator]();
  let failed = false;
  const work = async (): Promise<void> => {
    try {
      for (let next = waiting.next(); !failed && next.done !== true; next = waiting.next()) {
        const { name, content, mode } = next.value;
        await writeOne(join(folder, name), content, mode);
      }
    } catch (error) {
      failed = true;
      throw error;
    }
  };
  // All of them have ended before the folder is removed again.
  const ends = await Promise.allSettled(Array.from({ length: filesAtOnce }, work));
  const failure = ends.find((end) => end.status === 'rejected');
  if (failure !== undefined) throw failure.reason;
}

// Only the flush takes long; for the rest, the way to a thread and back would.
async function writeOne(path: string, content: string, mode: number): Promise<void> {
  const file = openSync(path, 'wx', mode);
  try {
    writeFileSync(file, content);
    await flush(file);
  } finally {
    closeSync(file);
  }
}

/**
 * Ends the replacement of a folder that a process did not live to end: it had moved the old one away, and the new
 * one was complete. Call it before reading a folder that may be replaced; it does nothing where there is one.
 */
export async function finishFolder(path: string): Promise<void> {
  const names = await readdir(dirname(path)).catch(() => []);
  for (const name of names.filter((one) => replacedBy(one) === basename(path))) {
    if (await exists(path)) return;
    // It fails for one that is not complete, and for all but one of several who try.
    await rename(join(dirname(path), name, 'new'), path).catch(() => {});
  }
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
    if (systemErrorCode(error) === 'ENOENT' && (await exists(path))) return; // a reader was faster: see finishFolder
    if (old !== undefined) await rename(old, path);
    throw isTaken(error) ? existsError(path) : error;
  }
}

function isTaken(error: unknown): boolean {
  return ['EEXIST', 'ENOTEMPTY', 'ENOTDIR'].includes(systemErrorCode(error) ?? '');
}
