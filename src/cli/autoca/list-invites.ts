/** The invites of a ledger in the words of `autoca invites`. */
import { faultOf, type Invite, type InviteKind, isWithdrawn, listInvites } from '../../ledger/invites.js';
import type { Ledger } from '../../ledger/open.js';
import { spentCodes } from '../../ledger/spent-codes.js';
import type { Home } from '../../store/home.js';
import { listFromLedger } from './with-ledger.js';

/** What `autoca invites --json` says of an invite; nothing of its secret. */
export interface ListedInvite {
  readonly id: string;
  readonly kind: InviteKind;
  readonly member: string;
  readonly state: 'open' | 'answered' | 'done' | 'spent' | 'expired' | 'withdrawn' | 'revoked';
  readonly createdAt: string;
  readonly expiresAt: string;
  /** Of the certificate it led to. */
  readonly serialNumber: string | null;
}

/**
 * Lists invites, oldest first.
 *
 * @param all - also those that serve no longer
 * @throws {QTChatError} `ERR_STORE_NO_CA`
 */
export async function invitesOf(home: Home, all: boolean, now: Date): Promise<ListedInvite[]> {
  const listedNow = async (ledger: Ledger): Promise<ListedInvite[]> => {
    const spent = new Set((await spentCodes(ledger).execute()).map(({ invite_id }) => invite_id));
    return (await listInvites(ledger)).map((invite) => listed(invite, spent.has(invite.id), now));
  };
  return (await listFromLedger(home, listedNow)).filter(({ state }) => all || state === 'open' || state === 'answered');
}

function listed(invite: Invite, isSpent: boolean, now: Date): ListedInvite {
  const { id, kind, member, createdAt, expiresAt, serialNumber = null } = invite;
  const dates = { createdAt: createdAt.toISOString(), expiresAt: expiresAt.toISOString() };
  return { id, kind, member, state: stateOf(invite, isSpent, now), ...dates, serialNumber };
}

function stateOf(invite: Invite, isSpent: boolean, now: Date): ListedInvite['state'] {
  if (invite.state === 'done') return 'done';
  if (isWithdrawn(invite)) return 'withdrawn';
  // One that nobody has acknowledged counts as done when its time is over.
  if (invite.state === 'reserved' && invite.isRevoked) return 'revoked';
  if (invite.state === 'reserved') return faultOf(invite, now) === undefined ? 'answered' : 'done';
  if (now < invite.expiresAt) return isSpent ? 'spent' : 'open';
  return invite.psk.length === 0 ? 'withdrawn' : 'expired';
}
