/** How much of what a peer wrote the user has not seen. */
import { sql } from 'kysely';
import type { MessagePlace } from './message-record.js';

/** So many of the newest are looked at: an index of all of them would slow down every message that arrives. */
const lookedAt = 1_000;

/** The texts of the peer behind what the user has seen, in whichever face or process of the home; of the newest thousand. */
export async function countUnread({
  database,
  conversation,
}: Pick<MessagePlace, 'database' | 'conversation'>): Promise<number> {
  const newest = database
    .selectFrom('messages')
    .select(['conversation', 'epoch', 'sequence', 'direction', 'kind'])
    .where('conversation', '=', conversation)
    .orderBy('id', 'desc')
    .limit(lookedAt);
  const row = await database
    .selectFrom(newest.as('newest'))
    .select((count) => count.fn.countAll<number>().as('count'))
    .where('direction', '=', 'in')
    .where('kind', '=', 'text')
    .where(
      sql<boolean>`sequence > coalesce((select sequence from read_cursors as seen
        where seen.conversation = newest.conversation and seen.epoch = newest.epoch), 0)`,
    )
    .executeTakeFirstOrThrow();
  return Number(row.count);
}
