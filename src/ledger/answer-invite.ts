/**
 * How an invite is spent: answered, which reserves it; confirmed by one guest at a time; then done. Whatever
 * breaks off before leaves it usable.
 */
import type { KeyObject } from 'node:crypto';
import { QTChatError, quote } from '../errors.js';
import type { PlanDeps } from '../pki/plan.js';
import type { Profile } from '../pki/profile.js';
import type { SubjectPublicKey } from '../pki/subject-public-key.js';
import { appendAudit } from './audit.js';
import { revokeCertificate } from './certificates.js';
import { type Invite, judgeInvite } from './invites.js';
import { freeName, issueReserved, reserveMember } from './issue-member-certificate.js';
import type { IssuedMember } from './issued-member.js';
import { inTransaction, type Ledger } from './open.js';
import { prepared } from './prepared.js';
import type { Signer } from './signer.js';

/** How long an answered but unacknowledged invite may be answered again. */
export const reservationMs = 15 * 60 * 1000;

/**
 * Answers an invite: issues its member's certificate and reserves the invite for it for 15 minutes.
 *
 * Answered again while reserved, it revokes the former certificate and issues a new one, so that of
 * any number of answers one certificate is valid. The invite changes in the transaction that stores the
 * certificate: until then it stays as it was.
 *
 * @throws {QTChatError} `ERR_ENROLL_REFUSED` when the invite cannot be used, `ERR_ENROLL_BUSY` while a guest confirms;
 *   what {@link reserveMember} and {@link issueReserved} throw
 */
export async function reserveInvite(
  ledger: Ledger,
  signer: Signer,
  profile: Profile,
  id: string,
  publicKey: KeyObject | SubjectPublicKey,
  deps: PlanDeps,
): Promise<IssuedMember> {
  const by = `invite ${id}`;
  const { serialNumber, ...reserved } = await inTransaction(ledger, async (transaction) => {
    const { serialNumber: former, ...invite } = await requireUsable(transaction, id, deps.clock());
    const { member, names, validityDays, replace } = invite;
    const request = { member, names, validityDays, replace, publicKey, by, inviteId: id, besides: former };
    return reserveMember(transaction, signer, profile, request, deps);
  });
  const store = async (transaction: Ledger): Promise<void> => {
    const now = deps.clock();
    const { member, replace, expiresAt, serialNumber: former } = await requireUsable(transaction, id, now);
    const last = Math.min(now.getTime(), expiresAt.getTime());
    if (former !== undefined) await revokeCertificate(transaction, former, 'superseded', deps, by);
    await freeName(transaction, { member, replace, by, inviteId: id, besides: serialNumber }, deps);
    await setReserved(transaction, { id, serialNumber, until: last + reservationMs });
    await appendAudit(transaction, { actor: by, event: 'invite.reserved', details: { id, serialNumber } }, deps);
  };
  return issueReserved(ledger, signer, { ...reserved, serialNumber }, store, deps);
}

const setReserved = prepared(
  (ledger, { id, serialNumber, until }: { id: string; serialNumber: string; until: number }) =>
    ledger
      .updateTable('invite')
      .set({ state: 'reserved', reserved_until: until, serial_number: serialNumber })
      .where('id', '=', id),
);

async function requireUsable(ledger: Ledger, id: string, now: Date): Promise<Invite> {
  const { invite, fault } = await judgeInvite(ledger, id, now);
  if (invite === undefined) {
    throw new QTChatError('ERR_ENROLL_REFUSED', `the invite ${quote(id)} is ${fault}`, { hint: 'Ask for a new one' });
  }
  const leftMs = (invite.confirmingUntil?.getTime() ?? 0) - now.getTime();
  // More was never given: the clock has been set back since.
  if (leftMs > 0 && leftMs <= confirmationMs) throw beingConfirmed(id);
  return invite;
}

/** How long a guest that gets the receipt may take to leave; longer than any server waits. */
const confirmationMs = 15_000;

/**
 * Lets one guest confirm: until it has, or {@link releaseInvite} is called, or 15 seconds are over, nobody else is
 * answered, at whatever server. So nobody ends up with a certificate that was revoked meanwhile.
 *
 * @throws {QTChatError} `ERR_ENROLL_BUSY` when another guest is doing so, `ERR_ENROLL_REFUSED` when one was answered
 *   after this one
 */
export async function claimInvite(
  ledger: Ledger,
  id: string,
  serialNumber: string,
  deps: { clock: () => Date },
): Promise<void> {
  await inTransaction(ledger, async (transaction) => {
    const now = deps.clock();
    const invite = await requireUsable(transaction, id, now);
    if (invite.serialNumber !== serialNumber) {
      throw new QTChatError('ERR_ENROLL_REFUSED', 'it was answered anew meanwhile, or has ended');
    }
    await setConfirming(transaction, { id, serialNumber, until: now.getTime() + confirmationMs });
  });
}

/** Takes back {@link claimInvite}: the guest left without a word. */
export async function releaseInvite(ledger: Ledger, id: string, serialNumber: string): Promise<void> {
  await setConfirming(ledger, { id, serialNumber, until: null });
}

const setConfirming = prepared(
  (ledger, { id, serialNumber, until }: { id: string; serialNumber: string; until: number | null }) =>
    ledger
      .updateTable('invite')
      .set({ confirming_until: until })
      .where('id', '=', id)
      .where('serial_number', '=', serialNumber),
);

// No refusal: the invite is good, and whoever gets here has shown its secret. Where a server was killed nobody knows
// whether its guest has left with the receipt, and other servers cannot tell that it was: so all wait.
function beingConfirmed(id: string): QTChatError {
  return new QTChatError(
    'ERR_ENROLL_BUSY',
    `the invite ${quote(id)} is being confirmed by its guest, or was when a server ended: it serves again in ${
      confirmationMs / 1000
    } seconds at most`,
  );
}

/**
 * Ends an invite whose guest has acknowledged the certificate.
 *
 * @returns false, and nothing changes, unless the invite is reserved for this very serial number
 */
export async function completeInvite(
  ledger: Ledger,
  id: string,
  serialNumber: string,
  deps: { clock: () => Date },
): Promise<boolean> {
  return inTransaction(ledger, async (transaction) => {
    const { numAffectedRows } = await setDone(transaction, { id, serialNumber });
    if (numAffectedRows !== 1n) return false;
    const details = { id, serialNumber };
    await appendAudit(transaction, { actor: `invite ${id}`, event: 'invite.completed', details }, deps);
    return true;
  });
}

const setDone = prepared((ledger, { id, serialNumber }: { id: string; serialNumber: string }) =>
  ledger
    .updateTable('invite')
    .set({ state: 'done', psk: Buffer.alloc(0) })
    .where('id', '=', id)
    .where('state', '=', 'reserved')
    .where('serial_number', '=', serialNumber),
);
