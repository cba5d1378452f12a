/** The members of the circle, and whether a name is free. A name is held by a valid certificate or a usable invite. */
import { QTChatError } from '../errors.js';
import { autoCaName } from '../pki/circle.js';
import type { Ledger } from './open.js';
import { prepared } from './prepared.js';
import { spentCodes } from './spent-codes.js';

/** A member, with the certificate that is valid now, if any. */
export interface Member {
  readonly name: string;
  readonly createdAt: Date;
  /** Of the valid certificate that ends last. */
  readonly serialNumber?: string;
  readonly notAfter?: Date;
}

/** Who or what holds a name. */
export type NameHolder = { readonly member: string } & (
  | { readonly type: 'certificate'; readonly serialNumber: string }
  | { readonly type: 'invite'; readonly id: string }
);

/** All members by name: who has, or had, a certificate. The Auto CA is none. */
export async function listMembers(ledger: Ledger, now: Date): Promise<Member[]> {
  const members = await ledger
    .selectFrom('member')
    .selectAll()
    .where('name', '!=', autoCaName)
    .where('name', 'in', (select) => select.selectFrom('certificate').select('member').where('state', '=', 'issued'))
    .orderBy('name')
    .execute();
  const valid = await validCertificates(ledger, now.getTime()).orderBy('not_after').execute();
  const latest = new Map(valid.map((row) => [row.member, row]));
  return members.map(({ name, created_at }) => {
    const certificate = latest.get(name);
    return {
      name,
      createdAt: new Date(created_at),
      ...(certificate && { serialNumber: certificate.serial_number, notAfter: new Date(certificate.not_after) }),
    };
  });
}

/** Everything that holds a name at `now`: certificates first. */
export async function nameHolders(ledger: Ledger, member: string, now: Date): Promise<NameHolder[]> {
  const values = { member, now: now.getTime() };
  const certificates = await certificatesWithName(ledger, values);
  const invites = await invitesWithName(ledger, values);
  return [...certificates.rows.map(certificateHolder), ...invites.rows.map(inviteHolder)];
}

/**
 * The same for several names.
 *
 * @param members - not more than a query takes: some hundreds
 */
export async function nameHoldersAmong(ledger: Ledger, members: readonly string[], now: Date): Promise<NameHolder[]> {
  const certificates = await validCertificates(ledger, now.getTime()).where('member', 'in', members).execute();
  const invites = await usableInvites(ledger, now.getTime()).where('invite.member', 'in', members).execute();
  return [...certificates.map(certificateHolder), ...invites.map(inviteHolder)];
}

/** The error for a name that somebody holds. */
export function nameTaken(holder: NameHolder): QTChatError {
  const by = holder.type === 'certificate' ? `a valid certificate (${holder.serialNumber})` : 'an open invite';
  return new QTChatError('ERR_LEDGER_NAME_TAKEN', `the name ${holder.member} is taken by ${by}`, {
    hint: 'Choose another name, or add --replace to revoke what is there',
  });
}

function certificateHolder({ member, serial_number }: { member: string; serial_number: string }): NameHolder {
  return { member, type: 'certificate', serialNumber: serial_number };
}

function inviteHolder({ member, id }: { member: string; id: string }): NameHolder {
  return { member, type: 'invite', id };
}

type Named = { member: string; now: number };

const certificatesWithName = prepared((ledger, { member, now }: Named) =>
  validCertificates(ledger, now).where('member', '=', member),
);

const invitesWithName = prepared((ledger, { member, now }: Named) =>
  usableInvites(ledger, now).where('invite.member', '=', member),
);

function validCertificates(ledger: Ledger, now: number) {
  return ledger
    .selectFrom('certificate')
    .select(['serial_number', 'member', 'not_after'])
    .where('state', '=', 'issued')
    .where('revoked_at', 'is', null)
    .where('not_after', '>=', now);
}

function usableInvites(ledger: Ledger, now: number) {
  return (
    ledger
      .selectFrom('invite')
      .leftJoin('certificate', 'certificate.serial_number', 'invite.serial_number')
      .select(['invite.id', 'invite.member'])
      .where((either) =>
        either.or([
          either.and([either('invite.state', '=', 'open'), either('expires_at', '>', now)]),
          // One that was answered may be answered again.
          either.and([
            either('invite.state', '=', 'reserved'),
            either('reserved_until', '>', now),
            either('certificate.revoked_at', 'is', null),
          ]),
        ]),
      )
      // Nothing comes of these any more. Should the last attempt still be under way, the name's next holder wins.
      .where('invite.id', 'not in', spentCodes(ledger))
  );
}
