/**
 * The one way a member's certificate comes into being, for `cert issue` and the Auto CA alike:
 * plan, check, and then, in one transaction, free the name, issue, verify, record. What is not in
 * the ledger was never handed out; what fails leaves no trace.
 */
import type { KeyObject, X509Certificate } from 'node:crypto';
import { checkPlan } from '../pki/check-plan.js';
import { autoCaName } from '../pki/circle.js';
import { issueCertificate } from '../pki/issue.js';
import type { Issuer } from '../pki/issuer.js';
import { buildCertificatePlan, type PlanDeps } from '../pki/plan.js';
import type { Profile } from '../pki/profile.js';
import type { SubjectAltName } from '../pki/subject-alt-name.js';
import { appendAudit } from './audit.js';
import { recordCertificate, revokeCertificate } from './certificates.js';
import { nameHolders, nameTaken } from './members.js';
import { inTransaction, type Ledger } from './open.js';

/** Whose certificate to issue. */
export interface MemberRequest {
  readonly member: string;
  /** Beside the circle URI, which is always added. */
  readonly names: readonly SubjectAltName[];
  readonly publicKey: KeyObject;
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
}

/** A certificate just issued. */
export interface IssuedMember {
  readonly certificate: X509Certificate;
  /** Why the certificate ends earlier than asked, if it does. */
  readonly validityCut?: string;
}

/**
 * Issues a certificate for a member and records it.
 *
 * @throws {QTChatError} `ERR_LEDGER_NAME_TAKEN` unless `replace`; what plan, check and issue throw
 */
export async function issueMemberCertificate(
  ledger: Ledger,
  issuer: Issuer,
  profile: Profile,
  request: MemberRequest,
  deps: PlanDeps,
): Promise<IssuedMember> {
  const { member, names, publicKey, validityDays, profileName = 'peer', by } = request;
  const plan = buildCertificatePlan({ member, names, publicKey, validityDays }, profile, issuer, deps);
  checkPlan(plan, issuer);
  return inTransaction(ledger, async (transaction) => {
    await freeName(transaction, request, deps);
    const certificate = await issueCertificate(plan, issuer);
    await recordCertificate(transaction, { certificate, member, names, profileName, by }, deps);
    return { certificate, ...(plan.validityCut !== undefined && { validityCut: plan.validityCut }) };
  });
}

/** Who wants a name, and what may stand in the way. */
export type NameClaim = Pick<MemberRequest, 'member' | 'replace' | 'by' | 'inviteId' | 'successorOf'>;

/**
 * Makes a name free for a certificate about to be recorded; call it in the transaction that records it.
 *
 * @throws {QTChatError} `ERR_LEDGER_NAME_TAKEN` unless `replace`
 */
export async function freeName(ledger: Ledger, request: NameClaim, deps: Pick<PlanDeps, 'clock'>): Promise<void> {
  // Several servers may run, each with certificates of its own.
  if (request.member === autoCaName || request.successorOf !== undefined) return;
  for (const holder of await nameHolders(ledger, request.member, deps.clock())) {
    if (holder.type === 'invite' && holder.id === request.inviteId) continue;
    if (!request.replace) throw nameTaken(request.member, holder);
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
