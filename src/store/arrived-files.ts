/**
 * Transfers whose files have arrived, though their senders may not have heard of it: on disk, so that a file that is offered
 * again does not arrive twice, whichever of the two processes ended in between.
 */
import type { ConversationDatabase } from './conversation-store.js';

/** How many are kept of one sender: more than it can offer at once. */
const keptOfSender = 256;

/** What has arrived in one home. */
export class ArrivedFiles {
  readonly #database: ConversationDatabase;

  constructor(database: ConversationDatabase) {
    this.#database = database;
  }

  /** Notes that the file of a transfer has arrived, by what names both; when this resolves, that survives a crash. */
  async add(sender: string, id: string): Promise<void> {
    await this.#database.transaction().execute(async (transaction) => {
      await transaction
        .insertInto('arrived_files')
        .values({ sender, id })
        .onConflict((conflict) => conflict.columns(['sender', 'id']).doNothing())
        .execute();
      const older = await transaction
        .selectFrom('arrived_files')
        .select('position')
        .where('sender', '=', sender)
        .orderBy('position', 'desc')
        .offset(keptOfSender)
        .limit(1)
        .executeTakeFirst();
      if (older === undefined) return;
      await transaction
        .deleteFrom('arrived_files')
        .where('sender', '=', sender)
        .where('position', '<=', older.position)
        .execute();
    });
  }

  /** Whether the file of a transfer has arrived. */
  async has(sender: string, id: string): Promise<boolean> {
    const row = await this.#database
      .selectFrom('arrived_files')
      .select('position')
      .where('sender', '=', sender)
      .where('id', '=', id)
      .executeTakeFirst();
    return row !== undefined;
  }
}
