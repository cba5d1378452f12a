/** The certificates of a ledger in the words of `cert list`. */
import { type CertificateFilter, type CertificateRecord, listCertificates } from '../../ledger/certificates.js';
import { hasLedger } from '../../ledger/location.js';
import { openLedger } from '../../ledger/open.js';
import { parseMemberName } from '../../pki/member-name.js';
import type { SubjectAltName } from '../../pki/subject-alt-name.js';
import { hasEnded } from '../../pki/validity.js';
import { loadCaChain } from '../../store/ca.js';
import type { Home } from '../../store/home.js';
import { parseDuration } from '../duration.js';

/** What `cert list --json` says of a certificate. */
export interface ListedCertificate {
  readonly serialNumber: string;
  readonly member: string;
  readonly names: readonly SubjectAltName[];
  readonly state: 'valid' | 'expired' | 'revoked';
  readonly notBefore: string;
  readonly notAfter: string;
  readonly issuedAt: string;
  readonly revokedAt: string | null;
  readonly revocationReason: string | null;
  readonly spkiSha256: string;
}

/**
 * Lists what the CA of this home has issued, oldest first. Leaves no trace: a home without ledger stays so.
 *
 * @throws {QTChatError} `ERR_STORE_NO_CA`, `ERR_PKI_NAME_INVALID`, `ERR_USAGE` for the duration
 */
export async function listIssued(
  home: Home,
  flags: { name?: string | undefined; expiring?: string | undefined },
  now: Date,
): Promise<ListedCertificate[]> {
  const filter: CertificateFilter = {
    ...(flags.name !== undefined && { member: parseMemberName(flags.name) }),
    ...(flags.expiring !== undefined && {
      validAt: now,
      endingBefore: new Date(now.getTime() + parseDuration(flags.expiring)),
    }),
  };
  if (!(await hasLedger(home))) {
    await loadCaChain(home);
    return [];
  }
  const ledger = await openLedger(home);
  try {
    return (await listCertificates(ledger, filter)).map((record) => listed(record, now));
  } finally {
    await ledger.destroy();
  }
}

function listed(record: CertificateRecord, now: Date): ListedCertificate {
  const state = record.revokedAt !== undefined ? 'revoked' : hasEnded(record.notAfter, now) ? 'expired' : 'valid';
  return {
    serialNumber: record.serialNumber,
    member: record.member,
    names: record.names,
    state,
    notBefore: record.notBefore.toISOString(),
    notAfter: record.notAfter.toISOString(),
    issuedAt: record.issuedAt.toISOString(),
    revokedAt: record.revokedAt?.toISOString() ?? null,
    revocationReason: record.revocationReason ?? null,
    spkiSha256: record.spkiSha256,
  };
}
