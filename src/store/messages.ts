/**
 * The messages of one conversation: what we wrote, on disk before it is sent and until it is known
 * to be delivered; and what the peer wrote, on disk before it is acknowledged. Every process of a
 * home shares them.
 */
import { sql } from 'kysely';
import type { ConversationDatabase } from './conversation-store.js';
import type { RecordCipher } from './home-key.js';

/** Who talks with whom: our name and the peer's in a circle. */
export interface ConversationKey {
  readonly circleId: string;
  readonly self: string;
  readonly peer: string;
}

/** One of our own messages. */
export interface OutgoingMessage {
  readonly id: string;
  /** Rises by one with every message of the conversation. */
  readonly sequence: number;
  readonly sentAt: Date;
  readonly text: string;
}

/** A message of the peer. */
export interface IncomingMessage extends OutgoingMessage {
  /** Names the peer's device and store, whose sequence this is. */
  readonly epoch: string;
}

/** The durable messages of one conversation. */
export class MessageStore {
  readonly #database: ConversationDatabase;
  readonly #cipher: RecordCipher;
  readonly #conversation: string;

  constructor(database: ConversationDatabase, cipher: RecordCipher, key: ConversationKey) {
    this.#database = database;
    this.#cipher = cipher;
    this.#conversation = conversationName(key);
  }

