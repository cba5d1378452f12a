/** A ledger in a few numbers, and the invites that serve now: for who watches an Auto CA. */
import { type ExpressionBuilder, sql } from 'kysely';
import { autoCaName } from '../pki/circle.js';
import { dayMs } from '../pki/day.js';
import type { InviteKind } from './invites.js';
import type { Ledger } from './open.js';
import { waitingRequests } from './requests.js';
import type { LedgerSchema } from './schema.js';
import { spentCodes } from './spent-codes.js';

/** How many days before its end a certificate counts as ending soon. */
export const endingSoonDays = 7;

/** The numbers, at one moment; the Auto CA's own certificates are not counted. */
export interface Overview {
  /** With a valid certificate. */
  readonly members: number;
  readonly validCertificates: number;
  /** Valid, and not for more than {@link endingSoonDays}. */
  readonly certificatesEndingSoon: number;
  readonly revokedCertificates: number;
  readonly openInvites: number;
  readonly waitingRequests: number;
  readonly heldRenewals: number;
  /** The newest revocation list; undefined before the first. */
  readonly crl?: { readonly number: number; readonly nextUpdate: Date };
}

/** An invite that serves now. */
export interface OpenInvite {
  readonly id: string;
  readonly kind: InviteKind;
  readonly member: string;
  readonly expiresAt: Date;
}

/** Counts. */
export async function overviewOf(ledger: Ledger, now: Date): Promise<Overview> {
  const at = now.getTime();
  const soon = at + endingSoonDays * dayMs;
  const certificates = await ledger
    .selectFrom('certificate')
    .where('state', '=', 'issued')
    .where('member', '!=', autoCaName)
    .select(({ fn, case: either, and, eb }) => {
      const valid: Where[] = [eb('revoked_at', 'is', null), eb('not_after', '>=', at)];
      const counted = (conditions: Where[]) => fn.count<number>(either().when(and(conditions)).then(1).end());
      return [
        counted(valid).as('valid'),
        counted([...valid, eb('not_after', '<=', soon)]).as('soon'),
        counted([eb('revoked_at', 'is not', null)]).as('revoked'),
        fn
          .count<number>(either().when(and(valid)).then(sql.ref('member')).end())
          .distinct()
          .as('members'),
      ];
    })
    .executeTakeFirstOrThrow();
  const invites = await usableInvites(ledger, now).select(countAll).executeTakeFirstOrThrow();
  const requests = await waitingRequests(ledger, now).select(countAll).executeTakeFirstOrThrow();
  const held = await ledger.selectFrom('held_renewal').select(countAll).executeTakeFirstOrThrow();
  const crl = await ledger
    .selectFrom('crl')
    .select(['number', 'next_update'])
    .where('content', '!=', Buffer.alloc(0))
    .orderBy('number', 'desc')
    .limit(1)
    .executeTakeFirst();
  return {
    members: Number(certificates.members),
    validCertificates: Number(certificates.valid),
    certificatesEndingSoon: Number(certificates.soon),
    revokedCertificates: Number(certificates.revoked),
    openInvites: Number(invites.count),
    waitingRequests: Number(requests.count),
    heldRenewals: Number(held.count),
    ...(crl && { crl: { number: crl.number, nextUpdate: new Date(crl.next_update) } }),
  };
}

/** The invites that serve now, those that end first before the others, `limit` at most. */
export async function openInvites(ledger: Ledger, now: Date, limit: number): Promise<OpenInvite[]> {
  const rows = await usableInvites(ledger, now)
    .select(['id', 'kind', 'member', 'expires_at'])
    .orderBy('expires_at')
    .orderBy('id')
    .limit(limit)
    .execute();
  return rows.map(({ expires_at, ...invite }) => ({ ...invite, expiresAt: new Date(expires_at) }));
}

type Where = ReturnType<ExpressionBuilder<LedgerSchema, 'certificate'>['and']>;

const countAll = ({ fn }: Pick<ExpressionBuilder<LedgerSchema, keyof LedgerSchema>, 'fn'>) =>
  fn.countAll<number>().as('count');

function usableInvites(ledger: Ledger, now: Date) {
  return ledger
    .selectFrom('invite')
    .where('state', '=', 'open')
    .where('expires_at', '>', now.getTime())
    .where('id', 'not in', spentCodes(ledger));
}
