/** The CAs below the root that it has revoked. The root's own lists, root-crl.ts, name them. */
import { X509Certificate } from 'node:crypto';
import { QTChatError } from '../errors.js';
import { readCertificateFields } from '../pki/certificate-fields.js';
import type { CrlEntry } from '../pki/crl.js';
import type { RevocationReason } from '../pki/revocation-reason.js';
import { appendAudit } from './audit.js';
import { inTransaction, type Ledger } from './open.js';

/**
 * Revokes a CA below the root, with its audit entry. One that is revoked already stays as it is.
 *
 * @param revocation.by - who asked, for the audit log
 * @throws {QTChatError} `ERR_PKI_CERTIFICATE_INVALID` unless the root has issued it, as a CA
 */
export async function revokeAuthority(
  ledger: Ledger,
  root: X509Certificate,
  certificate: X509Certificate,
  revocation: { readonly reason: RevocationReason; readonly by: string },
  deps: { clock: () => Date },
): Promise<void> {
  const { reason, by } = revocation;
  const isBelow = certificate.ca && certificate.checkIssued(root) && certificate.verify(root.publicKey);
  if (!isBelow || certificate.raw.equals(root.raw)) {
    throw new QTChatError(
      'ERR_PKI_CERTIFICATE_INVALID',
      'the certificate to revoke is not that of a CA below the root',
      {
        hint: "Name the intermediate.pem of that CA; a member's certificate is revoked by qtchat cert revoke",
      },
    );
  }
  const { serialNumber } = certificate;
  await inTransaction(ledger, async (transaction) => {
    const { numInsertedOrUpdatedRows } = await transaction
      .insertInto('revoked_authority')
      .values({
        serial_number: serialNumber,
        not_after: readCertificateFields(certificate).notAfter.getTime(),
        content: certificate.raw,
        revoked_at: deps.clock().getTime(),
        revocation_reason: reason,
      })
      .onConflict((conflict) => conflict.doNothing())
      .executeTakeFirstOrThrow();
    if (numInsertedOrUpdatedRows === 0n) return;
    await appendAudit(transaction, { actor: by, event: 'authority.revoked', details: { serialNumber, reason } }, deps);
  });
}

/**
 * What the root itself has issued and revoked: CAs, and the members of a root that issued before it left that to
 * an intermediate.
 *
 * @param last - what had ended by then is left out
 */
export async function revokedByRoot(ledger: Ledger, root: X509Certificate, last: Date): Promise<CrlEntry[]> {
  const rows = await ledger
    .selectFrom('certificate')
    .select(['serial_number', 'revoked_at', 'revocation_reason', 'content'])
    .where('revoked_at', 'is not', null)
    .where('not_after', '>=', last.getTime())
    .orderBy('revoked_at')
    .orderBy('serial_number')
    .execute();
  const members = rows
    .filter(({ content }) => content.length > 0 && new X509Certificate(content).checkIssued(root))
    .map((row) => ({
      serialNumber: row.serial_number,
      revokedAt: new Date(row.revoked_at ?? 0),
      reason: (row.revocation_reason ?? 'unspecified') as RevocationReason,
    }));
  return [...(await revokedAuthorities(ledger, last)), ...members];
}

async function revokedAuthorities(ledger: Ledger, last: Date): Promise<CrlEntry[]> {
  const rows = await ledger
    .selectFrom('revoked_authority')
    .select(['serial_number', 'revoked_at', 'revocation_reason'])
    .where('not_after', '>=', last.getTime())
    .orderBy('revoked_at')
    .orderBy('serial_number')
    .execute();
  return rows.map((row) => ({
    serialNumber: row.serial_number,
    revokedAt: new Date(row.revoked_at),
    reason: row.revocation_reason === 'keyCompromise' ? 'cACompromise' : (row.revocation_reason as RevocationReason),
  }));
}
