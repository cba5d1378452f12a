/** Files as the history keeps them: among the messages, in the order in which they arrived. The content is where it is. */
import type { MessagePlace } from './message-record.js';
import { recordPlace } from './record-place.js';

/** What is kept of a file or folder that has arrived. */
export interface FileRecord {
  readonly name: string;
  readonly sizeBytes: number;
  readonly isFolder: boolean;
  /** Where it was on this side when it arrived; absolute. */
  readonly path: string;
}

/** A file that has arrived here, or at the peer. */
export interface ArrivedFile extends FileRecord {
  /** Of its transfer. */
  readonly id: string;
  readonly direction: 'in' | 'out';
  readonly at: Date;
}

/** Adds a file; one that is there already stays as it is. */
export async function insertFile({ database, cipher, conversation }: MessagePlace, file: ArrivedFile): Promise<void> {
  const { id, direction, at, name, sizeBytes, isFolder, path } = file;
  const record: FileRecord = { name, sizeBytes, isFolder, path };
  await database
    .insertInto('messages')
    .values({
      conversation,
      direction,
      uuid: id,
      // It is not sent as messages are, and so has no place in the order of those.
      sequence: 0,
      sent_at: at.getTime(),
      state: 'received',
      body: cipher.seal(JSON.stringify(record), recordPlace(conversation, direction, id)),
      kind: 'file',
      target: null,
      epoch: null,
    })
    .onConflict((conflict) => conflict.columns(['conversation', 'direction', 'uuid']).doNothing())
    .execute();
}

/** The file of a transfer; undefined where it has not arrived. */
export async function findFile(
  { database, cipher, conversation }: MessagePlace,
  id: string,
): Promise<FileRecord | undefined> {
  const row = await database
    .selectFrom('messages')
    .select(['body', 'direction'])
    .where('conversation', '=', conversation)
    .where('direction', 'in', ['in', 'out'])
    .where('uuid', '=', id)
    .where('kind', '=', 'file')
    .executeTakeFirst();
  return row && recordOf(cipher.open(row.body, recordPlace(conversation, row.direction, id)));
}

/** What {@link insertFile} has kept of a file. */
export function recordOf(body: string): FileRecord {
  return JSON.parse(body) as FileRecord;
}
