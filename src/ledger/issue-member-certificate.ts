/**
 * The one way a member's certificate comes into being, for `cert issue` and the Auto CA alike: plan,
 * check, reserve; sign; store, and free the name of what held it. Every step is committed before the next
 * begins, so that what was signed is in the ledger, and what leaves is there as a whole.
 */
import type { KeyObject } from 'node:crypto';
import { checkPlan } from '../pki/check-plan.js';
import { autoCaName } from '../pki/circle.js';
import { buildCertificatePlan, type PlanDeps } from '../pki/plan.js';
import type { Profile } from '../pki/profile.js';
import type { SubjectAltName } from '../pki/subject-alt-name.js';
import type { SubjectPublicKey } from '../pki/subject-public-key.js';
import { appendAudit } from './audit.js';
import { revokeCertificate } from './certificates.js';
import { IssuedMember } from './issued-member.js';
import { refuseTakenKey } from './keys.js';
import { type NameHolder, nameHolders, nameTaken } from './members.js';
import { inTransaction, type Ledger } from './open.js';
import { abandonReservation, completeReservation, reserveCertificate } from './reservations.js';
import type { Signer } from './signer.js';

/** Whose certificate to issue. */
export interface MemberRequest {
  readonly member: string;
  /** Beside the circle URI, which is always added. */
  readonly names: readonly SubjectAltName[];
  readonly publicKey: KeyObject | SubjectPublicKey;
  readonly validityDays: number;
  /** Name of the profile, for renewal; `peer` when left out. */
  readonly profileName?: string;
  /** Revoke what holds the name (reason superseded) instead of refusing. */
  readonly replace?: boolean;
  /** Who asked, for the audit log, e.g. `cert issue`. */
  readonly by: string;
  /** The invite being answered: it does not stand in its own way. */
  readonly inviteId?: string;
  /** Serial number of the valid certificate that this one follows: whatever its member holds stays. */
  readonly successorOf?: string;
  /** Serial number of a certificate that does not stand in its way either. */
  readonly besides?: string | undefined;
}

/** A certificate that is reserved, to be signed next. */
export interface ReservedMember extends Pick<MemberRequest, 'member' | 'by'> {
  readonly serialNumber: string;
  readonly validityCut?: string;
}

/**
 * Issues a certificate for a member.
 *
 * @throws {QTChatError} `ERR_LEDGER_NAME_TAKEN` unless `replace`; what {@link reserveMember} and {@link issueReserved} throw
 */
export async function issueMemberCertificate(
  ledger: Ledger,
  signer: Signer,
  profile: Profile,
  request: MemberRequest,
  deps: PlanDeps,
): Promise<IssuedMember> {
  const reserved = await inTransaction(ledger, (transaction) =>
    reserveMember(transaction, signer, profile, request, deps),
  );
  const claim = { ...request, besides: reserved.serialNumber };
  return issueReserved(ledger, signer, reserved, (transaction) => freeName(transaction, claim, deps), deps);
}

/**
 * Plans, checks and reserves a certificate for a member; it must be committed before {@link issueReserved}.
 *
 * @throws {QTChatError} `ERR_LEDGER_NAME_TAKEN` unless `replace`, `ERR_LEDGER_KEY_TAKEN`; what plan and check throw
 */
export async function reserveMember(
  ledger: Ledger,
  signer: Pick<Signer, 'chain'>,
  profile: Profile,
  request: MemberRequest,
  deps: PlanDeps,
): Promise<ReservedMember> {
  const { member, names, publicKey, validityDays, profileName = 'peer', by } = request;
  const plan = buildCertificatePlan({ member, names, publicKey, validityDays }, profile, signer, deps);
  checkPlan(plan, signer);
  if (!request.replace) await refuseTakenName(ledger, request, deps.clock());
  await refuseTakenKey(ledger, { member, spki: plan.publicKey.der }, deps.clock());
  await reserveCertificate(ledger, plan, { member, names, profileName }, deps);
  const { serialNumber, validityCut } = plan;
  return { member, by, serialNumber, ...(validityCut !== undefined && { validityCut }) };
}

/**
 * Has a reserved certificate signed and stores it. What fails is given up: revoked, for it may have been signed.
 *
 * @param storing - what else belongs into the transaction that stores it
 * @throws {QTChatError} what the signer and `storing` throw
 */
