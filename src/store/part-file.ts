/** Opens unfinished files: new ones, and those that another transfer has left. */
import { constants } from 'node:fs';
import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { explainingWrite } from './file-error.js';
import { mapPathOf } from './part-map.js';
import { type KeptFile, removePart, removeUnpacked } from './unfinished.js';

const noFollow = constants.O_NOFOLLOW ?? 0;

/**
 * Creates an unfinished file, mode 0600; nobody else can have prepared it.
 *
 * @throws {QTChatError} `ERR_STORE_UNWRITABLE`
 */
export async function createPart(partPath: string): Promise<FileHandle> {
  const flags = constants.O_RDWR | constants.O_CREAT | constants.O_EXCL | noFollow;
  return explainingWrite(partPath, () => open(partPath, flags, 0o600));
}

/**
 * Takes over what another transfer has left, under a new path.
 *
 * @returns the open file; undefined where it is not what it should be any more, and then nothing is at `partPath`
 */
export async function claimPart(kept: KeptFile, partPath: string): Promise<FileHandle | undefined> {
  let handle: FileHandle | undefined;
  try {
    // Another process may want to go on with the same one: whoever renames it has it. The map comes after: where this
    // process is killed in between, the next transfer knows the new name, and a map alone is swept away.
    await rename(kept.partPath, partPath);
    await rename(mapPathOf(kept.partPath), mapPathOf(partPath));
    await rm(`${mapPathOf(kept.partPath)}.new`, { force: true });
    await removeUnpacked(kept.partPath);
    handle = await open(partPath, constants.O_RDWR | noFollow);
    const stats = await handle.stat();
    if (stats.isFile() && stats.nlink === 1 && stats.size <= kept.wanted.sizeBytes) return handle;
  } catch {
    // Taken or altered meanwhile: the file begins anew.
  }
  await handle?.close();
  await removePart(partPath);
  return undefined;
}
