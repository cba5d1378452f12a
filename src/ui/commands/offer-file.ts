/** Offers a file to a member, and keeps its number. */
import type { Conversation } from '../../conversation/conversation.js';
import type { BookedFile, FileBook } from './file-book.js';

/**
 * Offers one.
 *
 * @throws what the conversation throws; then nothing is booked
 */
export async function offerFile(
  conversation: Pick<Conversation, 'sendFile'>,
  files: FileBook,
  member: string,
  path: string,
): Promise<BookedFile> {
  // Booked first: what happens to it may be told before it is known that it was offered.
  const file = files.addOwn(member, path);
  try {
    await conversation.sendFile(member, path);
    return file;
  } catch (error) {
    files.remove(file.number);
    throw error;
  }
}
