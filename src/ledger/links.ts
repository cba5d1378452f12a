/**
 * Links: invites whose answer is a file that is fetched over plain HTTP. It is made at the first request, and
 * kept, locked, until it was fetched often enough or the invite has expired. Its password is not here.
 */
import { completeInvite } from './answer-invite.js';
import { createInvite, findUsableInvite, type Invite, type NewInvite } from './invites.js';
import { inTransaction, type Ledger } from './open.js';

/** A link that was not answered yet. */
export interface OpenLink {
  readonly invite: Invite;
  /** The file is for programs that read nothing newer. */
  readonly legacy: boolean;
}

/** One download, already counted. */
export interface Download {
  readonly file: Buffer;
  readonly member: string;
  /** Id of the invite. */
  readonly invite: string;
  /** Which one it is, from 1. */
  readonly number: number;
}

/**
 * Records a link.
 *
 * @param link.invite.psk - the seed of its password
 * @param link.idSha256 - SHA-256 of the id in it, in hex
 * @throws {QTChatError} as {@link createInvite}
 */
export async function createLink(
  ledger: Ledger,
  link: { readonly invite: Omit<NewInvite, 'kind'>; readonly idSha256: string; readonly legacy: boolean },
  deps: { clock: () => Date },
): Promise<void> {
  const { invite, idSha256, legacy } = link;
  await inTransaction(ledger, async (transaction) => {
    await createInvite(transaction, { ...invite, kind: 'link' }, deps);
    const empty = { downloads: 0, locked_file: Buffer.alloc(0) };
    await transaction
      .insertInto('link')
      .values({ invite_id: invite.id, id_sha256: idSha256, legacy: legacy ? 1 : 0, ...empty })
      .execute();
  });
}

/** The link whose file is still to be made, if it can be used at `now`. */
export async function findOpenLink(ledger: Ledger, idSha256: string, now: Date): Promise<OpenLink | undefined> {
  const row = await ledger.selectFrom('link').selectAll().where('id_sha256', '=', idSha256).executeTakeFirst();
  const invite = row && (await findUsableInvite(ledger, row.invite_id, now));
  // A withdrawn invite has lost the seed of its password.
  if (row === undefined || invite === undefined || invite.psk.length === 0) return undefined;
  return { invite, legacy: row.legacy === 1 };
}

/**
 * Stores the file of a link, which ends its invite; the seed of the password is gone with that.
 *
 * @returns false, and nothing changes, unless the invite is reserved for this very serial number
 */
export async function storeLinkFile(
  ledger: Ledger,
  made: { readonly invite: string; readonly serialNumber: string; readonly file: Buffer },
  deps: { clock: () => Date },
): Promise<boolean> {
  return inTransaction(ledger, async (transaction) => {
    if (!(await completeInvite(transaction, made.invite, made.serialNumber, deps))) return false;
    await transaction
      .updateTable('link')
      .set({ locked_file: made.file })
      .where('invite_id', '=', made.invite)
      .execute();
    return true;
  });
}

/**
 * Counts a download of a link's file, and gives it out; the last time, it is removed.
 *
 * @param most - how often it is given out
 * @returns undefined when there is none, or none any more: its certificate may have been revoked, too
 */
export async function takeDownload(
  ledger: Ledger,
  idSha256: string,
  most: number,
  deps: { clock: () => Date },
): Promise<Download | undefined> {
  // Strangers, who know no id, must not keep those waiting who write.
  if ((await findFile(ledger, idSha256, most, deps.clock())) === undefined) return undefined;
  return inTransaction(ledger, async (transaction) => {
    const found = await findFile(transaction, idSha256, most, deps.clock());
    if (found === undefined) return undefined;
    const { invite_id, locked_file, member } = found;
    const { downloads } = await transaction
      .updateTable('link')
      .set((builder) => ({ downloads: builder('downloads', '+', 1) }))
      .where('invite_id', '=', invite_id)
      .returning('downloads')
      .executeTakeFirstOrThrow();
    // Another server has been faster.
    if (downloads > most) return undefined;
    if (downloads === most) await removeFiles(transaction, [invite_id]);
    return { file: locked_file, member, invite: invite_id, number: downloads };
  });
}

/** Removes the files of links that have expired, or whose certificates were revoked, fetched or not. */
export async function removeEndedFiles(ledger: Ledger, deps: { clock: () => Date }): Promise<void> {
  const ended = await ledger
    .selectFrom('link')
    .innerJoin('invite', 'invite.id', 'link.invite_id')
    .innerJoin('certificate', 'certificate.serial_number', 'invite.serial_number')
    .select('invite_id')
    .where((either) =>
      either.or([either('expires_at', '<=', deps.clock().getTime()), either('revoked_at', 'is not', null)]),
    )
    .where('locked_file', '!=', Buffer.alloc(0))
    .execute();
  const ids = ended.map(({ invite_id }) => invite_id);
  if (ids.length > 0) await removeFiles(ledger, ids);
}

async function findFile(ledger: Ledger, idSha256: string, most: number, now: Date) {
  return ledger
    .selectFrom('link')
    .innerJoin('invite', 'invite.id', 'link.invite_id')
    .innerJoin('certificate', 'certificate.serial_number', 'invite.serial_number')
    .select(['invite_id', 'locked_file', 'certificate.member'])
    .where('id_sha256', '=', idSha256)
    .where('downloads', '<', most)
    .where('expires_at', '>', now.getTime())
    .where('revoked_at', 'is', null)
    .where('locked_file', '!=', Buffer.alloc(0))
    .executeTakeFirst();
}

async function removeFiles(ledger: Ledger, inviteIds: readonly string[]): Promise<void> {
  await ledger
    .updateTable('link')
    .set({ locked_file: Buffer.alloc(0) })
    .where('invite_id', 'in', inviteIds)
    .execute();
}
