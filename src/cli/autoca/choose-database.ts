/** `autoca serve --database`: where the ledger of this home is from now on. */
import { resolve } from 'node:path';
import { type DatabaseUse, useDatabase } from '../../ledger/use-database.js';
import { circleIdOf } from '../../pki/circle.js';
import { rootCertificate } from '../../pki/issuer.js';
import { loadCaChain } from '../../store/ca.js';
import { readDatabaseSetting } from '../../store/database-setting.js';
import { parseDatabaseUrl } from '../../store/database-url.js';
import type { Home } from '../../store/home.js';
import { givenPassword, type PasswordRequest } from '../password.js';

/** What was typed. */
export interface DatabaseFlags {
  readonly database?: string | undefined;
  readonly 'database-password-file'?: string | undefined;
}

/** Where the ledger is now. */
export interface ChosenDatabase {
  /** The home, with the password of its database server. */
  readonly home: Home;
  /** Server and database; undefined when the ledger is in a file of the home. */
  readonly shown?: string;
  readonly use?: DatabaseUse;
}

/**
 * Does what the flags say; without them the ledger stays where it is.
 *
 * A file with the password is remembered for the other commands of this home, standard input is not.
 *
 * @throws {QTChatError} `ERR_STORE_NO_CA`, what {@link useDatabase}, `parseDatabaseUrl` and `givenPassword` throw
 */
export async function chooseDatabase(
  home: Home,
  flags: DatabaseFlags,
  deps: PasswordRequest['deps'],
): Promise<ChosenDatabase> {
  const file = flags['database-password-file'];
  const former = await readDatabaseSetting(home);
  const url = flags.database ?? former?.url;
  if (url === undefined) return { home };
  const { shown } = parseDatabaseUrl(url);
  if (flags.database === undefined && file === undefined) return { home, shown };
  const password = await givenPassword({ purpose: 'database', file, deps });
  const path = file === undefined || file === '-' ? former?.passwordFile : resolve(file);
  const setting = path === undefined ? { url } : { url, passwordFile: path };
  const circleId = circleIdOf(rootCertificate({ chain: await loadCaChain(home) }));
  const withPassword = password === undefined ? home : { ...home, databasePassword: async () => password };
  return { home: withPassword, shown, use: await useDatabase(withPassword, setting, circleId) };
}

/** One line for people about {@link chooseDatabase}; undefined when there is nothing to say. */
export function describeDatabase({ shown, use }: ChosenDatabase): string | undefined {
  if (shown === undefined) return undefined;
  const what = {
    used: `The ledger is on ${shown}`,
    moved: `The ledger has moved to ${shown}; every command of this home follows`,
    joined: `This home now shares the ledger on ${shown}; every command of it follows`,
  };
  return what[use ?? 'used'];
}
