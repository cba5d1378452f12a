/** Which database server holds the ledger of a home, where it is not in a file of the home: `database.json`. */
import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import { isQTChatError, QTChatError, quote } from '../errors.js';
import { explainingWrite } from './file-error.js';
import type { Home } from './home.js';
import { createFolder, exists, readBoundedFile, writeFileSafely } from './private-file.js';

/** What the file says. */
export interface DatabaseSetting {
  /** As `parseDatabaseUrl` takes it: without a password. */
  readonly url: string;
  /** Absolute path of the file whose first line is the password. */
  readonly passwordFile?: string;
}

/** Where it is. */
export function databaseSettingPath(home: Home): string {
  return join(home.folder, 'database.json');
}

/**
 * Reads it; undefined where the ledger is a file of the home.
 *
 * @throws {QTChatError} `ERR_STORE_DAMAGED`
 */
export async function readDatabaseSetting(home: Home): Promise<DatabaseSetting | undefined> {
  const path = databaseSettingPath(home);
  let value: { url?: unknown; passwordFile?: unknown } | null = null;
  try {
    value = JSON.parse((await readBoundedFile(path)).toString('utf8'));
  } catch (error) {
    if (isQTChatError(error, 'ERR_STORE_NOT_FOUND')) return undefined;
    if (isQTChatError(error)) throw error;
  }
  const { url, passwordFile } = typeof value === 'object' && value !== null ? value : {};
  if (typeof url === 'string' && (passwordFile === undefined || typeof passwordFile === 'string')) {
    return passwordFile === undefined ? { url } : { url, passwordFile };
  }
  throw new QTChatError('ERR_STORE_DAMAGED', `${quote(path)} does not say where the ledger is`, {
    hint: 'Write it anew with qtchat autoca serve --database URL',
  });
}

/**
 * Writes it: from now on every command of this home uses that database.
 *
 * @throws {QTChatError} `ERR_STORE_UNWRITABLE`
 */
export async function writeDatabaseSetting(home: Home, setting: DatabaseSetting): Promise<void> {
  await createFolder(home.folder);
  const content = `${JSON.stringify(setting, undefined, 2)}\n`;
  await writeFileSafely(databaseSettingPath(home), content, { mode: 0o600, existing: 'replace' });
}

/**
 * Makes the ledger of this home a file of the home again; the setting is kept under another name.
 *
 * @returns where it is now
 * @throws {QTChatError} `ERR_STORE_UNWRITABLE`
 */
export async function putDatabaseSettingAside(home: Home): Promise<string> {
  const path = databaseSettingPath(home);
  let number = 1;
  const aside = (): string => `${path}.bak${number === 1 ? '' : number}`;
  while (await exists(aside())) number += 1;
  await explainingWrite(path, () => rename(path, aside()));
  return aside();
}
