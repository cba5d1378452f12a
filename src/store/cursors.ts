/** How far a conversation has come: our own messages, and those of each epoch of the peer, which names its device and store. */
import { sql } from 'kysely';
import type { ConversationDatabase, ConversationSchema } from './conversation-store.js';
import type { MessagePlace } from './message-record.js';
import { prepare } from './prepared.js';

type CursorPlace = Pick<MessagePlace, 'database' | 'conversation'>;

/** Under which the cursors keep our own count. */
export const ownEpoch = 'own';

const selectCursor = prepare((database: ConversationDatabase, key: { conversation: string; epoch: string }) =>
  database
    .selectFrom('cursors')
    .select('sequence')
    .where('conversation', '=', key.conversation)
    .where('epoch', '=', key.epoch),
);

const upsertCursor = prepare((database: ConversationDatabase, row: ConversationSchema['cursors']) =>
  database
    .insertInto('cursors')
    .values({ conversation: row.conversation, epoch: row.epoch, sequence: row.sequence })
    .onConflict((conflict) =>
      conflict
        .columns(['conversation', 'epoch'])
        .doUpdateSet((update) => ({ sequence: update.ref('excluded.sequence') })),
    ),
);

/** The last sequence of an epoch, 0 for none. */
export async function cursorOf({ database, conversation }: CursorPlace, epoch: string): Promise<number> {
  const { rows } = await selectCursor(database, { conversation, epoch });
  return rows[0]?.sequence ?? 0;
}

/** Notes how far an epoch has come. */
export async function setCursor({ database, conversation }: CursorPlace, epoch: string, sequence: number) {
  await upsertCursor(database, { conversation, epoch, sequence });
}

/** The cursors of the peer's epochs that were stored last, at most `limit`. */
export async function cursorsOfPeer({ database, conversation }: CursorPlace, limit: number) {
  return database
    .selectFrom('cursors')
    .select(['epoch', 'sequence'])
    .where('conversation', '=', conversation)
    .where('epoch', '!=', ownEpoch)
    .orderBy(sql`rowid`, 'desc')
    .limit(limit)
    .execute();
}

/** The last message that the user has seen of an epoch of the peer, 0 for none. */
export async function seenCursorOf({ database, conversation }: CursorPlace, epoch: string): Promise<number> {
  const row = await database
    .selectFrom('read_cursors')
    .select('sequence')
    .where('conversation', '=', conversation)
    .where('epoch', '=', epoch)
    .executeTakeFirst();
  return row?.sequence ?? 0;
}

/** Notes how far the user has seen an epoch of the peer. */
export async function setSeenCursor({ database, conversation }: CursorPlace, epoch: string, sequence: number) {
  await database
    .insertInto('read_cursors')
    .values({ conversation, epoch, sequence })
    .onConflict((conflict) => conflict.columns(['conversation', 'epoch']).doUpdateSet({ sequence }))
    .execute();
}

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
