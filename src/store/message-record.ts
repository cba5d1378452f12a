/** What members write to each other, and the rows that hold it. When a row is written and what becomes of it is decided elsewhere. */
import type { Selectable } from 'kysely';
import type { ConversationDatabase, ConversationSchema } from './conversation-store.js';
import type { RecordCipher } from './home-key.js';
import { prepare } from './prepared.js';
import { recordPlace } from './record-place.js';

/** What happens to a message, which `target` names. */
export type Change =
  | { readonly kind: 'edit'; readonly target: string; readonly text: string }
  | { readonly kind: 'delete'; readonly target: string }
  /** An empty one takes the former back. */
  | { readonly kind: 'reaction'; readonly target: string; readonly emoji: string };

/** What travels in order and is kept until it is delivered. */
export type Content =
  /** `replyTo` names the message that it answers, perhaps none that is here. */
  { readonly kind: 'text'; readonly text: string; readonly replyTo?: string } | Change;

/** What is written, before it has its place in the order. */
export type Draft = { readonly id: string; readonly sentAt: Date } & Content;

/** What is written, in its place: `sequence` rises by one with every message and change of one writer. */
export type Numbered = Draft & { readonly sequence: number };

/** A conversation in the database, and what seals its records. */
export interface MessagePlace {
  /** In a transaction, where something is changed. */
  readonly database: ConversationDatabase;
  readonly cipher: RecordCipher;
  readonly conversation: string;
}

/**
 * Adds what was written.
 *
 * @param epoch - whose sequence this is; null for our own
 * @returns whether it is new: ids are taken once
 */
export async function insertMessage(place: MessagePlace, message: Numbered, epoch: string | null): Promise<boolean> {
  const { database, cipher, conversation } = place;
  const direction = epoch === null ? 'out' : 'in';
  const target = message.kind === 'text' ? message.replyTo : message.target;
  const { numAffectedRows = 0n } = await insertRow(database, {
    conversation,
    direction,
    uuid: message.id,
    sequence: message.sequence,
    sent_at: message.sentAt.getTime(),
    state: epoch === null ? 'queued' : 'received',
    body: cipher.seal(bodyOf(message), recordPlace(conversation, direction, message.id)),
    kind: message.kind,
    target: target ?? null,
    epoch,
  });
  return numAffectedRows > 0n;
}

const insertRow = prepare(
  (database: ConversationDatabase, row: Omit<Selectable<ConversationSchema['messages']>, 'id' | 'edited_at'>) =>
    database
      .insertInto('messages')
      .values({
        conversation: row.conversation,
        direction: row.direction,
        uuid: row.uuid,
        sequence: row.sequence,
        sent_at: row.sent_at,
        state: row.state,
        body: row.body,
        kind: row.kind,
        target: row.target,
        epoch: row.epoch,
      })
      .onConflict((conflict) => conflict.columns(['conversation', 'direction', 'uuid']).doNothing()),
);

/** What a row holds, `body` being what was sealed in it. */
export function contentOf({ kind, target }: { kind: string; target: string | null }, body: string): Content {
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

/** The part of a content that is sealed. */
function bodyOf(content: Content): string {
  if (content.kind === 'delete') return '';
  return content.kind === 'reaction' ? content.emoji : content.text;
}
