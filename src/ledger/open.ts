/** Opens the ledger of a home: who holds what, kept in one SQLite file that commands and the Auto CA share. */
import { rename } from 'node:fs/promises';
import { CompiledQuery, type Transaction } from 'kysely';
import { QTChatError, quote, systemErrorCode } from '../errors.js';
import { type Home, ledgerPath } from '../store/home.js';
import { createFolder, exists } from '../store/private-file.js';
import { openSqlite } from '../store/sqlite.js';
import { type Ledger, type LedgerSchema, migrations } from './schema.js';

export type { Ledger } from './schema.js';

/**
 * Opens the ledger, creating or upgrading it first. Close it with `destroy()`.
 *
 * @throws {QTChatError} `ERR_STORE_UNWRITABLE`, `ERR_STORE_DAMAGED`, `ERR_LEDGER_BUSY`, and
 *   `ERR_LEDGER_DAMAGED` when a newer qtchat has written it
 */
export async function openLedger(home: Home): Promise<Ledger> {
  await createFolder(home.folder);
  const path = ledgerPath(home);
  const ledger = openSqlite<LedgerSchema>(path);
  try {
    if ((await readVersion(ledger)) !== migrations.length) await inTransaction(ledger, (open) => migrate(open, path));
    return ledger;
  } catch (error) {
    await ledger.destroy();
    throw error;
  }
}

/**
 * Moves the ledger of a former CA out of the way, so that the next {@link openLedger} begins anew.
 *
 * @returns where it is now, or undefined when there was none
 */
export async function retireLedger(home: Home): Promise<string | undefined> {
  const path = ledgerPath(home);
  if (!(await exists(path))) return undefined;
  let number = 1;
  const target = (): string => `${path}.bak${number === 1 ? '' : number}`;
  while (await exists(target())) number += 1;
  // SQLite finds its companions by name, so they move along.
  for (const suffix of ['', '-wal', '-shm']) {
    await rename(path + suffix, target() + suffix).catch((error: unknown) => {
      if (suffix === '' || systemErrorCode(error) !== 'ENOENT') throw error;
    });
  }
  return target();
}

/** Runs `body` in the transaction that `ledger` is, or else in a new one that commits when it returns. */
export async function inTransaction<Result>(
  ledger: Ledger,
  body: (transaction: Transaction<LedgerSchema>) => Promise<Result>,
): Promise<Result> {
  if (ledger.isTransaction) return body(ledger as Transaction<LedgerSchema>);
  return ledger.transaction().execute(body);
}

// Read again inside the transaction: another process may have been faster.
async function migrate(ledger: Ledger, path: string): Promise<void> {
  const version = await readVersion(ledger);
  if (version > migrations.length) {
    throw new QTChatError('ERR_LEDGER_DAMAGED', `the ledger ${quote(path)} was written by a newer qtchat`, {
      hint: 'Install the newest version',
    });
  }
  for (const statement of migrations.slice(version).flat()) await ledger.executeQuery(CompiledQuery.raw(statement));
  await ledger.executeQuery(CompiledQuery.raw(`pragma user_version = ${migrations.length}`));
}

async function readVersion(ledger: Ledger): Promise<number> {
  const { rows } = await ledger.executeQuery<{ user_version: number }>(CompiledQuery.raw('pragma user_version'));
  return rows[0]?.user_version ?? 0;
}
