/**
 * The revocation lists of this CA: which certificates stand on the next one, and its number. A
 * number is used once, whatever happens: the database refuses any that does not rise.
 */
import { QTChatError } from '../errors.js';
import { dayMs } from '../pki/day.js';
import { readCrl } from '../pki/read-crl.js';
import { appendAudit } from './audit.js';
import { signAuditLog } from './audit-signature.js';
import { crlFloor } from './facts.js';
import { inTransaction, type Ledger } from './open.js';
import { abandonStaleReservations } from './reservations.js';
import { crlDigest } from './row-digest.js';
import type { Signer } from './signer.js';

/** A list just issued. */
export interface IssuedCrl {
  readonly number: number;
  readonly thisUpdate: Date;
  readonly nextUpdate: Date;
  /** How many certificates it names. */
  readonly count: number;
  /** DER. */
  readonly content: Buffer;
}

/** The longest that one list may serve; longer, and a revocation reaches nobody. */
const validityDaysCap = 90;

/**
 * Judges how long a list is to serve, in days.
 *
 * @throws {QTChatError} `ERR_PKI_VALIDITY` unless it is 1 to 90
 */
export function checkCrlDays(days: number): void {
  if (Number.isInteger(days) && days >= 1 && days <= validityDaysCap) return;
  const expected = `a whole number from 1 to ${validityDaysCap}`;
  throw new QTChatError(
    'ERR_PKI_VALIDITY',
    `a revocation list for ${days} days is not possible: expected ${expected}`,
    {
      hint: 'Leave out --days for a week',
    },
  );
}

/** Which list to issue. */
export interface CrlRequest {
  /** Until the next list is there at the latest: 1 to 90. */
  readonly validityDays: number;
  /** Of a list seen elsewhere: the ledger must know of it. */
  readonly knownNumber?: bigint | undefined;
  /** The last list may be of a time to come, because the clock was wrong then. */
  readonly clockWasAhead?: boolean;
  /** Who asked, for the audit log. */
  readonly by: string;
}

/**
 * Issues the next list, of every certificate revoked so far.
 *
 * Its number is the Unix time, or one more than the last or the floor where that is more. The number and the dates are
 * committed before it is signed, its content before anybody gets it.
 *
 * @throws {QTChatError} `ERR_PKI_VALIDITY` for the days, and when the clock is behind the last list;
 *   `ERR_LEDGER_DAMAGED` when the ledger is older than a list seen; what the signer throws
 */
export async function issueNextCrl(
  ledger: Ledger,
  signer: Signer,
  request: CrlRequest,
  deps: { clock: () => Date },
): Promise<IssuedCrl> {
  checkCrlDays(request.validityDays);
  const { dates } = await inTransaction(ledger, async (transaction) => {
    await abandonStaleReservations(transaction, request.by, deps);
    return reserveCrlNumber(transaction, 'crl', request, deps);
  });
  const content = await signer.issueCrl(dates.number);
  const count = readCrl(content).revoked.length;
  await inTransaction(ledger, async (transaction) => {
    await transaction.updateTable('crl').set({ content }).where('number', '=', dates.number).execute();
    const details = { number: String(dates.number), count: String(count), digest: crlDigest(content) };
    await appendAudit(transaction, { actor: request.by, event: 'crl.issued', details }, deps);
  });
  // A log that was tampered with must not keep a revocation from being published; audit verify tells of it.
  await signAuditLog(ledger, signer).catch(() => {});
  return { ...dates, count, content };
}

/** Number and dates of a list. */
export type CrlDates = Pick<IssuedCrl, 'number' | 'thisUpdate' | 'nextUpdate'>;

/**
 * Reserves the next number of the lists in a table, with the dates of its list; call it in a transaction.
 *
 * @returns what was reserved, and the list before it, if any
 * @throws {QTChatError} `ERR_PKI_VALIDITY` when the clock is behind the last list; `ERR_LEDGER_DAMAGED` when the ledger is
 *   older than a list seen
 */
export async function reserveCrlNumber(
  ledger: Ledger,
  table: 'crl' | 'root_crl',
  request: CrlRequest,
  deps: { clock: () => Date },
): Promise<{ readonly dates: CrlDates; readonly last: Omit<CrlDates, 'nextUpdate'> | undefined }> {
  const { validityDays, knownNumber = -1n, clockWasAhead = false } = request;
  const last = await lastCrl(ledger, table);
  if (knownNumber > BigInt(last?.number ?? -1)) throw rollback(knownNumber);
  const nowSeconds = Math.floor(deps.clock().getTime() / 1000);
  const thisUpdate = new Date(nowSeconds * 1000);
  if (last !== undefined && thisUpdate < last.thisUpdate && !clockWasAhead) throw clockBehind(last.thisUpdate);
  const nextUpdate = new Date(thisUpdate.getTime() + validityDays * dayMs);
  const number = Math.max((last?.number ?? 0) + 1, (await crlFloor(ledger)) + 1, nowSeconds);
  const times = { this_update: thisUpdate.getTime(), next_update: nextUpdate.getTime() };
  await ledger
    .insertInto(table)
    .values({ number, ...times, content: Buffer.alloc(0) })
    .execute();
  return { dates: { number, thisUpdate, nextUpdate }, last };
}

async function lastCrl(ledger: Ledger, table: 'crl' | 'root_crl'): Promise<Omit<CrlDates, 'nextUpdate'> | undefined> {
  const row = await ledger
    .selectFrom(table)
    .select(['number', 'this_update'])
    .orderBy('number', 'desc')
    .limit(1)
    .executeTakeFirst();
  return row && { number: row.number, thisUpdate: new Date(row.this_update) };
}

function rollback(knownNumber: bigint): QTChatError {
  return new QTChatError(
    'ERR_LEDGER_DAMAGED',
    `the ledger does not know the revocation list ${knownNumber}, which was published: it is an old one`,
    { hint: 'Restore the newest ledger.db, or revocations would be forgotten' },
  );
}

function clockBehind(thisUpdate: Date): QTChatError {
  return new QTChatError(
    'ERR_PKI_VALIDITY',
    `the last revocation list is of ${thisUpdate.toISOString()}, which is later than now`,
    { hint: "Check this machine's clock; if it is right now and was wrong then, use qtchat ca crl --clock-was-ahead" },
  );
}
