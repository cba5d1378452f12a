/** How much of what a peer wrote the user has not seen. */
import { sql } from 'kysely';
import type { MessagePlace } from './message-record.js';

/** The texts of the peer behind what the user has seen, in whichever face or process of the home. */
export async function countUnread({
  database,
  conversation,
}: Pick<MessagePlace, 'database' | 'conversation'>): Promise<number> {
  const row = await database
    .selectFrom('messages')
    .select((count) => count.fn.countAll<number>().as('count'))
    .where('conversation', '=', conversation)
    .where('direction', '=', 'in')
    .where('kind', '=', 'text')
    .where(
      sql<boolean>`sequence > coalesce((select sequence from read_cursors as seen
        where seen.conversation = messages.conversation and seen.epoch = messages.epoch), 0)`,
    )
    .executeTakeFirstOrThrow();
  return Number(row.count);
}
