/**
 * The revocation lists of a root that does not issue itself: what of it no longer counts, CAs above all. They are
 * signed by the root's key, which is brought for that purpose alone. As with the lists for members, a
 * number is used once, and committed before it is signed.
 */
import { QTChatError } from '../errors.js';
import { issueCrl } from '../pki/crl.js';
import { type Issuer, issuingCertificate } from '../pki/issuer.js';
import { appendAudit } from './audit.js';
import { type CrlRequest, type IssuedCrl, reserveCrlNumber } from './crl.js';
import { inTransaction, type Ledger } from './open.js';
import { revokedByRoot } from './revoked-authorities.js';

/** How long a root's list serves unless told otherwise: the key is to stay where it is. */
export const rootCrlDays = 180;

/** The longest that one may serve. */
const validityDaysCap = 366;

/**
 * Judges how long a root's list is to serve, in days.
 *
 * @throws {QTChatError} `ERR_PKI_VALIDITY` unless it is 1 to 366
 */
export function checkRootCrlDays(days: number): void {
  if (Number.isInteger(days) && days >= 1 && days <= validityDaysCap) return;
  const message = `a root's revocation list for ${days} days is not possible: expected a whole number from 1 to ${validityDaysCap}`;
  throw new QTChatError('ERR_PKI_VALIDITY', message, { hint: `Leave out --days for ${rootCrlDays}` });
}

/**
 * Issues the root's next list.
 *
 * @param root - its chain is the root alone
 * @throws {QTChatError} `ERR_PKI_VALIDITY` for the days, and when the clock is behind the last list;
 *   `ERR_LEDGER_DAMAGED` when the ledger is older than a list seen; what issuing throws
 */
export async function issueNextRootCrl(
  ledger: Ledger,
  root: Issuer,
  request: CrlRequest,
  deps: { clock: () => Date },
): Promise<IssuedCrl> {
  checkRootCrlDays(request.validityDays);
  const { dates, entries } = await inTransaction(ledger, async (transaction) => {
    const reserved = await reserveCrlNumber(transaction, 'root_crl', request, deps);
    const since = Math.min(reserved.last?.thisUpdate.getTime() ?? 0, reserved.dates.thisUpdate.getTime());
    const named = await revokedByRoot(transaction, issuingCertificate(root), new Date(since));
    return { dates: reserved.dates, entries: named };
  });
  const { number, thisUpdate, nextUpdate } = dates;
  const content = await issueCrl({ number: BigInt(number), thisUpdate, nextUpdate, entries }, root);
  const count = entries.length;
  await inTransaction(ledger, async (transaction) => {
    await transaction.updateTable('root_crl').set({ content }).where('number', '=', number).execute();
    const details = { number: String(number), count: String(count) };
    await appendAudit(transaction, { actor: request.by, event: 'root-crl.issued', details }, deps);
  });
  return { ...dates, count, content };
}
