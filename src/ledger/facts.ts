/** What the ledger remembers about itself: whose it is, below which number no revocation list may come, and more. */
import { QTChatError } from '../errors.js';
import { inTransaction, type Ledger } from './open.js';

/** The names in use. */
type FactName = 'circle_id' | 'crl_floor' | 'audit_signature' | 'directory';

/**
 * Makes the ledger that of a circle, once and for all.
 *
 * @throws {QTChatError} `ERR_STORE_EXISTS` when it is another circle's
 */
export async function claimLedger(ledger: Ledger, circleId: string): Promise<void> {
  await inTransaction(ledger, async (transaction) => {
    const owner = await readFact(transaction, 'circle_id');
    if (owner === undefined) await writeFact(transaction, 'circle_id', circleId);
    else if (owner !== circleId) {
      throw new QTChatError('ERR_STORE_EXISTS', `the database holds the ledger of another circle (${owner})`, {
        hint: 'Give each circle a database, or a schema (?schema=NAME), of its own',
      });
    }
  });
}

/** The number that every revocation list to come must be above; 0 unless {@link raiseCrlFloor} was called. */
export async function crlFloor(ledger: Ledger): Promise<number> {
  return Number((await readFact(ledger, 'crl_floor')) ?? 0);
}

/** Makes every revocation list to come have a number above `number`, if that is more than before. */
export async function raiseCrlFloor(ledger: Ledger, number: number): Promise<void> {
  await inTransaction(ledger, async (transaction) => {
    if (number > (await crlFloor(transaction))) await writeFact(transaction, 'crl_floor', String(number));
  });
}

/** What is remembered under a name; undefined when nothing is. */
export async function readFact(ledger: Ledger, name: FactName): Promise<string | undefined> {
  const row = await ledger.selectFrom('fact').select('value').where('name', '=', name).executeTakeFirst();
  return row?.value;
}

/** Remembers it, in place of what was remembered before. */
export async function writeFact(ledger: Ledger, name: FactName, value: string): Promise<void> {
  await ledger
    .insertInto('fact')
    .values({ name, value })
    .onConflict((conflict) => conflict.column('name').doUpdateSet({ value }))
    .execute();
}
