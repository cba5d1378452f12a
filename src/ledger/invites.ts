/**
 * Invites to the Auto CA: open, then reserved while the guest has an answer it has not
 * acknowledged, then done (answer-invite.ts). The secret of an invite never comes here; the key derived from it does,
 * until the invite is done.
 */
import { QTChatError, quote } from '../errors.js';
import type { SubjectAltName } from '../pki/subject-alt-name.js';
import { appendAudit } from './audit.js';
import { revokeCertificate } from './certificates.js';
import { withdrawInvite } from './issue-member-certificate.js';
import { nameHolders, nameTaken } from './members.js';
import { parseNames } from './names.js';
import { inTransaction, type Ledger } from './open.js';
import { prepared } from './prepared.js';
import { inviteDigest } from './row-digest.js';
import type { LedgerSchema } from './schema.js';

/**
 * Which way an invite opens: by the secret of its line, a short code, the host's approval of a request, a link, or
 * credentials for EST.
 */
export type InviteKind = 'line' | 'code' | 'approval' | 'link' | 'est';

/** An invite as the ledger holds it. */
export interface Invite {
  readonly id: string;
  readonly kind: InviteKind;
  readonly member: string;
  readonly names: SubjectAltName[];
  /**
   * Of a line or of credentials for EST, 32 octets derived from the secret; of a code, its secret digits in ASCII; of a
   * link, the half of its password that is not in the link. Empty for an approval, and once the invite is done or
   * withdrawn.
   */
  readonly psk: Buffer;
  /** A reservation that was never acknowledged still reads `reserved` after its time. */
  readonly state: 'open' | 'reserved' | 'done';
  readonly validityDays: number;
  /** It may replace a valid certificate of the member. */
  readonly replace: boolean;
  readonly createdAt: Date;
  readonly expiresAt: Date;
  readonly reservedUntil?: Date;
  /** Of the certificate it led to. */
  readonly serialNumber?: string;
  /** Until then only the guest with that certificate counts: it is about to confirm that it has it. */
  readonly confirmingUntil?: Date;
  /** The certificate it led to was revoked. */
  readonly isRevoked: boolean;
}

/** What a new invite says. */
export type NewInvite = Pick<Invite, 'id' | 'member' | 'names' | 'psk' | 'validityDays' | 'expiresAt'> & {
  /** `line` when left out. */
  readonly kind?: InviteKind;
  readonly replace?: boolean;
  /** Who asked, for the audit log; `autoca invite` when left out. */
  readonly by?: string;
};

/** Why an invite cannot be used; for the log of the host, never for guests. */
export type InviteFault = 'unknown' | 'expired' | 'spent' | 'withdrawn' | 'revoked';

/**
 * Records an open invite.
 *
 * With `replace`, other open invites for the member end now, and its valid certificate is revoked
 * when the guest enrols.
 *
 * @throws {QTChatError} `ERR_LEDGER_NAME_TAKEN` when a certificate or invite holds the name, unless `replace`
 */
export async function createInvite(ledger: Ledger, invite: NewInvite, deps: { clock: () => Date }): Promise<void> {
  const { id, kind = 'line', member, replace = false, by = 'autoca invite' } = invite;
  await inTransaction(ledger, async (transaction) => {
    for (const holder of await nameHolders(transaction, member, deps.clock())) {
      if (!replace) throw nameTaken(holder);
      if (holder.type === 'invite') await withdrawInvite(transaction, holder.id, by, deps);
    }
    const row = await transaction
      .insertInto('invite')
      .values({
        id,
        kind,
        member,
        names: JSON.stringify(invite.names),
        psk: invite.psk,
        state: 'open',
        validity_days: invite.validityDays,
        replaces: replace ? 1 : 0,
        created_at: deps.clock().getTime(),
        expires_at: invite.expiresAt.getTime(),
        reserved_until: null,
        serial_number: null,
        confirming_until: null,
      })
      .returningAll()
      .executeTakeFirstOrThrow();
    const details = { id, kind, member, digest: inviteDigest(row) };
    await appendAudit(transaction, { actor: by, event: 'invite.created', details }, deps);
  });
}

/** An invite with what is wrong with it, if anything is. */
export type JudgedInvite =
  | { readonly invite: Invite; readonly fault?: undefined }
  | { readonly invite?: undefined; readonly fault: InviteFault };

/**
 * Looks an invite up for a stranger: that there is none takes as much reading as that it is spent.
 *
 * @returns the invite if it can be used at `now`, else why not, for the host's log
 */
export async function judgeInvite(ledger: Ledger, id: string, now: Date): Promise<JudgedInvite> {
  const { rows } = await inviteById(ledger, { id });
  const [row] = rows;
  const invite = inviteFrom(row ?? unknownRow);
  const fault = row === undefined ? 'unknown' : faultOf(invite, now);
  return fault === undefined ? { invite } : { fault };
}

