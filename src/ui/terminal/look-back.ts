/** What was said before, read from the history as far as the user looks back. */
import type { Conversation } from '../../conversation/conversation.js';
import type { HistoryEntry } from '../../store/history.js';
import type { FileBook } from '../commands/file-book.js';
import type { NewItem } from './state/items.js';
import type { Talk } from './state/talk.js';

const pageSize = 200;

/**
 * Reads the next older page of a conversation, or its end where nothing has been read.
 *
 * @param files - gets those of that page
 * @returns whether there was something
 */
export async function readOlder(conversation: Conversation, talk: Talk, files: FileBook): Promise<boolean> {
  const { messages } = conversation;
  let oldest: Pick<HistoryEntry, 'id' | 'direction'> | undefined = talk.isHistoryRead
    ? talk.items.oldestKept
    : undefined;
  while (!talk.isComplete && talk.items.hasRoom) {
    const entries =
      oldest === undefined
        ? await messages.recent(talk.member, pageSize)
        : await messages.before(talk.member, oldest, pageSize);
    talk.isHistoryRead = true;
    if (entries.length < pageSize) talk.isComplete = true;
    const items = entries.flatMap((entry) => itemOf(entry, entries, talk.member, files) ?? []);
    if (talk.items.addOlder(items) > 0) return true;
    // All of that page is shown already: files stand where they began, and in the history where they arrived.
    [oldest] = entries;
  }
  return false;
}

function itemOf(
  entry: HistoryEntry,
  all: readonly HistoryEntry[],
  member: string,
  files: FileBook,
): NewItem | undefined {
  const { id, direction, sentAt, text, replyTo, editedAt, state, reactions, call, file } = entry;
  if (call !== undefined) return { kind: 'call', id, direction, at: sentAt, outcome: call };
  if (file !== undefined) {
    const booked = files.addPast(member, { id, direction, file });
    return booked && { kind: 'file', at: sentAt, file: booked };
  }
  return {
    ...{ kind: 'message', id, direction, at: sentAt, text, state, isEdited: editedAt !== undefined },
    isReply: replyTo !== undefined,
    quoted: replyTo === undefined ? undefined : all.find((one) => one.id === replyTo)?.text,
    reactions: Object.fromEntries(reactions.map(({ author, emoji }) => [author, emoji])),
  };
}
