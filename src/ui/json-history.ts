/** Messages, calls and files of a history as JSON objects: the stable form for programs. Texts are as they were written. */
import type { HistoryEntry } from '../store/history.js';
import type { Speakers } from './text/describe-history.js';

/** The JSON form of one; `text` is null where it was deleted, and of a call or file; `call` and `file` are null of anything else. */
export function historyToJson(entry: HistoryEntry, { self, peer }: Speakers): Record<string, unknown> {
  const {
    id,
    direction,
    sentAt,
    state,
    text = null,
    replyTo = null,
    editedAt,
    reactions,
    call = null,
    file = null,
  } = entry;
  const nameOf = (side: 'in' | 'out'): string => (side === 'out' ? self : peer);
  return {
    id,
    from: nameOf(direction),
    direction,
    sentAt: sentAt.toISOString(),
    state,
    text,
    replyTo,
    editedAt: editedAt?.toISOString() ?? null,
    call,
    file,
    reactions: reactions.map(({ author, emoji }) => ({ from: nameOf(author), emoji })),
  };
}