/** The invite if it can be used at `now`; see {@link faultOf}. */
export async function findUsableInvite(ledger: Ledger, id: string, now: Date): Promise<Invite | undefined> {
  const invite = await findInvite(ledger, id);
  return invite !== undefined && faultOf(invite, now) === undefined ? invite : undefined;
}

/** An invite that was withdrawn. */
export interface WithdrawnInvite {
  readonly id: string;
  /** Serial number of the certificate that it had led to, and that nobody had confirmed. */
  readonly revoked?: string;
}

/**
 * Ends an invite before its time, and revokes what it was answered with, unless somebody has confirmed that.
 *
 * @param id - of the invite, or enough of its beginning
 * @throws {QTChatError} `ERR_LEDGER_NOT_FOUND` unless it is one that serves
 */
export async function withdrawUsableInvite(
  ledger: Ledger,
  id: string,
  deps: { clock: () => Date },
): Promise<WithdrawnInvite> {
  return inTransaction(ledger, async (transaction) => {
    const begins = isIdPart(id) ? (await listInvites(transaction)).filter((one) => one.id.startsWith(id)) : [];
    const [invite, ...others] = begins.filter((one) => faultOf(one, deps.clock()) === undefined);
    if (invite === undefined || others.length > 0) {
      const what = invite === undefined ? 'no open invite is' : 'several open invites are';
      throw new QTChatError('ERR_LEDGER_NOT_FOUND', `${what} called ${quote(id)}`, {
        hint: 'See qtchat autoca invites; a certificate that an invite led to is ended by qtchat cert revoke',
      });
    }
    const { serialNumber } = invite;
    const by = 'autoca invites';
    await withdrawInvite(transaction, invite.id, by, deps);
    if (serialNumber === undefined) return { id: invite.id };
    await revokeCertificate(transaction, serialNumber, 'cessationOfOperation', deps, by);
    return { id: invite.id, revoked: serialNumber };
  });
}

/** Tells whether a text can be the beginning of an id, or the whole of it: 4 to 16 lower-case hex digits. */
export function isIdPart(text: string): boolean {
  return /^[0-9a-f]{4,16}$/.test(text);
}

/** All invites, oldest first. */
export async function listInvites(ledger: Ledger): Promise<Invite[]> {
  const rows = await readInvites(ledger).orderBy('invite.created_at').orderBy('invite.id').execute();
  return rows.map(inviteFrom);
}

async function findInvite(ledger: Ledger, id: string): Promise<Invite | undefined> {
  const { rows } = await inviteById(ledger, { id });
  return rows[0] && inviteFrom(rows[0]);
}

/**
 * What is wrong with an invite at `now`: undefined for one that is open and not expired, or reserved for a guest that may
 * ask again, its certificate not revoked.
 */
export function faultOf(invite: Invite, now: Date): InviteFault | undefined {
  if (invite.state === 'done') return 'spent';
  // Whatever the clock of this machine says.
  if (isWithdrawn(invite)) return 'withdrawn';
  if (invite.isRevoked) return 'revoked';
  if (invite.state === 'open') return now < invite.expiresAt ? undefined : 'expired';
  return now < (invite.reservedUntil ?? now) ? undefined : 'spent';
}

/** Tells whether an invite was withdrawn. One that followed from an approval never had a secret, and does not show it. */
export function isWithdrawn({ kind, psk, state }: Invite): boolean {
  return state !== 'done' && kind !== 'approval' && psk.length === 0;
}

/** Rows of invites, each with when the certificate that it led to was revoked. */
function readInvites(ledger: Ledger) {
  return ledger
    .selectFrom('invite')
    .leftJoin('certificate', 'certificate.serial_number', 'invite.serial_number')
    .selectAll('invite')
    .select('certificate.revoked_at');
}

const inviteById = prepared((ledger, { id }: { id: string }) => readInvites(ledger).where('invite.id', '=', id));

type InviteRow = LedgerSchema['invite'] & { readonly revoked_at: number | null };

const unknownRow: InviteRow = {
  id: '0000000000000000',
  kind: 'line',
  member: 'nobody',
  names: '[]',
  psk: Buffer.alloc(32),
  state: 'open',
  validity_days: 1,
  replaces: 0,
  created_at: 0,
  expires_at: 0,
  reserved_until: null,
  serial_number: null,
  confirming_until: null,
  revoked_at: null,
};

function inviteFrom(row: InviteRow): Invite {
  return {
    id: row.id,
    kind: row.kind,
    member: row.member,
    names: parseNames(row.names),
    psk: row.psk,
    state: row.state,
    validityDays: row.validity_days,
    replace: row.replaces === 1,
    createdAt: new Date(row.created_at),
    expiresAt: new Date(row.expires_at),
    isRevoked: row.revoked_at !== null,
    ...(row.reserved_until !== null && { reservedUntil: new Date(row.reserved_until) }),
    ...(row.serial_number !== null && { serialNumber: row.serial_number }),
    ...(row.confirming_until !== null && { confirmingUntil: new Date(row.confirming_until) }),
  };
}
