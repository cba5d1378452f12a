/** What arrives gets the name that was wanted, or the first free one like it; nothing that is there is overwritten. */
import { join, parse } from 'node:path';
import { QTChatError, quote, systemErrorCode } from '../errors.js';

const maximumCopies = 1_000;

/**
 * Gives something its name: "note.txt", or "note (2).txt".
 *
 * @param take - takes a path, or rejects with the system's `EEXIST` where it is taken
 * @returns the path that it took
 * @throws {QTChatError} `ERR_STORE_EXISTS` after a thousand names; what `take` throws
 */
export async function underFreeName(
  folder: string,
  { name, isFolder }: { readonly name: string; readonly isFolder: boolean },
  take: (path: string) => Promise<void>,
): Promise<string> {
  // The name of a folder has no ending.
  const { name: stem, ext } = isFolder ? { name, ext: '' } : parse(name);
  for (let copy = 1; copy <= maximumCopies; copy += 1) {
    const path = join(folder, copy === 1 ? name : `${stem} (${copy})${ext}`);
    try {
      await take(path);
      return path;
    } catch (error) {
      if (systemErrorCode(error) !== 'EEXIST') throw error;
    }
  }
  const kind = isFolder ? 'folders' : 'files';
  throw new QTChatError('ERR_STORE_EXISTS', `there are too many ${kind} named like ${quote(name)}`, {
    hint: 'Move some of them elsewhere, then have it sent again',
  });
}
