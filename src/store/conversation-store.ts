/**
 * The database of conversations: `store/conversation.db`, shared by every process of one home. Here
 * are its tables and nothing else; contacts.ts and messages.ts know what the rows mean.
 */
import { join } from 'node:path';
import { type Generated, type Kysely, sql } from 'kysely';
import { type Home, storeFolder } from './home.js';
import { createFolder } from './private-file.js';
import { openSqlite } from './sqlite.js';

/** The tables. Times are milliseconds since 1970, UTC. */
export interface ConversationSchema {
  settings: { name: string; value: Buffer };
  contacts: { circle_id: string; member: string; spki_sha256: string | null };
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
    state: 'queued' | 'delivered' | 'received';
    /** The text, sealed by the home key. */
    body: Buffer;
  };
  /** Files that are to be sent, by the process `owner`; the path is sealed by the home key. */
  outgoing_files: { position: Generated<number>; id: string; conversation: string; owner: number; path: Buffer };
  /** How far a conversation has come: our own messages, and those of each epoch of the peer. */
  cursors: { conversation: string; epoch: string; sequence: number };
}

/** The open database. Close with `destroy()`. */
export type ConversationDatabase = Kysely<ConversationSchema>;

const statements = [
  sql`create table if not exists settings (name text primary key, value blob not null) strict`,
  sql`create table if not exists contacts (
    circle_id text not null, member text not null, spki_sha256 text,
    primary key (circle_id, member)) strict`,
  sql`create table if not exists contact_addresses (
    circle_id text not null, member text not null, host text not null, port integer not null,
    seen_at integer not null, confirmed_at integer,
    primary key (circle_id, member, host, port),
    foreign key (circle_id, member) references contacts on delete cascade) strict`,
  sql`create table if not exists messages (
    id integer primary key, conversation text not null, direction text not null, uuid text not null,
    sequence integer not null, sent_at integer not null, state text not null, body blob not null,
    unique (conversation, direction, uuid)) strict`,
  sql`create index if not exists queued_messages on messages (conversation, sequence) where state = 'queued'`,
  sql`create table if not exists cursors (
    conversation text not null, epoch text not null, sequence integer not null,
    primary key (conversation, epoch)) strict`,
  sql`create table if not exists outgoing_files (
    position integer primary key, id text not null unique, conversation text not null, owner integer not null,
    path blob not null) strict`,
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
    await database.transaction().execute(async (transaction) => {
      for (const statement of statements) await statement.execute(transaction);
    });
  } catch (error) {
    await database.destroy();
    throw error;
  }
  return database;
}
