/** Opens a ledger: who holds what, kept in one database that commands and the Auto CA share. */
import { sql, type Transaction } from 'kysely';
import { QTChatError, quote } from '../errors.js';
import type { Home } from '../store/home.js';
import { createFolder } from '../store/private-file.js';
import { openSqlite } from '../store/sqlite.js';
import type { LedgerDialect } from './dialect.js';
import { committed, type TransactionBody } from './group-commit.js';
import { type LedgerLocation, locateLedger } from './location.js';
import { migrationSteps } from './migrations/steps.js';
import type { Ledger, LedgerSchema } from './schema.js';
import { sqliteDialect } from './sqlite-dialect.js';

export type { Ledger } from './schema.js';

/**
 * Opens the ledger of a home, creating or upgrading it first. Close it with `destroy()`.
 *
 * @throws {QTChatError} as {@link openLedgerAt}, and `ERR_STORE_UNWRITABLE` where the home cannot be made
 */
export async function openLedger(home: Home): Promise<Ledger> {
  await createFolder(home.folder);
  return openLedgerAt(await locateLedger(home));
}

/**
 * Opens the ledger that is in a place, creating or upgrading it first. Close it with `destroy()`.
 *
 * Every transaction in it is the only one that writes, whoever else has the ledger open: what it
 * reads stays true until it commits. Several may open a new or old ledger at once; one upgrades it.
 *
 * @throws {QTChatError} `ERR_STORE_UNWRITABLE`, `ERR_STORE_DAMAGED`, `ERR_LEDGER_BUSY`,
 *   `ERR_LEDGER_UNREACHABLE`, `ERR_LEDGER_REFUSED`, `ERR_PASSWORD_WRONG`, and `ERR_LEDGER_DAMAGED`
 *   when a newer qtchat has written it
 */
export async function openLedgerAt(location: LedgerLocation): Promise<Ledger> {
  const { ledger, dialect } = await connect(location);
  try {
    // Read again inside the transaction: another process may have been faster.
    if ((await dialect.readVersion(ledger)) !== migrationSteps.length) {
      await inTransaction(ledger, async (transaction) => {
        await applyMigrations(transaction, dialect, await readKnownVersion(transaction, dialect, location));
      });
    }
    return ledger;
  } catch (error) {
    await ledger.destroy();
    throw error;
  }
}

/**
 * Removes every table of a ledger in an SQLite file and begins a new one in it; call it in a transaction.
 *
 * @param version - of the tables that `fill` fills; they are upgraded then
 * @throws {QTChatError} `ERR_LEDGER_DAMAGED` for a version that is newer than ours
 */
export async function beginAnew(
  ledger: Ledger,
  version = migrationSteps.length,
  fill?: () => Promise<void>,
): Promise<void> {
  if (version > migrationSteps.length) throw tooNew('the ledger');
  const tables = sql<{ name: string }>`select name from sqlite_schema where type = 'table' order by rowid desc`;
  for (const { name } of (await tables.execute(ledger)).rows) await sql`drop table ${sql.table(name)}`.execute(ledger);
  await applyMigrations(ledger, sqliteDialect, 0, version);
  await fill?.();
  await applyMigrations(ledger, sqliteDialect, version);
}

/**
 * Runs `body` in the transaction that `ledger` is, or else in a new one that is committed when this resolves.
 *
 * @throws what {@link committed} throws
 */
export async function inTransaction<Result>(ledger: Ledger, body: TransactionBody<Result>): Promise<Result> {
  return ledger.isTransaction ? body(ledger as Transaction<LedgerSchema>) : committed(ledger, body);
}

async function connect(location: LedgerLocation): Promise<{ ledger: Ledger; dialect: LedgerDialect }> {
  if (location.type === 'sqlite') return { ledger: openSqlite<LedgerSchema>(location.path), dialect: sqliteDialect };
  const [{ openPostgres }, { postgresDialect }] = await Promise.all([
    import('../store/postgres.js'),
    import('./postgres-dialect.js'),
  ]);
  return { ledger: openPostgres<LedgerSchema>(location.server), dialect: postgresDialect };
}

async function readKnownVersion(ledger: Ledger, dialect: LedgerDialect, location: LedgerLocation): Promise<number> {
  const version = await dialect.readVersion(ledger);
  if (version <= migrationSteps.length) return version;
  const place = location.type === 'sqlite' ? location.path : location.server.url;
  throw tooNew(`the ledger ${quote(place)}`);
}

function tooNew(what: string): QTChatError {
  return new QTChatError('ERR_LEDGER_DAMAGED', `${what} was written by a newer qtchat`, {
    hint: 'Install the newest version',
  });
}

async function applyMigrations(
  ledger: Ledger,
  dialect: LedgerDialect,
  from: number,
  to = migrationSteps.length,
): Promise<void> {
  for (const statement of migrationSteps.slice(from, to).flatMap((step) => step(dialect))) {
    await sql.raw(statement).execute(ledger);
  }
  await dialect.writeVersion(ledger, to);
}
