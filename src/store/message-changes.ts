/**
 * What messages may become: edited and deleted by their author, reacted to by either side. A change takes effect in
 * the message itself; what it was before is not kept.
 */
import type { Change, MessagePlace } from './message-record.js';
import { recordPlace } from './record-place.js';

/** Why a change is refused: nobody has such a message, its author is the other side, or it was deleted. */
export type ChangeFault = 'unknown' | 'not-author' | 'deleted';

/**
 * Applies a change.
 *
 * @param author - who asks for it: `in` for the peer, `out` for ourselves
 * @returns why it was refused, or undefined when it is done
 */
export async function applyChange(
  place: MessagePlace,
  author: 'in' | 'out',
  change: Change,
  at: Date,
): Promise<ChangeFault | undefined> {
  const found = await messagesOf(place, change.target);
  if (found.length === 0) return 'unknown';
  // Both sides choose ids, and one may choose the other's: a change of the author's own means the author's own message.
  const own = found.find(({ direction }) => direction === author);
  const target = change.kind === 'reaction' ? (found.find((one) => one !== own) ?? own) : own;
  if (target === undefined) return 'not-author';
  if (target.kind === 'deleted') return 'deleted';
  if (change.kind === 'reaction') await setReaction(place, target.direction, author, change);
  else if (change.kind === 'edit') await setText(place, target, change.text, at);
  else await takeAway(place, target);
  return undefined;
}

/** The place that a reaction is sealed for. */
export function reactionPlace(
  conversation: string,
  { direction, uuid, author }: { direction: 'in' | 'out'; uuid: string; author: 'in' | 'out' },
): string[] {
  return ['reactions', `${direction}/${uuid}/${author}`, conversation];
}

interface Target {
  id: number;
  uuid: string;
  direction: 'in' | 'out';
  kind: string;
}

async function messagesOf({ database, conversation }: MessagePlace, uuid: string): Promise<Target[]> {
  return database
    .selectFrom('messages')
    .select(['id', 'uuid', 'direction', 'kind'])
    .where('conversation', '=', conversation)
    .where('direction', 'in', ['in', 'out'])
    .where('uuid', '=', uuid)
    .where('kind', 'in', ['text', 'deleted'])
    .execute();
}

async function setText({ database, cipher, conversation }: MessagePlace, target: Target, text: string, at: Date) {
  const body = cipher.seal(text, recordPlace(conversation, target.direction, target.uuid));
  await database.updateTable('messages').set({ body, edited_at: at.getTime() }).where('id', '=', target.id).execute();
}

async function takeAway({ database, cipher, conversation }: MessagePlace, target: Target): Promise<void> {
  const body = cipher.seal('', recordPlace(conversation, target.direction, target.uuid));
  const gone = { kind: 'deleted', body, target: null, edited_at: null } as const;
  await database.updateTable('messages').set(gone).where('id', '=', target.id).execute();
  // What was not delivered yet is not sent any more; what is on its way is taken back by the deletion behind it.
  await database
    .updateTable('messages')
    .set({ state: 'withdrawn' })
    .where('id', '=', target.id)
    .where('state', '=', 'queued')
    .execute();
  // Changes of ours that wait would come to nothing there, and an edit would still say what is withdrawn.
  await database
    .deleteFrom('messages')
    .where('conversation', '=', conversation)
    .where('state', '=', 'queued')
    .where('kind', 'in', ['edit', 'reaction'])
    .where('target', '=', target.uuid)
    .execute();
  await database
    .deleteFrom('reactions')
    .where('conversation', '=', conversation)
    .where('direction', '=', target.direction)
    .where('uuid', '=', target.uuid)
    .execute();
}

async function setReaction(
  { database, cipher, conversation }: MessagePlace,
  direction: 'in' | 'out',
  author: 'in' | 'out',
  { target: uuid, emoji }: { target: string; emoji: string },
): Promise<void> {
  const key = { conversation, direction, uuid, author };
  if (emoji === '') {
    await database
      .deleteFrom('reactions')
      .where('conversation', '=', conversation)
      .where('direction', '=', direction)
      .where('uuid', '=', uuid)
      .where('author', '=', author)
      .execute();
    return;
  }
  const body = cipher.seal(emoji, reactionPlace(conversation, key));
  await database
    .insertInto('reactions')
    .values({ ...key, body })
    .onConflict((conflict) => conflict.columns(['conversation', 'direction', 'uuid', 'author']).doUpdateSet({ body }))
    .execute();
}
