/** Opens the ledger of a home: who holds what, kept in one SQLite file that commands and the Auto CA share. */
import { sql, type Transaction } from 'kysely';
import { QTChatError, quote } from '../errors.js';
import { type Home, ledgerPath } from '../store/home.js';
import { createFolder, exists, writeFileSafely } from '../store/private-file.js';
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
 * Copies the ledger of a former CA aside and begins a new one in its place.
 *
 * The file itself stays: processes that have it open would damage a new one under the same name.
 *
 * @returns where the copy is, or undefined when nothing was recorded yet
 * @throws {QTChatError} as {@link openLedger}
 */
export async function retireLedger(home: Home): Promise<string | undefined> {
  const path = ledgerPath(home);
  if (!(await exists(path))) return undefined;
  const ledger = await openLedger(home);
  try {
    if ((await ledger.selectFrom('audit').select('sequence').executeTakeFirst()) === undefined) return undefined;
    let number = 1;
    const copy = (): string => `${path}.bak${number === 1 ? '' : number}`;
    while (await exists(copy())) number += 1;
    await writeFileSafely(copy(), '', { mode: 0o600, existing: 'refuse' });
    await sql`vacuum into ${copy()}`.execute(ledger);
    await inTransaction(ledger, beginAnew);
    return copy();
  } finally {
    await ledger.destroy();
  }
}

async function beginAnew(ledger: Ledger): Promise<void> {
  const tables = sql<{ name: string }>`select name from sqlite_schema where type = 'table' order by rowid desc`;
  for (const { name } of (await tables.execute(ledger)).rows) await sql`drop table ${sql.table(name)}`.execute(ledger);
  await applyMigrations(ledger, 0);
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
  await applyMigrations(ledger, version);
}

async function applyMigrations(ledger: Ledger, from: number): Promise<void> {
  for (const statement of migrations.slice(from).flat()) await sql.raw(statement).execute(ledger);
  await sql.raw(`pragma user_version = ${migrations.length}`).execute(ledger);
}

async function readVersion(ledger: Ledger): Promise<number> {
  const { rows } = await sql<{ user_version: number }>`pragma user_version`.execute(ledger);
  return rows[0]?.user_version ?? 0;
}
