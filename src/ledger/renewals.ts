/**
 * Renewal: the next certificate of a member by the right of the one it has. Names, profile and
 * duration come from the ledger. A certificate has one successor: who asks again with the same key
 * gets the same one, who asks with another key may be a thief, and waits for the host's word.
 */
import { createHash, type KeyObject, X509Certificate } from 'node:crypto';
import { QTChatError } from '../errors.js';
import { dayMs } from '../pki/day.js';
import type { PlanDeps } from '../pki/plan.js';
import type { Profile } from '../pki/profile.js';
import { spkiOf } from '../pki/spki.js';
import { appendAudit } from './audit.js';
import { type CertificateRecord, findCertificate, revokeCertificate } from './certificates.js';
import { type HeldReason, holdRenewal, takeAllowance } from './held-renewals.js';
import { issueReserved, type ReservedMember, reserveMember } from './issue-member-certificate.js';
import { inTransaction, type Ledger } from './open.js';
import type { Signer } from './signer.js';

/** How long a former certificate serves beside the next one, from the first use of that. */
const supersedingMs = dayMs;

/** Who asks for what. */
export interface RenewalRequest {
  /** Serial number of the certificate that the member has proven to hold. */
  readonly formerSerial: string;
  /** The key of the next one: the same, or a new one whose possession was proven too. */
  readonly publicKey: KeyObject;
}

/** What came of a request: the next certificate, or why it waits for the host. */
export type RenewalOutcome =
  | { readonly certificate: X509Certificate; readonly repeated: boolean; readonly held?: never }
  | { readonly held: HeldReason; readonly certificate?: never };

/**
 * Renews a certificate, once; the same request again gets the same answer.
 *
 * @param loadProfile - finds the profile of the former certificate
 * @throws {QTChatError} `ERR_ENROLL_REFUSED` when the former one is unknown or revoked; what issuing throws
 */
export async function renewCertificate(
  ledger: Ledger,
  signer: Signer,
  loadProfile: (name: string) => Promise<Profile>,
  request: RenewalRequest,
  deps: PlanDeps,
): Promise<RenewalOutcome> {
  const { formerSerial } = request;
  const decision = await inTransaction(ledger, (transaction) =>
    decide(transaction, signer, loadProfile, request, deps),
  );
  if (!('reserved' in decision)) return decision;
  const { reserved, successor } = decision;
  const { member, by, serialNumber } = reserved;
  const follow = async (transaction: Ledger): Promise<void> => {
    const [former, other] = [
      await findCertificate(transaction, formerSerial),
      await findSuccessor(transaction, formerSerial),
    ];
    // Somebody else may have been faster; asking again then leads to the right answer.
    if (former?.revokedAt !== undefined || other?.serialNumber !== successor) throw notRenewable();
    if (successor !== undefined) {
      await revokeCertificate(transaction, successor, 'superseded', deps, by);
      await transaction.deleteFrom('renewal').where('former_serial', '=', formerSerial).execute();
    }
    const renewed_at = deps.clock().getTime();
    await transaction
      .insertInto('renewal')
      .values({ former_serial: formerSerial, new_serial: serialNumber, renewed_at, first_used_at: null })
      .execute();
    const details = { member, formerSerialNumber: formerSerial, serialNumber };
    await appendAudit(transaction, { actor: by, event: 'certificate.renewed', details }, deps);
  };
  const { certificate } = await issueReserved(ledger, signer, reserved, follow, deps);
  return { certificate, repeated: false };
}

/** What is answered at once, or what was reserved; `successor` is then the serial number of the one it takes the place of. */
async function decide(
  ledger: Ledger,
  signer: Pick<Signer, 'chain'>,
  loadProfile: (name: string) => Promise<Profile>,
  { formerSerial, publicKey }: RenewalRequest,
  deps: PlanDeps,
): Promise<RenewalOutcome | { readonly reserved: ReservedMember; readonly successor: string | undefined }> {
  const claim = { formerSerial, spkiSha256: createHash('sha256').update(spkiOf(publicKey)).digest('hex') };
  const former = await findCertificate(ledger, formerSerial);
  if (former === undefined || former.revokedAt !== undefined) throw notRenewable();
  const successor = await findSuccessor(ledger, formerSerial);
  if (successor?.spkiSha256 === claim.spkiSha256 && successor.revokedAt === undefined) {
    return { certificate: new X509Certificate(successor.content), repeated: true };
  }
  const doubt = successor !== undefined ? 'second' : former.notAfter < deps.clock() ? 'expired' : undefined;
  if (doubt !== undefined && !(await takeAllowance(ledger, claim, deps))) {
    await holdRenewal(ledger, claim, doubt, deps);
    return { held: doubt };
  }
  const { member, names, profileName } = former;
  const wanted = { member, names, publicKey, profileName, validityDays: daysOf(former), successorOf: formerSerial };
  const by = `renewal of ${formerSerial}`;
  const reserved = await reserveMember(ledger, signer, await loadProfile(profileName), { ...wanted, by }, deps);
  return { reserved, successor: successor?.serialNumber };
}

/** Notes that a renewed certificate is in use: from now on the time of its former one runs. */
export async function noteFirstUse(ledger: Ledger, serialNumber: string, deps: { clock: () => Date }): Promise<void> {
  await ledger
    .updateTable('renewal')
    .set({ first_used_at: deps.clock().getTime() })
    .where('new_serial', '=', serialNumber)
    .where('first_used_at', 'is', null)
    .execute();
}

/** Revokes what has been superseded for a day; the serial numbers. */
export async function supersedeFormer(ledger: Ledger, deps: { clock: () => Date }): Promise<string[]> {
  const now = deps.clock().getTime();
  const due = await ledger
    .selectFrom('renewal')
    .innerJoin('certificate', 'certificate.serial_number', 'renewal.former_serial')
    .select('renewal.former_serial')
    .where('renewal.first_used_at', '<=', now - supersedingMs)
    .where('certificate.revoked_at', 'is', null)
    .where('certificate.not_after', '>=', now)
    .execute();
  for (const { former_serial } of due) await revokeCertificate(ledger, former_serial, 'superseded', deps, 'renewal');
  return due.map(({ former_serial }) => former_serial);
}

async function findSuccessor(ledger: Ledger, formerSerial: string): Promise<CertificateRecord | undefined> {
  const row = await ledger
    .selectFrom('renewal')
    .select('new_serial')
    .where('former_serial', '=', formerSerial)
    .executeTakeFirst();
  return row && findCertificate(ledger, row.new_serial);
}

/** As long as the former one; both ends belong to it (RFC 5280 §4.1.2.5). */
function daysOf({ notBefore, notAfter }: CertificateRecord): number {
  return Math.max(1, Math.round((notAfter.getTime() + 1000 - notBefore.getTime()) / dayMs));
}

function notRenewable(): QTChatError {
  return new QTChatError('ERR_ENROLL_REFUSED', 'the certificate is unknown or revoked, and is not renewed');
}
