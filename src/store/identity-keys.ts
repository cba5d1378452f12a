/**
 * Puts the keys of a member of this home under another password, or none: the identity's own, one that waits to take its
 * place, and those of former identities that were kept. Each file is replaced in one step, so whatever breaks off leaves
 * every key under the old password or the new one, and doing it again brings them together.
 */
import { readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { isQTChatError, QTChatError, quote, systemErrorCode } from '../errors.js';
import { type Home, identitiesFolder, identityFolder, nextKeyFolder } from './home.js';
import { keyPathIn, loadIdentity } from './identities.js';
import { type KeyPassword, keyFileOf, openKeyFile } from './key-password.js';
import { removeLitter, sweepLitter } from './litter.js';
import { readPrivateFile, writeFileSafely } from './private-file.js';

/** A file that is no use now is none under another password. */
const otherKeyCodes: ReadonlySet<string> = new Set([
  'ERR_PASSWORD_WRONG',
  'ERR_PASSWORD_REQUIRED',
  'ERR_PKI_KEY_INVALID',
]);

/** From which password to which; undefined for none. */
export interface PasswordChange {
  readonly from: KeyPassword | undefined;
  readonly to: KeyPassword | undefined;
}

/**
 * Changes the password.
 *
 * @returns files that neither password opens; they stay as they are
 * @throws {QTChatError} `ERR_PASSWORD_WRONG`, `ERR_PASSWORD_REQUIRED` when `from` is not the password of the identity; `ERR_STORE_DAMAGED`
 *   when it was replaced meanwhile; what reading and writing throw
 */
export async function changeKeyPassword(home: Home, member: string, change: PasswordChange): Promise<string[]> {
  const identity = await loadIdentity(home, member, change.from);
  const folder = identityFolder(home, member);
  const others: string[] = [];
  for (const path of await otherKeysOf(home, member)) {
    if (!(await rewrite(path, change))) others.push(path);
  }
  // A command like this one, killed as it took a password away, has left a key without one there.
  await removeLitter(folder);
  const content = await keyFileOf(identity.privateKey, change.to);
  const now = await loadIdentity(home, member, change.from);
  if (!now.privateKey.equals(identity.privateKey)) {
    throw new QTChatError('ERR_STORE_EXISTS', `${quote(member)} has got another key meanwhile`, { hint: 'Try again' });
  }
  await writeFileSafely(keyPathIn(folder), content, { mode: 0o600, existing: 'replace' });
  await sweepLitter(identitiesFolder(home));
  return others;
}

/** Whether the file is under the new password now. */
async function rewrite(path: string, { from, to }: PasswordChange): Promise<boolean> {
  await removeLitter(dirname(path));
  const pem = await readPrivateFile(path);
  for (const password of [from, to]) {
    try {
      const content = await keyFileOf(await openKeyFile(pem, password), to);
      await writeFileSafely(path, content, { mode: 0o600, existing: 'replace' });
      return true;
    } catch (error) {
      if (!isQTChatError(error) || !otherKeyCodes.has(error.code)) throw error;
    }
  }
  return false;
}

async function otherKeysOf(home: Home, member: string): Promise<string[]> {
  const folder = identitiesFolder(home);
  const names = (await readdir(folder)).filter((name) => formerName(member, name));
  const folders = [nextKeyFolder(home, member), ...names.sort().map((name) => join(folder, name))];
  const found = await Promise.all(folders.map((one) => keyIn(one)));
  return found.filter((path) => path !== undefined);
}

/** `.NAME.bak`, `.NAME.bak2` … */
function formerName(member: string, name: string): boolean {
  const start = `.${member}.bak`;
  return name.startsWith(start) && /^\d*$/.test(name.slice(start.length));
}

async function keyIn(folder: string): Promise<string | undefined> {
  try {
    return (await readdir(folder)).includes('key.pem') ? keyPathIn(folder) : undefined;
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(systemErrorCode(error) ?? '')) return undefined;
    throw error;
  }
}
