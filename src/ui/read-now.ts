/** Where the octets of a file in a chat are now: on the disk, or still on their way. */
import type { FileIntents } from '../conversation/file-intents.js';
import { openStoredFile, type ReadableFile } from '../store/arriving-file.js';
import type { BookedFile } from './commands/file-book.js';

/** What of a file says where it is. */
export type PlacedFile = Pick<BookedFile, 'member' | 'id' | 'direction' | 'state' | 'path'>;

/** Where a file is that need not be waited for; undefined while it arrives. */
export function pathNow({ path, state, direction }: PlacedFile): string | undefined {
  return state === 'done' || direction === 'out' ? path : undefined;
}

/**
 * Opens a file, whether it is here or still arrives; who opens it closes it.
 *
 * @returns undefined where there is nothing of it to be read
 * @throws {QTChatError} `ERR_STORE_…`
 */
export async function openNow(file: PlacedFile, files: Pick<FileIntents, 'open'>): Promise<ReadableFile | undefined> {
  const path = pathNow(file);
  if (path !== undefined) return openStoredFile(path);
  return file.id === undefined ? undefined : files.open(file.member, file.id);
}
