/**
 * Admins: members who may see the Auto CA's dashboard and metrics, and change nothing by that. The right belongs to
 * a certificate and to those that follow it by renewal. Whoever is given the name anew begins without it.
 */
import { sql } from 'kysely';
import { QTChatError, quote } from '../errors.js';
import { autoCaName } from '../pki/circle.js';
import { appendAudit } from './audit.js';
import { listCertificates } from './certificates.js';
import { inTransaction, type Ledger } from './open.js';

/** A certificate by which somebody was made an admin. */
export interface Admin {
  readonly member: string;
  /** Upper-case hex. */
  readonly serialNumber: string;
  readonly grantedAt: Date;
}

/**
 * Makes a member an admin by every valid certificate it has now; again for one who is an admin changes nothing.
 *
 * @throws {QTChatError} `ERR_LEDGER_NOT_FOUND` when nobody of that name has a valid certificate
 */
export async function grantAdmin(ledger: Ledger, member: string, deps: { clock: () => Date }): Promise<void> {
  await inTransaction(ledger, async (transaction) => {
    const now = deps.clock();
    const valid = member === autoCaName ? [] : await listCertificates(transaction, { member, validAt: now });
    if (valid.length === 0) {
      throw new QTChatError('ERR_LEDGER_NOT_FOUND', `no member ${quote(member)} has a valid certificate`, {
        hint: 'See qtchat autoca members',
      });
    }
    for (const { serialNumber } of valid) {
      if (await isAdmin(transaction, serialNumber)) continue;
      const row = { serial_number: serialNumber, granted_at: now.getTime() };
      await transaction.insertInto('admin').values(row).execute();
      const details = { member, serialNumber };
      await appendAudit(transaction, { actor: 'autoca admin', event: 'admin.granted', details }, deps);
    }
  });
}

/**
 * Takes the right from a member.
 *
 * @throws {QTChatError} `ERR_LEDGER_NOT_FOUND` when it has none
 */
export async function withdrawAdmin(ledger: Ledger, member: string, deps: { clock: () => Date }): Promise<void> {
  await inTransaction(ledger, async (transaction) => {
    const rights = (await listAdmins(transaction)).filter((admin) => admin.member === member);
    if (rights.length === 0) {
      throw new QTChatError('ERR_LEDGER_NOT_FOUND', `${quote(member)} is no admin`, {
        hint: 'See qtchat autoca admin',
      });
    }
    for (const { serialNumber } of rights) {
      await transaction.deleteFrom('admin').where('serial_number', '=', serialNumber).execute();
      const details = { member, serialNumber };
      await appendAudit(transaction, { actor: 'autoca admin', event: 'admin.withdrawn', details }, deps);
    }
  });
}

/** All admins, by name. */
export async function listAdmins(ledger: Ledger): Promise<Admin[]> {
  const rows = await ledger
    .selectFrom('admin')
    .innerJoin('certificate', 'certificate.serial_number', 'admin.serial_number')
    .select(['certificate.member', 'admin.serial_number', 'admin.granted_at'])
    .orderBy('certificate.member')
    .orderBy('admin.serial_number')
    .execute();
  return rows.map(({ member, serial_number, granted_at }) => ({
    member,
    serialNumber: serial_number,
    grantedAt: new Date(granted_at),
  }));
}

/** Whether a certificate, or one that it follows by renewal, made its holder an admin. Does not judge the certificate. */
export async function isAdmin(ledger: Ledger, serialNumber: string): Promise<boolean> {
  const { rows } = await sql<{ serial_number: string }>`
    with recursive line (serial_number) as (
      select serial_number from certificate where serial_number = ${serialNumber}
      union
      select renewal.former_serial from renewal join line on renewal.new_serial = line.serial_number
    )
    select admin.serial_number from admin join line on admin.serial_number = line.serial_number`.execute(ledger);
  return rows.length > 0;
}
