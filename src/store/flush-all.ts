/** Flushes many files to disk: one by one that takes a millisecond each, together hardly more than their content. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { open } from 'node:fs/promises';
import { inParallel } from './in-parallel.js';

/** From here on it is worth while to flush the whole file system, whatever else is on its way there. */
const togetherFrom = 32;

/**
 * Flushes what was written to files of one folder.
 *
 * @param folder - absolute
 * @param paths - the files below it
 */
export async function flushAll(folder: string, paths: readonly string[]): Promise<void> {
  if (paths.length >= togetherFrom && (await flushFileSystemOf(folder))) return;
  await inParallel(paths, flush);
}

async function flush(path: string): Promise<void> {
  const handle = await open(path, 'r+');
  try {
    await handle.datasync();
  } finally {
    await handle.close();
  }
}

// Node offers no syncfs(); of the programs called sync, that of Linux does it and tells of errors.
async function flushFileSystemOf(folder: string): Promise<boolean> {
  if (process.platform !== 'linux') return false;
  try {
    const [code] = await once(spawn('sync', ['-f', '--', folder], { stdio: 'ignore' }), 'close');
    return code === 0;
  } catch {
    return false;
  }
}
