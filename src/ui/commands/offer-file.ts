/** Offers a file to a member, and keeps its number. */
import type { FileIntents } from '../../conversation/file-intents.js';
import type { BookedFile, FileBook } from './file-book.js';

/**
 * Offers one.
 *
 * @throws what the conversation throws; then nothing is booked
 */
export async function offerFile(
  files: Pick<FileIntents, 'send'>,
  book: FileBook,
  member: string,
  path: string,
): Promise<BookedFile> {
  // Booked first: what happens to it may be told before it is known that it was offered.
  const file = book.addOwn(member, path);
  try {
    await files.send(member, path);
    return file;
  } catch (error) {
    book.remove(file.number);
    throw error;
  }
}