export async function issueReserved(
  ledger: Ledger,
  signer: Signer,
  reserved: ReservedMember,
  storing: (transaction: Ledger) => Promise<void>,
  deps: Pick<PlanDeps, 'clock'>,
): Promise<IssuedMember> {
  const { by, serialNumber } = reserved;
  // The signer reads what is committed, so a transaction that is still open would wait for itself.
  if (ledger.isTransaction) throw new TypeError('certificates are not signed within a transaction');
  try {
    const der = await signer.issue(serialNumber);
    await inTransaction(ledger, async (transaction) => {
      await completeReservation(transaction, { ...reserved, der }, deps);
      await storing(transaction);
    });
    return new IssuedMember(reserved, der);
  } catch (error) {
    // Where this fails too, the reservation ends by itself.
    await abandonReservation(ledger, serialNumber, by, deps).catch(() => {});
    throw error;
  }
}

/**
 * Reserves, issues and stores. Where the key is in this process that is one transaction and one flush to the
 * disk: what is signed leaves only when it is committed, and what fails was never there.
 *
 * @param storing - what else belongs into the transaction that stores it
 * @throws {QTChatError} what {@link reserveMember}, the signer and `storing` throw
 */
export async function reserveAndIssue(
  ledger: Ledger,
  signer: Signer,
  profile: Profile,
  request: MemberRequest,
  storing: (transaction: Ledger, serialNumber: string) => Promise<void>,
  deps: PlanDeps,
): Promise<IssuedMember> {
  const { issueWithin } = signer;
  const reserve = (open: Ledger): Promise<ReservedMember> => reserveMember(open, signer, profile, request, deps);
  if (issueWithin === undefined) {
    const reserved = await inTransaction(ledger, reserve);
    return issueReserved(ledger, signer, reserved, (open) => storing(open, reserved.serialNumber), deps);
  }
  return inTransaction(ledger, async (open) => {
    const reserved = await reserve(open);
    const der = await issueWithin(open, reserved.serialNumber);
    await completeReservation(open, { ...reserved, der }, deps);
    await storing(open, reserved.serialNumber);
    return new IssuedMember(reserved, der);
  });
}

async function refuseTakenName(ledger: Ledger, claim: NameClaim, now: Date): Promise<void> {
  const [holder] = await obstaclesTo(ledger, claim, now);
  if (holder !== undefined) throw nameTaken(holder);
}

async function obstaclesTo(ledger: Ledger, claim: NameClaim, now: Date): Promise<NameHolder[]> {
  // Several servers may run, each with certificates of its own.
  if (claim.member === autoCaName || claim.successorOf !== undefined) return [];
  const own = [claim.inviteId, claim.besides];
  const holders = await nameHolders(ledger, claim.member, now);
  return holders.filter((holder) => !own.includes(holder.type === 'invite' ? holder.id : holder.serialNumber));
}

/** Who wants a name, and what may stand in the way. */
export type NameClaim = Pick<MemberRequest, 'member' | 'replace' | 'by' | 'inviteId' | 'successorOf' | 'besides'>;

/**
 * Makes a name free for a certificate; call it in the transaction that stores it, or in one after that.
 *
 * @throws {QTChatError} `ERR_LEDGER_NAME_TAKEN` unless `replace`
 */
export async function freeName(ledger: Ledger, request: NameClaim, deps: Pick<PlanDeps, 'clock'>): Promise<void> {
  for (const holder of await obstaclesTo(ledger, request, deps.clock())) {
    if (!request.replace) throw nameTaken(holder);
    if (holder.type === 'certificate') {
      await revokeCertificate(ledger, holder.serialNumber, 'superseded', deps, request.by);
    } else {
      await withdrawInvite(ledger, holder.id, request.by, deps);
    }
  }
}

/** Ends an open invite, with its audit entry; call it in a transaction. */
export async function withdrawInvite(
  ledger: Ledger,
  id: string,
  by: string,
  deps: { clock: () => Date },
): Promise<void> {
  await ledger
    .updateTable('invite')
    .set({ expires_at: deps.clock().getTime(), psk: Buffer.alloc(0) })
    .where('id', '=', id)
    .execute();
  await appendAudit(ledger, { actor: by, event: 'invite.withdrawn', details: { id } }, deps);
}
