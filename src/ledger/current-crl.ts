/** The revocation list that the Auto CA hands out: the newest one, or the next when that one no longer says all. */
import { readCrl } from '../pki/read-crl.js';
import { issueNextCrl } from './crl.js';
import type { Ledger } from './open.js';
import type { LedgerSchema } from './schema.js';
import type { Signer } from './signer.js';

/** A list that is in force. */
export interface CurrentCrl {
  readonly thisUpdate: Date;
  readonly nextUpdate: Date;
  /** DER. */
  readonly content: Buffer;
}

/** Until when a list serves; members who are away for less see no stale one. */
const validityDays = 7;

/** How old a list grows before the next one is made, even if nothing was revoked. */
const renewalMs = 86_400_000;

/**
 * The list in force, which names everything revoked so far; made now if there is none.
 *
 * @throws {QTChatError} what {@link issueNextCrl} throws
 */
export async function currentCrl(ledger: Ledger, signer: Signer, deps: { clock: () => Date }): Promise<CurrentCrl> {
  const last = await lastWhole(ledger, deps.clock());
  if (last !== undefined) return last;
  // Whoever asks while one is being made gets that one.
  const underWay = making.get(ledger) ?? issueNextCrl(ledger, signer, { validityDays, by: 'autoca serve' }, deps);
  making.set(ledger, underWay);
  try {
    return await underWay;
  } finally {
    making.delete(ledger);
  }
}

const making = new WeakMap<Ledger, Promise<CurrentCrl>>();

/** The newest list, unless it is a day old or something was revoked since. */
async function lastWhole(ledger: Ledger, now: Date): Promise<CurrentCrl | undefined> {
  const row = await ledger
    .selectFrom('crl')
    .selectAll()
    .where('content', '!=', Buffer.alloc(0))
    .orderBy('number', 'desc')
    .limit(1)
    .executeTakeFirst();
  if (row === undefined || now.getTime() - row.this_update >= renewalMs || row.next_update <= now.getTime())
    return undefined;
  if (!(await namesAllRevoked(ledger, row))) return undefined;
  return { thisUpdate: new Date(row.this_update), nextUpdate: new Date(row.next_update), content: row.content };
}

async function namesAllRevoked(ledger: Ledger, list: LedgerSchema['crl']): Promise<boolean> {
  // The list's own time is in whole seconds: what was revoked in the same one may stand on it or not.
  const since = await ledger
    .selectFrom('certificate')
    .select('serial_number')
    .where('revoked_at', '>=', list.this_update)
    // What had ended before need not stand on any list.
    .where('not_after', '>=', list.this_update)
    .execute();
  if (since.length === 0) return true;
  const named = new Set(readCrl(list.content).revoked.map(({ serialNumber }) => serialNumber));
  return since.every(({ serial_number }) => named.has(serial_number));
}
