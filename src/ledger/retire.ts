/** Puts the ledger of a former CA aside. */
import { sql } from 'kysely';
import { forgetAuditHead } from '../store/audit-head.js';
import { putDatabaseSettingAside, readDatabaseSetting } from '../store/database-setting.js';
import { type Home, ledgerPath } from '../store/home.js';
import { createFolder, exists, takeBack, writeFileSafely } from '../store/private-file.js';
import { beginAnew, inTransaction, type Ledger, openLedgerAt } from './open.js';

/**
 * Copies the ledger of a former CA aside and begins a new one in its place, in a file of the home.
 *
 * The file itself stays: processes that have it open would damage a new one under the same name. A ledger on a
 * database server stays there; what is put aside is the file that says so.
 *
 * @param fill - records in the new one, in the transaction that begins it: the former one stays when it fails, and no
 *   copy does
 * @returns where the copy is, or undefined when nothing was recorded yet
 * @throws {QTChatError} as `openLedger`, and what `fill` rejects with
 */
export async function retireLedger(home: Home, fill?: (ledger: Ledger) => Promise<void>): Promise<string | undefined> {
  const copy = await retireFile(ledgerPath(home), home, fill);
  await forgetAuditHead(home);
  return (await readDatabaseSetting(home)) === undefined ? copy : putDatabaseSettingAside(home);
}

async function retireFile(
  path: string,
  home: Home,
  fill: ((ledger: Ledger) => Promise<void>) | undefined,
): Promise<string | undefined> {
  if (fill === undefined && !(await exists(path))) return undefined;
  await createFolder(home.folder);
  const ledger = await openLedgerAt({ type: 'sqlite', path });
  try {
    if ((await ledger.selectFrom('audit').select('sequence').executeTakeFirst()) === undefined) {
      if (fill !== undefined) await inTransaction(ledger, fill);
      return undefined;
    }
    let number = 1;
    const copy = (): string => `${path}.bak${number === 1 ? '' : number}`;
    while (await exists(copy())) number += 1;
    await writeFileSafely(copy(), '', { mode: 0o600, existing: 'refuse' });
    try {
      await sql`vacuum into ${copy()}`.execute(ledger);
      await inTransaction(ledger, async (transaction) => {
        await beginAnew(transaction);
        await fill?.(transaction);
      });
    } catch (error) {
      await takeBack(copy(), undefined);
      throw error;
    }
    return copy();
  } finally {
    await ledger.destroy();
  }
}