  /** Puts a message into the outbox; when this resolves it survives a crash. */
  async queue(message: { id: string; sentAt: Date; text: string }): Promise<OutgoingMessage> {
    return this.#database.transaction().execute(async (transaction) => {
      const sequence = (await this.#cursor(transaction, ownEpoch)) + 1;
      await this.#setCursor(transaction, ownEpoch, sequence);
      await this.#insert(transaction, 'out', 'queued', { ...message, sequence });
      return { ...message, sequence };
    });
  }

  /** Our messages behind `sequence` that are not known to be delivered, in order, at most `limit`. */
  async queuedAfter(sequence: number, limit: number): Promise<OutgoingMessage[]> {
    const rows = await this.#queued()
      .select(['uuid', 'sequence', 'sent_at', 'body'])
      .where('sequence', '>', sequence)
      .orderBy('sequence')
      .limit(limit)
      .execute();
    return rows.map((row) => ({
      id: row.uuid,
      sequence: row.sequence,
      sentAt: new Date(row.sent_at),
      text: this.#cipher.open(row.body, this.#place('out', row.uuid)),
    }));
  }

  /** How many of our messages are not known to be delivered. */
  async countQueued(): Promise<number> {
    const row = await this.#queued()
      .select((count) => count.fn.countAll<number>().as('count'))
      .executeTakeFirstOrThrow();
    return row.count;
  }

  /**
   * Notes that the peer has stored our messages up to `sequence`.
   *
   * A peer may claim more than we ever wrote: then it lies, or our store was put back to an older
   * state. In either case nothing unsent is taken for delivered: what waits is numbered anew behind
   * the claim, so that the peer cannot mistake it for something it has.
   *
   * @returns the messages that this call has found delivered, and the sequence behind which the
   *   waiting ones stand
   */
  async delivered(sequence: number): Promise<{ ids: string[]; cursor: number }> {
    return this.#database.transaction().execute(async (transaction) => {
      const written = await this.#cursor(transaction, ownEpoch);
      if (sequence > written) {
        await this.#setCursor(transaction, ownEpoch, await this.#renumber(transaction, sequence));
        return { ids: [], cursor: sequence };
      }
      const rows = await transaction
        .updateTable('messages')
        .set({ state: 'delivered' })
        .where('conversation', '=', this.#conversation)
        .where('state', '=', 'queued')
        .where('sequence', '<=', sequence)
        .returning('uuid')
        .execute();
      return { ids: rows.map((row) => row.uuid), cursor: sequence };
    });
  }

  /**
   * Stores a message of the peer, once: what is not behind the cursor of its epoch has been here.
   *
   * @returns whether it is new; either way it is on disk now
   */
  async receive(message: IncomingMessage): Promise<boolean> {
    return this.#database.transaction().execute(async (transaction) => {
      const cursor = await this.#cursor(transaction, message.epoch);
      if (message.sequence <= cursor) return false;
      await this.#setCursor(transaction, message.epoch, message.sequence);
      return this.#insert(transaction, 'in', 'received', message);
    });
  }

  /** The last message stored of an epoch of the peer, 0 for none. */
  async receivedUpTo(epoch: string): Promise<number> {
    return this.#cursor(this.#database, epoch);
  }

  /** The cursors of the epochs stored last, for a hello; at most `limit`. */
  async receivedCursors(limit: number): Promise<{ epoch: string; sequence: number }[]> {
    return this.#database
      .selectFrom('cursors')
      .select(['epoch', 'sequence'])
      .where('conversation', '=', this.#conversation)
      .where('epoch', '!=', ownEpoch)
      .orderBy(sql`rowid`, 'desc')
      .limit(limit)
      .execute();
  }

  #queued() {
    return this.#database
      .selectFrom('messages')
      .where('conversation', '=', this.#conversation)
      .where('state', '=', 'queued');
  }

  #place(direction: 'in' | 'out', uuid: string): string[] {
    return recordPlace(this.#conversation, direction, uuid);
  }

  async #cursor(database: ConversationDatabase, epoch: string): Promise<number> {
    const row = await database
      .selectFrom('cursors')
      .select('sequence')
      .where('conversation', '=', this.#conversation)
      .where('epoch', '=', epoch)
      .executeTakeFirst();
    return row?.sequence ?? 0;
  }

  async #setCursor(database: ConversationDatabase, epoch: string, sequence: number): Promise<void> {
    await database
      .insertInto('cursors')
      .values({ conversation: this.#conversation, epoch, sequence })
      .onConflict((conflict) => conflict.columns(['conversation', 'epoch']).doUpdateSet({ sequence }))
      .execute();
  }

  async #renumber(database: ConversationDatabase, start: number): Promise<number> {
    const rows = await database
      .selectFrom('messages')
      .select('id')
      .where('conversation', '=', this.#conversation)
      .where('state', '=', 'queued')
      .orderBy('sequence')
      .execute();
    let sequence = start;
    for (const { id } of rows) {
      sequence += 1;
      await database.updateTable('messages').set({ sequence }).where('id', '=', id).execute();
    }
    return sequence;
  }

  async #insert(
    database: ConversationDatabase,
    direction: 'in' | 'out',
    state: 'queued' | 'received',
    message: OutgoingMessage,
  ): Promise<boolean> {
    const result = await database
      .insertInto('messages')
      .values({
        conversation: this.#conversation,
        direction,
        uuid: message.id,
        sequence: message.sequence,
        sent_at: message.sentAt.getTime(),
        state,
        body: this.#cipher.seal(message.text, this.#place(direction, message.id)),
      })
      .onConflict((conflict) => conflict.columns(['conversation', 'direction', 'uuid']).doNothing())
      .executeTakeFirst();
    return (result.numInsertedOrUpdatedRows ?? 0n) > 0n;
  }
}

/** How the tables call a conversation. */
export function conversationName({ circleId, self, peer }: ConversationKey): string {
  return `${circleId}/${self}/${peer}`;
}

/** The place that a message is sealed for. */
export function recordPlace(conversation: string, direction: 'in' | 'out', uuid: string): string[] {
  return ['messages', `${direction}/${uuid}`, conversation];
}

/** Under which the cursors keep our own count. */
export const ownEpoch = 'own';

/** The epoch of this store, made at the first call: it names our messages to peers, and dies with the store. */
export async function storeEpoch(database: ConversationDatabase, random: (size: number) => Buffer): Promise<string> {
  await database
    .insertInto('settings')
    .values({ name: 'epoch', value: random(16) })
    .onConflict((conflict) => conflict.column('name').doNothing())
    .execute();
  const row = await database
    .selectFrom('settings')
    .select('value')
    .where('name', '=', 'epoch')
    .executeTakeFirstOrThrow();
  return row.value.toString('hex');
}
