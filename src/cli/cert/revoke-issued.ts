/** `cert revoke`: by the member's name, or by the serial number of one certificate. */
import { QTChatError, quote } from '../../errors.js';
import {
  type CertificateRecord,
  findCertificate,
  listCertificates,
  revokeCertificate,
} from '../../ledger/certificates.js';
import { inTransaction, type Ledger, openLedger } from '../../ledger/open.js';
import type { RevocationReason } from '../../pki/revocation-reason.js';
import { loadCaChain } from '../../store/ca.js';
import type { Home } from '../../store/home.js';

/** A certificate that is now revoked. */
export interface RevokedRecord {
  readonly serialNumber: string;
  readonly member: string;
  readonly revokedAt: Date;
  readonly reason: RevocationReason;
  /** It was revoked before, and stays as it was. */
  readonly already: boolean;
}

/**
 * Revokes every valid certificate of a member, or the one with a serial number (valid or not).
 *
 * @param deps.confirm - asked beforehand, unless all of it is revoked already; what it rejects with ends it
 * @param subject - a member name, or a serial number in hex of either case, with or without colons
 * @throws {QTChatError} `ERR_STORE_NO_CA`; `ERR_LEDGER_NOT_FOUND` when there is nothing to revoke;
 *   `ERR_USAGE` when the text is the name of one and the serial number of another
 */
export async function revokeIssued(
  home: Home,
  subject: string,
  reason: RevocationReason,
  deps: { clock: () => Date; confirm: (question: string) => Promise<void> },
): Promise<RevokedRecord[]> {
  await loadCaChain(home); // without a CA no ledger is to appear
  const ledger = await openLedger(home);
  try {
    // Before the transaction: nobody else is to wait for an answer.
    const meant = (await findSubject(ledger, subject, deps.clock())).filter(({ revokedAt }) => revokedAt === undefined);
    if (meant.length > 0) await deps.confirm(revocationQuestion(meant));
    return await inTransaction(ledger, async (transaction) => {
      const revoked: RevokedRecord[] = [];
      for (const record of await findSubject(transaction, subject, deps.clock())) {
        await revokeCertificate(transaction, record.serialNumber, reason, deps);
        revoked.push(toRevoked(record, reason, deps.clock()));
      }
      return revoked;
    });
  } finally {
    await ledger.destroy();
  }
}

function revocationQuestion(records: readonly CertificateRecord[]): string {
  const [first] = records;
  const which = records.length === 1 ? `the certificate ${first?.serialNumber}` : `all ${records.length} certificates`;
  return `Revoke ${which} of ${first?.member}? It cannot be taken back`;
}

function toRevoked(record: CertificateRecord, reason: RevocationReason, now: Date): RevokedRecord {
  const { serialNumber, member, revokedAt, revocationReason = 'unspecified' } = record;
  if (revokedAt === undefined) return { serialNumber, member, revokedAt: now, reason, already: false };
  return { serialNumber, member, revokedAt, reason: revocationReason, already: true };
}

async function findSubject(ledger: Ledger, subject: string, now: Date): Promise<CertificateRecord[]> {
  const ofMember = await listCertificates(ledger, { member: subject, validAt: now });
  const bySerial = await findCertificate(ledger, subject.replaceAll(':', ''));
  if (bySerial !== undefined && ofMember.some(({ serialNumber }) => serialNumber !== bySerial.serialNumber)) {
    throw new QTChatError('ERR_USAGE', `${quote(subject)} is a member and the serial number of another certificate`, {
      hint: 'Take the serial numbers of the member from qtchat cert list',
    });
  }
  if (bySerial !== undefined) return [bySerial];
  if (ofMember.length > 0) return ofMember;
  throw new QTChatError(
    'ERR_LEDGER_NOT_FOUND',
    `there is nothing to revoke: no valid certificate of a member ${quote(subject)}, and none with that serial number`,
    { hint: 'See qtchat cert list' },
  );
}
