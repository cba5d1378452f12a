/**
 * The certificates that this CA has issued: finding, listing and revoking them. What is only reserved
 * (reservations.ts) is not among them.
 */
import { QTChatError, quote } from '../errors.js';
import type { RevocationReason } from '../pki/revocation-reason.js';
import type { SubjectAltName } from '../pki/subject-alt-name.js';
import { appendAudit } from './audit.js';
import { parseNames } from './names.js';
import { inTransaction, type Ledger } from './open.js';
import type { LedgerSchema } from './schema.js';

/** A certificate as the ledger holds it. */
export interface CertificateRecord {
  /** Upper-case hex. */
  readonly serialNumber: string;
  readonly member: string;
  /** As asked for: without the circle URI. */
  readonly names: SubjectAltName[];
  /** The profile it was issued by. */
  readonly profileName: string;
  readonly notBefore: Date;
  readonly notAfter: Date;
  readonly spkiSha256: string;
  /** DER. */
  readonly content: Buffer;
  readonly issuedAt: Date;
  readonly revokedAt?: Date;
  readonly revocationReason?: RevocationReason;
}

/** Which certificates {@link listCertificates} gives; all when empty. */
export interface CertificateFilter {
  readonly member?: string;
  /** Only those neither expired nor revoked at this time. */
  readonly validAt?: Date;
  /** Only those whose notAfter is before this time. */
  readonly endingBefore?: Date;
}

/** The certificates that pass the filter, in the order of their issue. */
export async function listCertificates(ledger: Ledger, filter: CertificateFilter = {}): Promise<CertificateRecord[]> {
  let query = ledger.selectFrom('certificate').selectAll().where('state', '=', 'issued');
  if (filter.member !== undefined) query = query.where('member', '=', filter.member);
  if (filter.validAt !== undefined) {
    query = query.where('revoked_at', 'is', null).where('not_after', '>=', filter.validAt.getTime());
  }
  if (filter.endingBefore !== undefined) query = query.where('not_after', '<', filter.endingBefore.getTime());
  const rows = await query.orderBy('issued_at').orderBy('serial_number').execute();
  return rows.map(recordFrom);
}

/** The certificate with this serial number (hex, either case), or undefined. */
export async function findCertificate(ledger: Ledger, serialNumber: string): Promise<CertificateRecord | undefined> {
  const row = await ledger
    .selectFrom('certificate')
    .selectAll()
    .where('serial_number', '=', serialNumber.toUpperCase())
    .where('state', '=', 'issued')
    .executeTakeFirst();
  return row && recordFrom(row);
}

/** When and why a serial number was revoked; `good` when its certificate was issued and was not, undefined when it was never issued. */
export async function findStatus(
  ledger: Ledger,
  serialNumber: string,
): Promise<'good' | { revokedAt: Date; reason: RevocationReason } | undefined> {
  const row = await ledger
    .selectFrom('certificate')
    .select(['state', 'revoked_at', 'revocation_reason'])
    .where('serial_number', '=', serialNumber.toUpperCase())
    .executeTakeFirst();
  // Also what was reserved and given up: it may have been signed and lost, so it stands on the lists too.
  if (row !== undefined && row.revoked_at !== null) {
    const reason = (row.revocation_reason ?? 'unspecified') as RevocationReason;
    return { revokedAt: new Date(row.revoked_at), reason };
  }
  return row?.state === 'issued' ? 'good' : undefined;
}

/**
 * Revokes a certificate, with its audit entry. One that is revoked already stays as it is.
 *
 * @param by - who asked, for the audit log
 * @throws {QTChatError} `ERR_LEDGER_NOT_FOUND`
 */
export async function revokeCertificate(
  ledger: Ledger,
  serialNumber: string,
  reason: RevocationReason,
  deps: { clock: () => Date },
  by = 'cert revoke',
): Promise<void> {
  await inTransaction(ledger, async (transaction) => {
    const record = await findCertificate(transaction, serialNumber);
    if (record === undefined) {
      throw new QTChatError('ERR_LEDGER_NOT_FOUND', `no certificate has the serial number ${quote(serialNumber)}`, {
        hint: 'See qtchat cert list',
      });
    }
    if (record.revokedAt !== undefined) return;
    await transaction
      .updateTable('certificate')
      .set({ revoked_at: deps.clock().getTime(), revocation_reason: reason })
      .where('serial_number', '=', record.serialNumber)
      .execute();
    const details = { member: record.member, serialNumber: record.serialNumber, reason };
    await appendAudit(transaction, { actor: by, event: 'certificate.revoked', details }, deps);
  });
}

function recordFrom(row: LedgerSchema['certificate']): CertificateRecord {
  return {
    serialNumber: row.serial_number,
    member: row.member,
    names: parseNames(row.names),
    profileName: row.profile,
    notBefore: new Date(row.not_before),
    notAfter: new Date(row.not_after),
    spkiSha256: row.spki_sha256,
    content: row.content,
    issuedAt: new Date(row.issued_at),
    ...(row.revoked_at !== null && { revokedAt: new Date(row.revoked_at) }),
    ...(row.revocation_reason !== null && { revocationReason: row.revocation_reason as RevocationReason }),
  };
}
