/** Puts the ledger of a former CA aside. */
import { sql } from 'kysely';
import { type Home, ledgerPath } from '../store/home.js';
import { exists, writeFileSafely } from '../store/private-file.js';
import { beginAnew, inTransaction, type Ledger, openLedger } from './open.js';

/**
 * Copies the ledger of a former CA aside and begins a new one in its place.
 *
 * The file itself stays: processes that have it open would damage a new one under the same name.
 *
 * @param fill - records in the new one, in the transaction that begins it: the former one stays when it fails
 * @returns where the copy is, or undefined when nothing was recorded yet
 * @throws {QTChatError} as {@link openLedger}, and what `fill` rejects with
 */
export async function retireLedger(home: Home, fill?: (ledger: Ledger) => Promise<void>): Promise<string | undefined> {
  const path = ledgerPath(home);
  if (fill === undefined && !(await exists(path))) return undefined;
  const ledger = await openLedger(home);
  try {
    if ((await ledger.selectFrom('audit').select('sequence').executeTakeFirst()) === undefined) {
      await fill?.(ledger);
      return undefined;
    }
    let number = 1;
    const copy = (): string => `${path}.bak${number === 1 ? '' : number}`;
    while (await exists(copy())) number += 1;
    await writeFileSafely(copy(), '', { mode: 0o600, existing: 'refuse' });
    await sql`vacuum into ${copy()}`.execute(ledger);
    await inTransaction(ledger, async (transaction) => {
      await beginAnew(transaction);
      await fill?.(transaction);
    });
    return copy();
  } finally {
    await ledger.destroy();
  }
}
