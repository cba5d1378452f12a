/**
 * The database of conversations: `store/conversation.db`, shared by every process of one home. Here
 * are its tables and nothing else; contacts.ts, contact-*.ts and messages.ts know what the rows mean.
 */
import { join } from 'node:path';
import { type Generated, type Kysely, sql } from 'kysely';
import { type Home, storeFolder } from './home.js';
import { createFolder } from './private-file.js';
import { openSqlite } from './sqlite.js';

/** The tables. Times are milliseconds since 1970, UTC. */
export interface ConversationSchema {
  settings: { name: string; value: Buffer };
  contacts: {
    circle_id: string;
    member: string;
    spki_sha256: string | null;
    /** What the user calls the member. */
    nick: string | null;
    /** When the user blocked the member; null for never. */
    blocked_at: number | null;
  };
  /** Keys that a contact showed beside the pinned one, and that were refused. */
  contact_keys: { circle_id: string; member: string; spki_sha256: string; seen_at: number };
  contact_addresses: {
    circle_id: string;
    member: string;
    host: string;
    port: number;
    seen_at: number;
    /** When the member's certificate was accepted at this very address; null for a hint. */
    confirmed_at: number | null;
  };
  messages: {
    id: Generated<number>;
    conversation: string;
    direction: 'in' | 'out';
    uuid: string;
    sequence: number;
    sent_at: number;
    /** How far one of ours has come; `withdrawn` where it was deleted before it was delivered. */
    state: 'queued' | 'delivered' | 'read' | 'withdrawn' | 'received';
    /** The text or reaction, sealed by the home key. */
    body: Buffer;
    /** A message, what is left of a deleted one, a change of ours that waits to be delivered, a call that has ended, a file that has arrived. */
    kind: Generated<'text' | 'deleted' | 'edit' | 'delete' | 'reaction' | 'call' | 'file'>;
    /** The id of the message that this one answers or changes. */
    target: string | null;
    /** When the text was changed last. */
    edited_at: number | null;
    /** Names the peer's store, whose sequence this is; null for our own. */
    epoch: string | null;
  };
  /** What each side thinks of a message: one reaction each. */
  reactions: { conversation: string; direction: 'in' | 'out'; uuid: string; author: 'in' | 'out'; body: Buffer };
  /** Files that are to be sent, by the process `owner`; the path is sealed by the home key. */
  outgoing_files: {
    position: Generated<number>;
    id: string;
    conversation: string;
    owner: number;
    path: Buffer;
    /** The transfer that began last; null before the first. */
    transfer: string | null;
  };
  /** Transfers of each sender (circle and member) whose files have arrived. */
  arrived_files: { position: Generated<number>; sender: string; id: string };
  /** How far a conversation has come: our own messages, and those of each epoch of the peer. */
  cursors: { conversation: string; epoch: string; sequence: number };
  /** How far the user has seen what each epoch of the peer wrote. */
  read_cursors: { conversation: string; epoch: string; sequence: number };
}

/** The open database. Close with `destroy()`. */
export type ConversationDatabase = Kysely<ConversationSchema>;

const statements = [
  sql`create table if not exists settings (name text primary key, value blob not null) strict`,
  sql`create table if not exists contacts (
    circle_id text not null, member text not null, spki_sha256 text, nick text, blocked_at integer,
    primary key (circle_id, member)) strict`,
  sql`create table if not exists contact_addresses (
    circle_id text not null, member text not null, host text not null, port integer not null,
    seen_at integer not null, confirmed_at integer,
    primary key (circle_id, member, host, port),
    foreign key (circle_id, member) references contacts on delete cascade) strict`,
  sql`create table if not exists contact_keys (
    circle_id text not null, member text not null, spki_sha256 text not null, seen_at integer not null,
    primary key (circle_id, member, spki_sha256),
    foreign key (circle_id, member) references contacts on delete cascade) strict`,
  sql`create table if not exists messages (
    id integer primary key, conversation text not null, direction text not null, uuid text not null,
    sequence integer not null, sent_at integer not null, state text not null, body blob not null,
    kind text not null default 'text', target text, edited_at integer, epoch text,
    unique (conversation, direction, uuid)) strict`,
  sql`create index if not exists queued_messages on messages (conversation, sequence) where state = 'queued'`,
  sql`create index if not exists messages_in_order on messages (conversation)`,
  sql`create table if not exists cursors (
    conversation text not null, epoch text not null, sequence integer not null,
    primary key (conversation, epoch)) strict`,
  sql`create table if not exists read_cursors (
    conversation text not null, epoch text not null, sequence integer not null,
    primary key (conversation, epoch)) strict`,
  sql`create table if not exists reactions (
    conversation text not null, direction text not null, uuid text not null, author text not null, body blob not null,
    primary key (conversation, direction, uuid, author)) strict`,
  sql`create table if not exists outgoing_files (
    position integer primary key, id text not null unique, conversation text not null, owner integer not null,
    path blob not null, transfer text) strict`,
  sql`create table if not exists arrived_files (
    position integer primary key, sender text not null, id text not null, unique (sender, id)) strict`,
];

/** What stores made by former versions lack. */
const laterColumns = [
  { table: 'contacts', column: 'nick', definition: 'nick text' },
  { table: 'contacts', column: 'blocked_at', definition: 'blocked_at integer' },
  { table: 'messages', column: 'kind', definition: "kind text not null default 'text'" },
  { table: 'messages', column: 'target', definition: 'target text' },
  { table: 'messages', column: 'edited_at', definition: 'edited_at integer' },
  { table: 'messages', column: 'epoch', definition: 'epoch text' },
  { table: 'outgoing_files', column: 'transfer', definition: 'transfer text' },
];

/** What can stand only where every column is there. */
const laterStatements = [
  sql`create unique index if not exists contact_nicks on contacts (circle_id, nick) where nick is not null`,
  sql`create index if not exists unread_messages on messages (conversation, sequence)
    where state = 'delivered' and kind = 'text'`,
];

/**
 * Opens the conversations of `home`, creating folder, file and tables where they are missing.
 *
 * @throws {QTChatError} `ERR_STORE_UNWRITABLE`, `ERR_STORE_DAMAGED`
 */
export async function openConversationStore(home: Home): Promise<ConversationDatabase> {
  const folder = storeFolder(home);
  await createFolder(folder);
  const database = openSqlite<ConversationSchema>(join(folder, 'conversation.db'));
  try {
    // What is deleted or replaced is overwritten in the file.
    await sql`pragma secure_delete = on`.execute(database);
    await database.transaction().execute(async (transaction) => {
      for (const statement of statements) await statement.execute(transaction);
      for (const { table, column, definition } of laterColumns) {
        const { rows } = await sql`select 1 from pragma_table_info(${table}) where name = ${column}`.execute(
          transaction,
        );
        if (rows.length === 0)
          await sql`alter table ${sql.table(table)} add column ${sql.raw(definition)}`.execute(transaction);
      }
      for (const statement of laterStatements) await statement.execute(transaction);
    });
  } catch (error) {
    await database.destroy();
    throw error;
  }
  return database;
}
