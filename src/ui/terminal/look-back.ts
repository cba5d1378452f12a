/** Messages of before, read from the history as far as the user looks back. */
import type { Conversation } from '../../conversation/conversation.js';
import type { HistoryEntry } from '../../store/history.js';
import type { NewItem } from './state/items.js';
import type { Talk } from './state/talk.js';

const pageSize = 200;

/**
 * Reads the next older page of a conversation, or its end where nothing has been read.
 *
 * @returns whether there was something
 */
export async function readOlder(conversation: Conversation, talk: Talk): Promise<boolean> {
  if (talk.isComplete || !talk.items.hasRoom) return false;
  const { messages } = conversation;
  const oldest = talk.items.oldestKept;
  const entries =
    oldest === undefined || !talk.isHistoryRead
      ? await messages.recent(talk.member, pageSize)
      : await messages.before(talk.member, oldest, pageSize);
  talk.isHistoryRead = true;
  if (entries.length < pageSize) talk.isComplete = true;
  talk.items.addOlder(entries.map((entry) => itemOf(entry, entries)));
  return entries.length > 0;
}

function itemOf(entry: HistoryEntry, all: readonly HistoryEntry[]): NewItem {
  const { id, direction, sentAt, text, replyTo, editedAt, state, reactions, call } = entry;
  if (call !== undefined) return { kind: 'call', id, direction, at: sentAt, outcome: call };
  return {
    ...{ kind: 'message', id, direction, at: sentAt, text, state, isEdited: editedAt !== undefined },
    isReply: replyTo !== undefined,
    quoted: replyTo === undefined ? undefined : all.find((one) => one.id === replyTo)?.text,
    reactions: Object.fromEntries(reactions.map(({ author, emoji }) => [author, emoji])),
  };
}
