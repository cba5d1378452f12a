/**
 * Files that are to be sent, by path: on disk from the moment they are given until the member has them,
 * or will not have them. Each belongs to the process that was told to send it; when that has ended, to the
 * next one that asks.
 */
import type { ConversationDatabase } from './conversation-store.js';
import type { RecordCipher } from './home-key.js';
import { isAlive } from './running.js';

/** Who sends: our name in a circle. */
export interface SenderKey {
  readonly circleId: string;
  readonly self: string;
}

/** One file that is to be sent. */
export interface OutgoingFileRecord {
  readonly id: string;
  /** The member it is for. */
  readonly member: string;
  /** Absolute. */
  readonly path: string;
  /** The transfer that began last, where one has begun. */
  readonly transfer?: string;
}

/** The files that one identity of a home is to send. */
export class OutgoingFiles {
  readonly #database: ConversationDatabase;
  readonly #cipher: RecordCipher;
  readonly #prefix: string;

  constructor(database: ConversationDatabase, cipher: RecordCipher, { circleId, self }: SenderKey) {
    this.#database = database;
    this.#cipher = cipher;
    this.#prefix = `${circleId}/${self}/`;
  }

  /** Adds a file; when this resolves, it survives a crash. */
  async add({ id, member, path }: OutgoingFileRecord): Promise<void> {
    const conversation = this.#prefix + member;
    await this.#database
      .insertInto('outgoing_files')
      .values({ id, conversation, owner: process.pid, path: this.#cipher.seal(path, placeOf(id, conversation)) })
      .execute();
  }

  /** Notes that a transfer of a file begins: whoever goes on with it later can name it. */
  async begin(id: string, transfer: string): Promise<void> {
    await this.#database.updateTable('outgoing_files').set({ transfer }).where('id', '=', id).execute();
  }

  /** Removes a file that has arrived, or will not. */
  async remove(id: string): Promise<void> {
    await this.#database.deleteFrom('outgoing_files').where('id', '=', id).execute();
  }

  /** The paths of all files that are to be sent from this home, as whichever identity. */
  async allPaths(): Promise<ReadonlySet<string>> {
    const rows = await this.#database.selectFrom('outgoing_files').select(['id', 'conversation', 'path']).execute();
    return new Set(rows.map(({ id, conversation, path }) => this.#cipher.open(path, placeOf(id, conversation))));
  }

  /** Takes over the files of processes that have ended, in the order they were given. */
  async takeOver(): Promise<OutgoingFileRecord[]> {
    return this.#database.transaction().execute(async (transaction) => {
      const rows = await transaction.selectFrom('outgoing_files').selectAll().orderBy('position').execute();
      const found = rows.filter(
        ({ conversation, owner }) =>
          conversation.startsWith(this.#prefix) && (owner === process.pid || !isAlive(owner)),
      );
      for (const { id } of found) {
        await transaction.updateTable('outgoing_files').set({ owner: process.pid }).where('id', '=', id).execute();
      }
      return found.map(({ id, conversation, path, transfer }) => ({
        id,
        member: conversation.slice(this.#prefix.length),
        path: this.#cipher.open(path, placeOf(id, conversation)),
        ...(transfer !== null && { transfer }),
      }));
    });
  }
}

function placeOf(id: string, conversation: string): string[] {
  return ['outgoing_files', id, conversation];
}
