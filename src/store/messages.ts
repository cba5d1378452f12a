/**
 * The messages of one conversation: what we wrote, on disk before it is sent and until it is known
 * to be delivered; and what the peer wrote, on disk before it is acknowledged. Every process of a
 * home shares them. How messages are changed is in message-changes.ts.
 */
import { sql } from 'kysely';
import type { ConversationDatabase } from './conversation-store.js';
import type { RecordCipher } from './home-key.js';
import { applyChange, type Change, type ChangeFault, type ChangePlace } from './message-changes.js';
import { type ConversationKey, conversationName, recordPlace } from './record-place.js';

/** What travels in order and is kept until it is delivered. */
export type Content = { readonly kind: 'text'; readonly text: string; readonly replyTo?: string } | Change;

/** What everything that travels in order has. */
interface Numbered {
  readonly id: string;
  /** Rises by one with every message and change of the conversation. */
  readonly sequence: number;
  readonly sentAt: Date;
}

/** One of our own messages or changes. */
export type OutgoingMessage = Numbered & Content;

/** What the peer's sequence counts. */
interface Arrived extends Numbered {
  /** Names the peer's device and store, whose sequence this is. */
  readonly epoch: string;
}

/** A message of the peer. */
export interface IncomingMessage extends Arrived {
  readonly text: string;
  /** The message that it answers; perhaps none that we have. */
  readonly replyTo?: string | undefined;
}

/** A change by the peer. */
export type IncomingChange = Arrived & Change;

/** How far the user has seen what an epoch of the peer wrote. */
export interface ReadMark {
  readonly epoch: string;
  readonly sequence: number;
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
  async queue(message: { id: string; sentAt: Date; text: string; replyTo?: string }): Promise<OutgoingMessage> {
    return this.#database
      .transaction()
      .execute((transaction) => this.#queue(transaction, { ...message, kind: 'text' }));
  }

  /**
   * Changes a message of ours, or reacts to one of either side, and puts that into the outbox.
   *
   * @returns what waits now, or why it is refused
   */
  async queueChange(change: { id: string; sentAt: Date } & Change): Promise<OutgoingMessage | ChangeFault> {
    return this.#database.transaction().execute(async (transaction) => {
      const fault = await applyChange(this.#placeIn(transaction), 'out', change, change.sentAt);
      return fault ?? this.#queue(transaction, change);
    });
  }

