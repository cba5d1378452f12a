/** Takes over into the ledger what a CA issued before it came here. */
import type { RevocationReason } from '../pki/revocation-reason.js';
import type { SubjectAltName } from '../pki/subject-alt-name.js';
import { appendAudit } from './audit.js';
import { inTransaction, type Ledger } from './open.js';
import { certificateDigest } from './row-digest.js';

/** A certificate that somebody else's records speak of. */
export interface ImportedCertificate {
  /** Upper-case hex. */
  readonly serialNumber: string;
  readonly member: string;
  readonly names: readonly SubjectAltName[];
  readonly profileName: string;
  readonly notBefore: Date;
  readonly notAfter: Date;
  /** Lower-case hex; empty where the certificate itself is missing. */
  readonly spkiSha256: string;
  /** DER; empty where the certificate itself is missing. */
  readonly content: Buffer;
  readonly revokedAt?: Date;
  readonly reason?: RevocationReason;
}

/** Records them all, each with its audit entry, or none. */
export async function importCertificates(
  ledger: Ledger,
  certificates: readonly ImportedCertificate[],
  deps: { clock: () => Date },
): Promise<void> {
  const now = deps.clock().getTime();
  await inTransaction(ledger, async (transaction) => {
    for (const { serialNumber, member, names, profileName, ...rest } of certificates) {
      await transaction
        .insertInto('member')
        .values({ name: member, created_at: now })
        .onConflict((conflict) => conflict.doNothing())
        .execute();
      const row = await transaction
        .insertInto('certificate')
        .values({
          serial_number: serialNumber,
          state: 'issued',
          member,
          names: JSON.stringify(names),
          profile: profileName,
          not_before: rest.notBefore.getTime(),
          not_after: rest.notAfter.getTime(),
          spki: Buffer.alloc(0),
          spki_sha256: rest.spkiSha256,
          content: rest.content,
          issued_at: rest.notBefore.getTime(),
          revoked_at: rest.revokedAt?.getTime() ?? null,
          revocation_reason: rest.revokedAt === undefined ? null : (rest.reason ?? 'unspecified'),
        })
        .returningAll()
        .executeTakeFirstOrThrow();
      const revoked = row.revocation_reason === null ? {} : { reason: row.revocation_reason };
      const details = { member, serialNumber, digest: certificateDigest(row), ...revoked };
      await appendAudit(transaction, { actor: 'ca import', event: 'certificate.imported', details }, deps);
    }
  });
}
