/**
 * What was said in a conversation, read from the store page by page: however long it is, one page of it is in memory.
 * Nothing is kept in plaintext, so whoever searches opens every record.
 */
import type { ConversationDatabase } from './conversation-store.js';
import type { RecordCipher } from './home-key.js';
import { type ConversationKey, conversationName, recordPlace } from './messages.js';

/** One message as it stands in the history. */
export interface HistoryEntry {
  readonly id: string;
  /** `in` for what the peer wrote, `out` for our own. */
  readonly direction: 'in' | 'out';
  /** By the clock of its author. */
  readonly sentAt: Date;
  /** How far one of ours has come; `received` for those of the peer. */
  readonly state: 'queued' | 'delivered' | 'received';
  readonly text: string;
}

const pageSize = 200;

/**
 * The messages of a conversation in the order in which they were stored.
 *
 * @throws {QTChatError} `ERR_STORE_DAMAGED` at a record that does not open
 */
export async function* readHistory(
  database: ConversationDatabase,
  cipher: RecordCipher,
  key: ConversationKey,
): AsyncGenerator<HistoryEntry> {
  const conversation = conversationName(key);
  for (let last = 0; ; ) {
    const rows = await database
      .selectFrom('messages')
      .select(['id', 'uuid', 'direction', 'sent_at', 'state', 'body'])
      .where('conversation', '=', conversation)
      .where('id', '>', last)
      .orderBy('id')
      .limit(pageSize)
      .execute();
    for (const row of rows) {
      const { uuid, direction, state } = row;
      const text = cipher.open(row.body, recordPlace(conversation, direction, uuid));
      yield { id: uuid, direction, sentAt: new Date(row.sent_at), state, text };
      last = row.id;
    }
    if (rows.length < pageSize) return;
  }
}
