/**
 * What was said in a conversation, read from the store page by page: however long it is, one page of it is in memory.
 * Nothing is kept in plaintext, so whoever searches opens every record.
 */
import type { Selectable } from 'kysely';
import { type CallOutcome, outcomeOf } from './call-record.js';
import type { ConversationDatabase, ConversationSchema } from './conversation-store.js';
import { type FileRecord, recordOf } from './file-record.js';
import type { RecordCipher } from './home-key.js';
import { reactionPlace } from './message-changes.js';
import { type ConversationKey, conversationName, recordPlace } from './record-place.js';

/** One message, call, or file, as it stands in the history. */
export interface HistoryEntry {
  readonly id: string;
  /** `in` for what the peer wrote, or sent, or called, `out` for our own. */
  readonly direction: 'in' | 'out';
  /** By the clock of its author; by ours of a call, when it began, and of a file, when it had arrived. */
  readonly sentAt: Date;
  /** How far one of ours has come (`withdrawn`: deleted before it was delivered); `received` for those of the peer, calls and files. */
  readonly state: 'queued' | 'delivered' | 'read' | 'withdrawn' | 'received';
  /** Undefined where it was deleted, and of a call or file. */
  readonly text: string | undefined;
  /** What became of a call; undefined for a message. */
  readonly call: CallOutcome | undefined;
  /** A file that has arrived; undefined for anything else. */
  readonly file: FileRecord | undefined;
  /** The message that it answers, which may not be here. */
  readonly replyTo: string | undefined;
  /** When its author changed it last. */
  readonly editedAt: Date | undefined;
  readonly reactions: readonly { readonly author: 'in' | 'out'; readonly emoji: string }[];
}

/** Where a conversation is read, and what opens it. */
export interface HistoryPlace {
  readonly database: ConversationDatabase;
  readonly cipher: RecordCipher;
  readonly key: ConversationKey;
}

const pageSize = 200;

/**
 * The messages of a conversation in the order in which they were stored.
 *
 * @throws {QTChatError} `ERR_STORE_DAMAGED` at a record that does not open
 */
export async function* readHistory(place: HistoryPlace): AsyncGenerator<HistoryEntry> {
  for (let last = 0; ; ) {
    const rows = await select(place).where('id', '>', last).orderBy('id').limit(pageSize).execute();
    yield* await entriesOf(place, rows);
    last = rows.at(-1)?.id ?? last;
    if (rows.length < pageSize) return;
  }
}

/** The last messages of a conversation, at most `limit`, in the order in which they were stored. */
export async function lastEntries(place: HistoryPlace, limit: number): Promise<HistoryEntry[]> {
  const rows = await select(place).orderBy('id', 'desc').limit(limit).execute();
  return entriesOf(place, rows.reverse());
}

/**
 * The messages that were stored before one of them, at most `limit`; none where it is not here. Without its direction, the
 * older one is meant of two with the same id.
 */
export async function entriesBefore(
  place: HistoryPlace,
  { id, direction }: Pick<HistoryEntry, 'id'> & Partial<Pick<HistoryEntry, 'direction'>>,
  limit: number,
): Promise<HistoryEntry[]> {
  const directions = direction === undefined ? (['in', 'out'] as const) : [direction];
  const last = await select(place)
    .where('direction', 'in', directions)
    .where('uuid', '=', id)
    .orderBy('id')
    .executeTakeFirst();
  if (last === undefined) return [];
  const rows = await select(place).where('id', '<', last.id).orderBy('id', 'desc').limit(limit).execute();
  return entriesOf(place, rows.reverse());
}

/**
 * The messages whose text holds `wanted`, and files whose name does, whatever the case, however accents are encoded.
 *
 * @param onRead - called for every message that was looked at
 */
export async function* searchHistory(
  place: HistoryPlace,
  wanted: string,
  onRead?: () => void,
): AsyncGenerator<HistoryEntry> {
  const sought = folded(wanted);
  for await (const entry of readHistory(place)) {
    onRead?.();
    if (folded(entry.text ?? entry.file?.name ?? '').includes(sought)) yield entry;
  }
}

function folded(text: string): string {
  return text.normalize('NFC').toLowerCase();
}

function select({ database, key }: HistoryPlace) {
  return database
    .selectFrom('messages')
    .selectAll()
    .where('conversation', '=', conversationName(key))
    .where('kind', 'in', ['text', 'deleted', 'call', 'file']);
}

async function entriesOf(place: HistoryPlace, rows: Selectable<ConversationSchema['messages']>[]) {
  const conversation = conversationName(place.key);
  const reactions = rows.length === 0 ? [] : await reactionsTo(place, rows);
  return rows.map((row): HistoryEntry => {
    const { uuid, direction, state, kind } = row;
    const body = place.cipher.open(row.body, recordPlace(conversation, direction, uuid));
    return {
      id: uuid,
      direction,
      sentAt: new Date(row.sent_at),
      state,
      text: kind === 'text' ? body : undefined,
      call: kind === 'call' ? outcomeOf(body) : undefined,
      file: kind === 'file' ? recordOf(body) : undefined,
      replyTo: row.target ?? undefined,
      editedAt: row.edited_at === null ? undefined : new Date(row.edited_at),
      reactions: reactions.filter((one) => one.uuid === uuid && one.direction === direction),
    };
  });
}

async function reactionsTo({ database, cipher, key }: HistoryPlace, messages: readonly { uuid: string }[]) {
  const conversation = conversationName(key);
  const rows = await database
    .selectFrom('reactions')
    .selectAll()
    .where('conversation', '=', conversation)
    .where('direction', 'in', ['in', 'out'])
    .where(
      'uuid',
      'in',
      messages.map(({ uuid }) => uuid),
    )
    .orderBy('author')
    .execute();
  return rows.map((row) => ({ ...row, emoji: cipher.open(row.body, reactionPlace(conversation, row)) }));
}
