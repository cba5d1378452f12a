/**
 * The messages of one conversation: what we wrote, on disk before it is sent and until it is known
 * to be delivered; and what the peer wrote, on disk before it is acknowledged. Every process of a
 * home shares them. What comes together is written together, with one flush to the disk.
 */
import { type EndedCall, insertCall } from './call-record.js';
import type { ConversationDatabase } from './conversation-store.js';
import { cursorOf, cursorsOfPeer, seenCursorOf, setCursor, setSeenCursor } from './cursors.js';
import { type ArrivedFile, type FileRecord, findFile, insertFile } from './file-record.js';
import type { RecordCipher } from './home-key.js';
import { applyChange, type ChangeFault } from './message-changes.js';
import { type Draft, insertMessage, type MessagePlace, type Numbered } from './message-record.js';
import { countQueued, queueDrafts, queuedAfter, takeDelivered, takeSeen } from './outbox.js';
import { type ConversationKey, conversationName, recordPlace } from './record-place.js';
import { countUnread } from './unread.js';

/** How far the user has seen what an epoch of the peer wrote. */
export interface ReadMark {
  readonly epoch: string;
  readonly sequence: number;
}

/** What became of something that the peer wrote: stored, here before, or refused. */
export type Receipt = 'done' | 'known' | ChangeFault;

/** The durable messages of one conversation. */
export class MessageStore {
  readonly #place: MessagePlace;

  constructor(database: ConversationDatabase, cipher: RecordCipher, key: ConversationKey) {
    this.#place = { database, cipher, conversation: conversationName(key) };
  }

  /**
   * Puts what we write into the outbox, in this order; when it resolves it survives a crash. Changes take effect here at once.
   *
   * @returns for each what waits now, or why it is refused
   */
  async queue(drafts: readonly Draft[]): Promise<(Numbered | ChangeFault)[]> {
    return this.#inTransaction((place) => queueDrafts(place, drafts));
  }

  /** What we wrote behind `sequence` that is not known to be delivered, in order, at most `limit`. */
  async queuedAfter(sequence: number, limit: number): Promise<Numbered[]> {
    return queuedAfter(this.#place, sequence, limit);
  }

  /** How much of what we wrote is not known to be delivered. */
  async countQueued(): Promise<number> {
    return countQueued(this.#place);
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
    return this.#inTransaction((place) => takeDelivered(place, sequence));
  }

  /**
   * Stores messages of the peer and applies its changes, each once: a text by its id; a change that is not behind the cursor
   * of its epoch has been here.
   *
   * @param epoch - names the peer's device and store, whose sequence this is
   * @returns what became of each; none of them needs to be repeated, and all that is taken is on disk now
   */
  async receive(epoch: string, messages: readonly Numbered[]): Promise<Receipt[]> {
    return this.#inTransaction(async (place) => {
      const start = await cursorOf(place, epoch);
      let cursor = start;
      const receipts: Receipt[] = [];
      for (const message of messages) {
        const isNext = message.sequence > cursor;
        // Two copies of a home count alike: a text that is not here is another one, whatever its number.
        receipts.push(isNext || message.kind === 'text' ? await take(place, message, epoch) : 'known');
        if (isNext) cursor = message.sequence;
      }
      if (cursor > start) await setCursor(place, epoch, cursor);
      return receipts;
    });
  }

  /** Notes that the peer has seen our messages up to `sequence`; returns those of which that was not known. */
  async seenByPeer(sequence: number): Promise<string[]> {
    return takeSeen(this.#place, sequence);
  }

  /** Notes that the user has seen a message of the peer; returns how far that is, or undefined where it is nothing new. */
  async markSeen(id: string): Promise<ReadMark | undefined> {
    return this.#inTransaction(async (place) => {
      const row = await place.database
        .selectFrom('messages')
        .select(['epoch', 'sequence'])
        .where('conversation', '=', place.conversation)
        .where('direction', '=', 'in')
        .where('uuid', '=', id)
        .executeTakeFirst();
      if (row === undefined || row.epoch === null) return undefined;
      const { epoch, sequence } = row;
      if (sequence <= (await seenCursorOf(place, epoch))) return undefined;
      await setSeenCursor(place, epoch, sequence);
      return { epoch, sequence };
    });
  }

  /** How many texts of the peer the user has not seen. */
  async countUnread(): Promise<number> {
    return countUnread(this.#place);
  }

  /** The last message that the user has seen of an epoch of the peer, 0 for none. */
  async seenUpTo(epoch: string): Promise<number> {
    return seenCursorOf(this.#place, epoch);
  }

  /**
   * The messages whose id begins so; the latest first, two at most, since more say no more.
   *
   * @param start - hexadecimal digits and hyphens; empty for the latest messages
   * @param direction - `in` for those of the peer, `out` for ours
   */
  async findByStart(start: string, direction?: 'in' | 'out'): Promise<{ id: string; direction: 'in' | 'out' }[]> {
    let query = this.#place.database
      .selectFrom('messages')
      .select(['uuid as id', 'direction'])
      .where('conversation', '=', this.#place.conversation)
      .where('kind', '=', 'text');
    if (direction !== undefined) query = query.where('direction', '=', direction);
    // Behind every digit in ASCII.
    if (start !== '') query = query.where('uuid', '>=', start).where('uuid', '<', `${start}g`);
    return query.orderBy('messages.id', 'desc').limit(2).execute();
  }

  /** What a message says, of either side; undefined where there is none, or none any more. */
  async textOf(id: string): Promise<string | undefined> {
    const { database, cipher, conversation } = this.#place;
    const row = await database
      .selectFrom('messages')
      .select(['uuid', 'direction', 'body'])
      .where('conversation', '=', conversation)
      .where('direction', 'in', ['out', 'in'])
      .where('uuid', '=', id)
      .where('kind', '=', 'text')
      .executeTakeFirst();
    return row === undefined ? undefined : cipher.open(row.body, recordPlace(conversation, row.direction, row.uuid));
  }

  /** Keeps that there was a call. */
  async addCall(call: EndedCall): Promise<void> {
    await insertCall(this.#place, call);
  }

  /** Keeps that a file has arrived, here or at the peer. */
  async addFile(file: ArrivedFile): Promise<void> {
    await insertFile(this.#place, file);
  }

  /** The file of a transfer that has arrived; undefined where it has not. */
  async findFile(id: string): Promise<FileRecord | undefined> {
    return findFile(this.#place, id);
  }

  /** The cursors of the epochs stored last, for a hello; at most `limit`. */
  async receivedCursors(limit: number): Promise<{ epoch: string; sequence: number }[]> {
    return cursorsOfPeer(this.#place, limit);
  }

  #inTransaction<Result>(action: (place: MessagePlace) => Promise<Result>): Promise<Result> {
    const place = this.#place;
    return place.database.transaction().execute((database) => action({ ...place, database }));
  }
}

async function take(place: MessagePlace, message: Numbered, epoch: string): Promise<Receipt> {
  if (message.kind !== 'text') return (await applyChange(place, 'in', message, message.sentAt)) ?? 'done';
  return (await insertMessage(place, message, epoch)) ? 'done' : 'known';
}
