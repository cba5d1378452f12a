/** What the user decides about a contact: what to call it, to hear nothing of it any more, to forget it. */
import { isIP } from 'node:net';
import { sql } from 'kysely';
import { QTChatError, quote } from '../errors.js';
import type { Whose } from './contact-keys.js';
import type { ConversationDatabase } from './conversation-store.js';
import { ownEpoch } from './cursors.js';

// As member names, in any script and with spaces; never what could be an address with a port, or a path.
const nickPattern = /^(?=.{1,63}$)[\p{L}\p{N}][\p{L}\p{M}\p{N}._-]*( [\p{L}\p{M}\p{N}._-]+)*$/u;

/**
 * Checks what a contact is to be called, as typed.
 *
 * @returns it in the one form in which names are compared (Unicode NFC)
 * @throws {QTChatError} `ERR_USAGE`
 */
export function parseNick(text: string): string {
  const nick = text.normalize('NFC');
  if (nickPattern.test(nick) && isIP(nick) === 0) return nick;
  throw new QTChatError('ERR_USAGE', `${quote(text)} is no name to call somebody by`, {
    hint: 'Choose 1 to 63 letters, digits, single spaces and . _ - and no address',
  });
}

/**
 * Calls a contact by another name, or by its own again where that is given.
 *
 * @throws {QTChatError} `ERR_CONTACT_NAME_TAKEN` when somebody else is called so, by the user or by the circle
 */
export async function renameContact(
  database: ConversationDatabase,
  { circleId, member, self }: Whose & { readonly self: string },
  nick: string,
): Promise<void> {
  const taken = new QTChatError('ERR_CONTACT_NAME_TAKEN', `somebody else is called ${quote(nick)}`, {
    hint: 'Choose another name; qtchat contacts list shows who is called what',
  });
  if (nick === self) throw taken;
  await database.transaction().execute(async (transaction) => {
    const other = await transaction
      .selectFrom('contacts')
      .select('member')
      .where('circle_id', '=', circleId)
      .where('member', '!=', member)
      .where((row) => row.or([row('nick', '=', nick), row('member', '=', nick)]))
      .executeTakeFirst();
    if (other !== undefined) throw taken;
    await transaction
      .updateTable('contacts')
      .set({ nick: nick === member ? null : nick })
      .where('circle_id', '=', circleId)
      .where('member', '=', member)
      .execute();
  });
}

/**
 * Blocks a member, or lifts that.
 *
 * @param since - when it was blocked; undefined to lift
 * @returns whether that changed anything
 */
export async function blockContact(
  database: ConversationDatabase,
  { circleId, member }: Whose,
  since: Date | undefined,
): Promise<boolean> {
  const { numUpdatedRows } = await database
    .updateTable('contacts')
    .set({ blocked_at: since?.getTime() ?? null })
    .where('circle_id', '=', circleId)
    .where('member', '=', member)
    .where('blocked_at', since === undefined ? 'is not' : 'is', null)
    .executeTakeFirst();
  return numUpdatedRows === 1n;
}

/** What a forgotten contact left behind. */
export interface Forgotten {
  readonly messages: number;
}

/**
 * Forgets a contact: key, addresses, nick and all that was said, whatever waits for it among it, as whichever identity
 * of the home. The octets are overwritten in the file. A block stays, else the blocked would wait for this.
 */
export async function forgetContact(database: ConversationDatabase, { circleId, member }: Whose): Promise<Forgotten> {
  const result = await database.transaction().execute(async (transaction) => {
    // Names of circles and members hold nothing that is special in a pattern of GLOB.
    const conversationsWith = sql<boolean>`conversation glob ${`${circleId}/*/${member}`}`;
    const { numDeletedRows } = await transaction.deleteFrom('messages').where(conversationsWith).executeTakeFirst();
    // Our own count goes on: the peer keeps how far it has come, and would take what is counted anew for known.
    await transaction.deleteFrom('cursors').where(conversationsWith).where('epoch', '!=', ownEpoch).execute();
    await transaction.deleteFrom('read_cursors').where(conversationsWith).execute();
    await transaction.deleteFrom('reactions').where(conversationsWith).execute();
    for (const table of ['contact_addresses', 'contact_keys'] as const) {
      await transaction.deleteFrom(table).where('circle_id', '=', circleId).where('member', '=', member).execute();
    }
    await transaction
      .deleteFrom('contacts')
      .where('circle_id', '=', circleId)
      .where('member', '=', member)
      .where('blocked_at', 'is', null)
      .execute();
    await transaction
      .updateTable('contacts')
      .set({ spki_sha256: null, nick: null })
      .where('circle_id', '=', circleId)
      .where('member', '=', member)
      .execute();
    return { messages: Number(numDeletedRows) };
  });
  // What was overwritten still stands in the log of changes, until that is copied into the file and emptied.
  await sql`pragma wal_checkpoint(truncate)`.execute(database);
  return result;
}