  /** Our messages behind `sequence` that are not known to be delivered, in order, at most `limit`. */
  async queuedAfter(sequence: number, limit: number): Promise<OutgoingMessage[]> {
    const rows = await this.#queued()
      .select(['uuid', 'sequence', 'sent_at', 'body', 'kind', 'target'])
      .where('sequence', '>', sequence)
      .orderBy('sequence')
      .limit(limit)
      .execute();
    return rows.map((row) => ({
      id: row.uuid,
      sequence: row.sequence,
      sentAt: new Date(row.sent_at),
      ...contentOf(row, this.#cipher.open(row.body, this.#place('out', row.uuid))),
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
        .returning(['uuid', 'kind'])
        .execute();
      // They have done their work: what they changed stands in what they changed.
      for (const { uuid } of rows.filter(({ kind }) => kind !== 'text')) {
        await transaction
          .deleteFrom('messages')
          .where('conversation', '=', this.#conversation)
          .where('direction', '=', 'out')
          .where('uuid', '=', uuid)
          .execute();
      }
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
      const { id, sequence, sentAt, text, replyTo, epoch } = message;
      const content = { kind: 'text', text, ...(replyTo !== undefined && { replyTo }) } as const;
      return this.#insert(transaction, 'in', 'received', { id, sequence, sentAt, ...content }, epoch);
    });
  }

  /**
   * Applies a change by the peer, once, as {@link receive} stores a message.
   *
   * @returns `known` for one that has been here before, why it is refused, or `done`; either way it needs no repetition
   */
  async receiveChange(change: IncomingChange): Promise<'done' | 'known' | ChangeFault> {
    return this.#database.transaction().execute(async (transaction) => {
      if (change.sequence <= (await this.#cursor(transaction, change.epoch))) return 'known';
      await this.#setCursor(transaction, change.epoch, change.sequence);
      return (await applyChange(this.#placeIn(transaction), 'in', change, change.sentAt)) ?? 'done';
    });
  }

  /** Notes that the peer has seen our messages up to `sequence`; returns those of which that was not known. */
  async seenByPeer(sequence: number): Promise<string[]> {
    const rows = await this.#database
      .updateTable('messages')
      .set({ state: 'read' })
      .where('conversation', '=', this.#conversation)
      .where('state', '=', sql.lit('delivered'))
      .where('kind', '=', sql.lit('text'))
      .where('sequence', '<=', sequence)
      .returning('uuid')
      .execute();
    return rows.map(({ uuid }) => uuid);
  }

  /** Notes that the user has seen a message of the peer; returns how far that is, or undefined where it is nothing new. */
  async markSeen(id: string): Promise<ReadMark | undefined> {
    return this.#database.transaction().execute(async (transaction) => {
      const row = await transaction
        .selectFrom('messages')
        .select(['epoch', 'sequence'])
        .where('conversation', '=', this.#conversation)
        .where('direction', '=', 'in')
        .where('uuid', '=', id)
        .executeTakeFirst();
      if (row === undefined || row.epoch === null) return undefined;
      const { epoch, sequence } = row;
      if (sequence <= (await this.#seenUpTo(transaction, epoch))) return undefined;
      await transaction
        .insertInto('read_cursors')
        .values({ conversation: this.#conversation, epoch, sequence })
        .onConflict((conflict) => conflict.columns(['conversation', 'epoch']).doUpdateSet({ sequence }))
        .execute();
      return { epoch, sequence };
    });
  }

  /** The last message that the user has seen of an epoch of the peer, 0 for none. */
  async seenUpTo(epoch: string): Promise<number> {
    return this.#seenUpTo(this.#database, epoch);
  }

  /**
   * The messages whose id begins so; the latest first, two at most, since more say no more.
   *
   * @param start - hexadecimal digits and hyphens; empty for the latest messages
   * @param direction - `in` for those of the peer, `out` for ours
   */
  async findByStart(start: string, direction?: 'in' | 'out'): Promise<{ id: string; direction: 'in' | 'out' }[]> {
    let query = this.#database
      .selectFrom('messages')
      .select(['uuid as id', 'direction'])
      .where('conversation', '=', this.#conversation)
      .where('kind', '=', 'text');
    if (direction !== undefined) query = query.where('direction', '=', direction);
    // Behind every digit in ASCII.
    if (start !== '') query = query.where('uuid', '>=', start).where('uuid', '<', `${start}g`);
    return query.orderBy('messages.id', 'desc').limit(2).execute();
  }

  /** What a message says, of either side; undefined where there is none, or none any more. */
  async textOf(id: string): Promise<string | undefined> {
    const row = await this.#database
      .selectFrom('messages')
      .select(['uuid', 'direction', 'body'])
      .where('conversation', '=', this.#conversation)
      .where('direction', 'in', ['out', 'in'])
      .where('uuid', '=', id)
      .where('kind', '=', 'text')
      .executeTakeFirst();
    return row === undefined ? undefined : this.#cipher.open(row.body, this.#place(row.direction, row.uuid));
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

  async #seenUpTo(database: ConversationDatabase, epoch: string): Promise<number> {
    const row = await database
      .selectFrom('read_cursors')
      .select('sequence')
      .where('conversation', '=', this.#conversation)
      .where('epoch', '=', epoch)
      .executeTakeFirst();
    return row?.sequence ?? 0;
  }

  #placeIn(database: ConversationDatabase): ChangePlace {
    return { database, cipher: this.#cipher, conversation: this.#conversation };
  }

  async #queue(
    database: ConversationDatabase,
    message: { id: string; sentAt: Date } & Content,
  ): Promise<OutgoingMessage> {
    const sequence = (await this.#cursor(database, ownEpoch)) + 1;
    await this.#setCursor(database, ownEpoch, sequence);
    await this.#insert(database, 'out', 'queued', { ...message, sequence }, null);
    return { ...message, sequence };
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
    epoch: string | null,
  ): Promise<boolean> {
    const target = message.kind === 'text' ? message.replyTo : message.target;
    const result = await database
      .insertInto('messages')
      .values({
        conversation: this.#conversation,
        direction,
        uuid: message.id,
        sequence: message.sequence,
        sent_at: message.sentAt.getTime(),
        state,
        body: this.#cipher.seal(bodyOf(message), this.#place(direction, message.id)),
        kind: message.kind,
        target: target ?? null,
        epoch,
      })
      .onConflict((conflict) => conflict.columns(['conversation', 'direction', 'uuid']).doNothing())
      .executeTakeFirst();
    return (result.numInsertedOrUpdatedRows ?? 0n) > 0n;
  }
}

/** The part of a content that is sealed. */
function bodyOf(content: Content): string {
  if (content.kind === 'delete') return '';
  return content.kind === 'reaction' ? content.emoji : content.text;
}

function contentOf({ kind, target }: { kind: string; target: string | null }, body: string): Content {
  switch (kind) {
    case 'edit':
      return { kind, target: target ?? '', text: body };
    case 'delete':
      return { kind, target: target ?? '' };
    case 'reaction':
      return { kind, target: target ?? '', emoji: body };
    default:
      return { kind: 'text', text: body, ...(target !== null && { replyTo: target }) };
  }
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
