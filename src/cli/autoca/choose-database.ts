/** `autoca serve --database`: where the ledger of this home is from now on. */
import { resolve } from 'node:path';
import { type DatabaseUse, useDatabase } from '../../ledger/use-database.js';
import { circleIdOf } from '../../pki/circle.js';
import { rootCertificate } from '../../pki/issuer.js';
import { loadCaChain } from '../../store/ca.js';
import { type DatabaseSetting, readDatabaseSetting } from '../../store/database-setting.js';
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
 * Reads the flags.
 *
 * A file with the password is to be remembered for the other commands of this home, standard input is not.
 *
 * @returns the setting to write, and the home with the password; undefined when there is nothing to set
 * @throws {QTChatError} what `parseDatabaseUrl` and `givenPassword` throw
 */
export async function readDatabaseFlags(
  home: Home,
  flags: DatabaseFlags,
  deps: PasswordRequest['deps'],
): Promise<{ home: Home; setting: DatabaseSetting } | undefined> {
  const file = flags['database-password-file'];
  const former = await readDatabaseSetting(home);
  const url = flags.database ?? former?.url;
  if (url === undefined || (flags.database === undefined && file === undefined)) return undefined;
  parseDatabaseUrl(url);
  const password = await givenPassword({ purpose: 'database', file, deps });
  const passwordFile = file === undefined || file === '-' ? former?.passwordFile : resolve(file);
  return {
    home: password === undefined ? home : { ...home, databasePassword: async () => password },
    setting: passwordFile === undefined ? { url } : { url, passwordFile },
  };
}

/**
 * Does what the flags say; without them the ledger stays where it is.
 *
 * @throws {QTChatError} `ERR_STORE_NO_CA`, what {@link useDatabase} and {@link readDatabaseFlags} throw
 */
export async function chooseDatabase(
  home: Home,
  flags: DatabaseFlags,
  deps: PasswordRequest['deps'],
): Promise<ChosenDatabase> {
  const chosen = await readDatabaseFlags(home, flags, deps);
  if (chosen === undefined) {
    const url = (await readDatabaseSetting(home))?.url;
    return url === undefined ? { home } : { home, shown: parseDatabaseUrl(url).shown };
  }
  const circleId = circleIdOf(rootCertificate({ chain: await loadCaChain(home) }));
  const use = await useDatabase(chosen.home, chosen.setting, circleId);
  return { home: chosen.home, shown: parseDatabaseUrl(chosen.setting.url).shown, use };
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
