/** The outbox of a conversation: what we wrote, in order, until the peer is known to have it. */
import { sql } from 'kysely';
import { cursorOf, ownEpoch, setCursor } from './cursors.js';
import { applyChange, type ChangeFault } from './message-changes.js';
import { contentOf, type Draft, insertMessage, type MessagePlace, type Numbered } from './message-record.js';
import { recordPlace } from './record-place.js';

// Written out: SQLite takes an index with this condition only where it can read it.
const queued = sql.lit('queued' as const);

/** Puts drafts into the outbox in their order, in the transaction of `place`; what may not be done is left out. */
export async function queueDrafts(place: MessagePlace, drafts: readonly Draft[]): Promise<(Numbered | ChangeFault)[]> {
  const start = await cursorOf(place, ownEpoch);
  let sequence = start;
  const results: (Numbered | ChangeFault)[] = [];
  for (const draft of drafts) {
    const fault = await faultOf(place, draft);
    if (fault === undefined) {
      sequence += 1;
      await insertMessage(place, { ...draft, sequence }, null);
    }
    results.push(fault ?? { ...draft, sequence });
  }
  if (sequence > start) await setCursor(place, ownEpoch, sequence);
  return results;
}

/** What waits behind `sequence`, in order, at most `limit`. */
export async function queuedAfter(place: MessagePlace, sequence: number, limit: number): Promise<Numbered[]> {
  const { cipher, conversation } = place;
  const rows = await waiting(place)
    .select(['uuid', 'sequence', 'sent_at', 'body', 'kind', 'target'])
    .where('sequence', '>', sequence)
    .orderBy('sequence')
    .limit(limit)
    .execute();
  return rows.map((row) => ({
    id: row.uuid,
    sequence: row.sequence,
    sentAt: new Date(row.sent_at),
    ...contentOf(row, cipher.open(row.body, recordPlace(conversation, 'out', row.uuid))),
  }));
}

/** How much waits. */
export async function countQueued(place: MessagePlace): Promise<number> {
  const row = await waiting(place)
    .select((count) => count.fn.countAll<number>().as('count'))
    .executeTakeFirstOrThrow();
  return row.count;
}

/**
 * Takes out of the outbox what the peer says to have, in the transaction of `place`.
 *
 * @returns what this call has found delivered, and the sequence behind which the rest stands
 */
export async function takeDelivered(place: MessagePlace, sequence: number): Promise<{ ids: string[]; cursor: number }> {
  const { database, conversation } = place;
  if (sequence > (await cursorOf(place, ownEpoch))) {
    await setCursor(place, ownEpoch, await renumber(place, sequence));
    return { ids: [], cursor: sequence };
  }
  const rows = await database
    .updateTable('messages')
    .set({ state: 'delivered' })
    .where('conversation', '=', conversation)
    .where('state', '=', queued)
    .where('sequence', '<=', sequence)
    .returning(['uuid', 'kind', 'sequence'])
    .execute();
  // They have done their work: what they changed stands in what they changed.
  for (const { uuid } of rows.filter(({ kind }) => kind !== 'text')) {
    await database
      .deleteFrom('messages')
      .where('conversation', '=', conversation)
      .where('direction', '=', 'out')
      .where('uuid', '=', uuid)
      .execute();
  }
  const inOrder = rows.sort((one, other) => one.sequence - other.sequence);
  return { ids: inOrder.map(({ uuid }) => uuid), cursor: sequence };
}

/** Notes that the peer has seen our messages up to `sequence`; returns those of which that was not known. */
export async function takeSeen({ database, conversation }: MessagePlace, sequence: number): Promise<string[]> {
  const rows = await database
    .updateTable('messages')
    .set({ state: 'read' })
    .where('conversation', '=', conversation)
    .where('state', '=', sql.lit('delivered'))
    .where('kind', '=', sql.lit('text'))
    .where('sequence', '<=', sequence)
    .returning('uuid')
    .execute();
  return rows.map(({ uuid }) => uuid);
}

function waiting({ database, conversation }: MessagePlace) {
  return database.selectFrom('messages').where('conversation', '=', conversation).where('state', '=', queued);
}

/** Applies a change to the message that it means, or tells why it may not be put into the outbox. */
async function faultOf(place: MessagePlace, draft: Draft): Promise<ChangeFault | undefined> {
  if (draft.kind !== 'text') return applyChange(place, 'out', draft, draft.sentAt);
  if (draft.replyTo === undefined || (await isThere(place, draft.replyTo))) return undefined;
  return 'unknown';
}

async function isThere({ database, conversation }: MessagePlace, uuid: string): Promise<boolean> {
  const row = await database
    .selectFrom('messages')
    .select('id')
    .where('conversation', '=', conversation)
    .where('direction', 'in', ['out', 'in'])
    .where('uuid', '=', uuid)
    .where('kind', '=', 'text')
    .executeTakeFirst();
  return row !== undefined;
}

/** Numbers what waits anew, behind `start`; returns the last number. */
async function renumber(place: MessagePlace, start: number): Promise<number> {
  const rows = await waiting(place).select('id').orderBy('sequence').execute();
  let sequence = start;
  for (const { id } of rows) {
    sequence += 1;
    await place.database.updateTable('messages').set({ sequence }).where('id', '=', id).execute();
  }
  return sequence;
}
