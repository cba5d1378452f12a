/** A revocation list between its reservation and its signing: a number and two dates, and what belongs on it. */
import { QTChatError } from '../errors.js';
import type { CrlPlan } from '../pki/crl.js';
import type { RevocationReason } from '../pki/revocation-reason.js';
import type { Ledger } from './open.js';

/**
 * What is to be signed under a number: every certificate revoked so far. One stays on the lists until one
 * has named it after its end (RFC 5280 §3.3).
 *
 * @throws {QTChatError} `ERR_LEDGER_NOT_FOUND` unless a list was reserved under it and not signed yet
 */
export async function findReservedCrl(ledger: Ledger, number: number): Promise<CrlPlan> {
  const row = await ledger.selectFrom('crl').selectAll().where('number', '=', number).executeTakeFirst();
  if (row === undefined || row.content.length > 0) throw notReserved(number);
  return {
    number: BigInt(number),
    thisUpdate: new Date(row.this_update),
    nextUpdate: new Date(row.next_update),
    entries: await revokedSince(ledger, await lastIssuedBefore(ledger, number, row.this_update)),
  };
}

/** Not later than `now`: the clock may have been ahead at the last list, which then named nothing after its end. */
async function lastIssuedBefore(ledger: Ledger, number: number, now: number): Promise<Date> {
  const row = await ledger
    .selectFrom('crl')
    .select('this_update')
    .where('number', '<', number)
    .where('content', '!=', Buffer.alloc(0))
    .orderBy('number', 'desc')
    .limit(1)
    .executeTakeFirst();
  return new Date(Math.min(row?.this_update ?? 0, now));
}

function notReserved(number: number): QTChatError {
  return new QTChatError('ERR_LEDGER_NOT_FOUND', `no revocation list is reserved under the number ${number}`, {
    hint: 'Ask for a new list',
  });
}

async function revokedSince(ledger: Ledger, last: Date) {
  const rows = await ledger
    .selectFrom('certificate')
    .select(['serial_number', 'revoked_at', 'revocation_reason'])
    .where('revoked_at', 'is not', null)
    .where('not_after', '>=', last.getTime())
    .orderBy('revoked_at')
    .orderBy('serial_number')
    .execute();
  return rows.map((row) => ({
    serialNumber: row.serial_number,
    revokedAt: new Date(row.revoked_at ?? 0),
    reason: (row.revocation_reason ?? 'unspecified') as RevocationReason,
  }));
}
