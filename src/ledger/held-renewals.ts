/**
 * Renewals that wait for the host's word: second ones of a certificate that has a successor already,
 * and those of certificates that have expired. What the host allows may be fetched within a day.
 */
import { QTChatError, quote } from '../errors.js';
import { dayMs } from '../pki/day.js';
import { appendAudit } from './audit.js';
import { inTransaction, type Ledger } from './open.js';

/** Why a renewal waits: its certificate was renewed with another key before, or has expired. */
export type HeldReason = 'second' | 'expired';

/** Which certificate is to be followed by which key. */
export interface RenewalClaim {
  readonly formerSerial: string;
  /** Of the key that was proven, lower-case hex. */
  readonly spkiSha256: string;
}

/** A renewal as the host sees it. */
export interface HeldRenewal extends RenewalClaim {
  readonly member: string;
  readonly reason: HeldReason;
  readonly heldAt: Date;
  /** Until when it may be fetched; undefined as long as nobody has allowed it. */
  readonly allowedUntil?: Date;
}

/** How long an allowed renewal may be fetched. */
const allowanceMs = dayMs;

/** More keys than anybody tries by mistake; a thief must not fill the ledger. */
const heldPerCertificate = 8;

/** Keeps a renewal for the host to see, once; call it in a transaction. */
export async function holdRenewal(
  ledger: Ledger,
  { formerSerial, spkiSha256 }: RenewalClaim,
  reason: HeldReason,
  deps: { clock: () => Date },
): Promise<void> {
  const held = await ledger
    .selectFrom('held_renewal')
    .select('spki_sha256')
    .where('former_serial', '=', formerSerial)
    .execute();
  if (held.length >= heldPerCertificate || held.some((row) => row.spki_sha256 === spkiSha256)) return;
  const row = { former_serial: formerSerial, spki_sha256: spkiSha256, reason, held_at: deps.clock().getTime() };
  await ledger
    .insertInto('held_renewal')
    .values({ ...row, allowed_until: null })
    .execute();
  const details = { serialNumber: formerSerial, reason, spkiSha256 };
  await appendAudit(ledger, { actor: `renewal of ${formerSerial}`, event: 'renewal.held', details }, deps);
}

/** Uses up what the host has allowed; false when it has not, or too long ago. Call it in a transaction. */
export async function takeAllowance(
  ledger: Ledger,
  { formerSerial, spkiSha256 }: RenewalClaim,
  deps: { clock: () => Date },
): Promise<boolean> {
  const { numDeletedRows } = await ledger
    .deleteFrom('held_renewal')
    .where('former_serial', '=', formerSerial)
    .where('spki_sha256', '=', spkiSha256)
    .where('allowed_until', '>', deps.clock().getTime())
    .executeTakeFirst();
  return numDeletedRows === 1n;
}

/** All that wait, oldest first. */
export async function listHeldRenewals(ledger: Ledger): Promise<HeldRenewal[]> {
  const rows = await ledger
    .selectFrom('held_renewal')
    .innerJoin('certificate', 'certificate.serial_number', 'held_renewal.former_serial')
    .select(['member', 'former_serial', 'held_renewal.spki_sha256', 'reason', 'held_at', 'allowed_until'])
    .orderBy('held_at')
    .orderBy('held_renewal.spki_sha256')
    .execute();
  return rows.map((row) => ({
    member: row.member,
    formerSerial: row.former_serial,
    spkiSha256: row.spki_sha256,
    reason: row.reason,
    heldAt: new Date(row.held_at),
    ...(row.allowed_until !== null && { allowedUntil: new Date(row.allowed_until) }),
  }));
}

/**
 * Lets a held renewal be fetched within a day. Where the certificate has a successor already, that one is
 * revoked when it is.
 *
 * @param fingerprint - the first 8 hex digits of its key's SHA-256, or more
 * @throws {QTChatError} `ERR_LEDGER_NOT_FOUND` when none or several begin so
 */
export async function allowRenewal(
  ledger: Ledger,
  fingerprint: string,
  deps: { clock: () => Date },
): Promise<HeldRenewal> {
  return inTransaction(ledger, async (transaction) => {
    const wanted = fingerprint.toLowerCase();
    const held = await listHeldRenewals(transaction);
    const [found, ...others] = held.filter(({ spkiSha256 }) => wanted.length >= 8 && spkiSha256.startsWith(wanted));
    if (found === undefined || others.length > 0) {
      throw new QTChatError('ERR_LEDGER_NOT_FOUND', `no one held renewal has a key that begins ${quote(fingerprint)}`, {
        hint: 'See qtchat autoca renewals; ask the member for the fingerprint that their screen shows',
      });
    }
    const allowedUntil = new Date(deps.clock().getTime() + allowanceMs);
    await transaction
      .updateTable('held_renewal')
      .set({ allowed_until: allowedUntil.getTime() })
      .where('former_serial', '=', found.formerSerial)
      .where('spki_sha256', '=', found.spkiSha256)
      .execute();
    const details = { member: found.member, serialNumber: found.formerSerial, spkiSha256: found.spkiSha256 };
    await appendAudit(transaction, { actor: 'autoca renewals', event: 'renewal.allowed', details }, deps);
    return { ...found, allowedUntil };
  });
}
