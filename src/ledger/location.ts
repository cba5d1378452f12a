/** Where the ledger of a home is: in a file of the home, or on the database server that `database.json` names. */
import { type DatabaseSetting, readDatabaseSetting } from '../store/database-setting.js';
import { type Home, ledgerPath } from '../store/home.js';
import type { PostgresServer } from '../store/postgres.js';
import { exists, readPrivateFile } from '../store/private-file.js';

/** The place of a ledger. */
export type LedgerLocation =
  | { readonly type: 'sqlite'; readonly path: string }
  | { readonly type: 'postgres'; readonly server: PostgresServer };

/**
 * Where the ledger of a home is, or will be.
 *
 * The password of a server is the one that the home's surroundings give, else that of the file which
 * `database.json` names, else left to PGPASSFILE.
 *
 * @throws {QTChatError} `ERR_STORE_DAMAGED`, and what reading the password throws
 */
export async function locateLedger(home: Home): Promise<LedgerLocation> {
  const setting = await readDatabaseSetting(home);
  if (setting === undefined) return { type: 'sqlite', path: ledgerPath(home) };
  return { type: 'postgres', server: await findServer(home, setting) };
}

/**
 * A database server with its password, as {@link locateLedger} finds it.
 *
 * @throws {QTChatError} what reading the password throws
 */
export async function findServer(home: Home, setting: DatabaseSetting): Promise<PostgresServer> {
  const { url, passwordFile } = setting;
  const given = await home.databasePassword?.();
  const password = given ?? (passwordFile === undefined ? undefined : await firstLineOf(passwordFile));
  return password === undefined ? { url } : { url, password };
}

/** Tells whether a home has a ledger, without making one. */
export async function hasLedger(home: Home): Promise<boolean> {
  const location = await locateLedger(home);
  return location.type === 'postgres' || exists(location.path);
}

async function firstLineOf(path: string): Promise<string> {
  return (await readPrivateFile(path)).split(/\r?\n/, 1)[0] ?? '';
}
