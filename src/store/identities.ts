/**
 * The identities of a home: for each member its key, its certificates, the root it trusts, and
 * where the key came from. A folder a member, written and replaced as a whole. The key may have a
 * password; all else is read without it.
 */
import type { KeyObject, X509Certificate } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { isQTChatError, QTChatError, quote, systemErrorCode } from '../errors.js';
import { circleIdOf, circleNamesOf } from '../pki/circle.js';
import { parseMemberName } from '../pki/member-name.js';
import { parseCertificates, toPem } from '../pki/pem.js';
import { isEncryptedPrivateKey } from '../pki/private-key.js';
import { currentMember, type Home, identitiesFolder, identityFolder } from './home.js';
import { formatSettings, type IdentitySettings, readSettings } from './identity-settings.js';
import { type KeyPassword, keyFileOf, openKeyFile } from './key-password.js';
import { replacedBy } from './litter.js';
import { exists, readBoundedFile, readPrivateFile, takeBack, writeFileSafely } from './private-file.js';
import { finishFolder, writeFolderSafely } from './private-folder.js';

const keyName = 'key.pem';

/** Of a key that does not open, with a password or without one. */
const passwordCodes: ReadonlySet<string> = new Set(['ERR_PASSWORD_REQUIRED', 'ERR_PASSWORD_WRONG']);

/** What says by itself what is wrong with an identity. */
const passedOn: ReadonlySet<string> = new Set(['ERR_STORE_PERMISSIONS', ...passwordCodes]);

export type { AutoCaPlace, KeyOrigin } from './identity-settings.js';

/** What is known of an identity without its key. */
export interface PublicIdentity extends IdentitySettings {
  readonly member: string;
  readonly circleId: string;
  /** Leaf first, without the root. */
  readonly chain: X509Certificate[];
  readonly trustAnchor: X509Certificate;
}

/** A member's key and certificates. */
export interface Identity extends PublicIdentity {
  readonly privateKey: KeyObject;
  /** Under which the key is kept, and its successors are to be; none when left out. */
  readonly keyPassword?: KeyPassword;
}

/** An identity as it lies in a home. */
export interface StoredIdentity extends PublicIdentity {
  /** Whether its key opens only with a password. */
  readonly hasPassword: boolean;
}

/**
 * Refuses when this home has an identity of that name: ask before making a key or a certificate.
 *
 * @param hint - what to do instead
 * @throws {QTChatError} `ERR_STORE_EXISTS`
 */
export async function refuseExistingIdentity(home: Home, member: string, hint: string): Promise<void> {
  const path = identityFolder(home, member);
  if (!(await exists(path))) return;
  throw new QTChatError('ERR_STORE_EXISTS', `the identity ${quote(path)} exists already`, { hint });
}

/**
 * Saves an identity, all of it or nothing, the key under its password. As whom the home speaks is another matter: see
 * `speakAs`.
 *
 * @param options.replace - an identity of the same name is kept as `.NAME.bak` beside the others
 * @returns where the old identity is now, if there was one
 * @throws {QTChatError} `ERR_STORE_EXISTS` unless `replace`, `ERR_STORE_UNWRITABLE`
 */
export async function saveIdentity(
  home: Home,
  identity: Identity,
  options: { replace: boolean },
): Promise<string | undefined> {
  const keyPem = await keyFileOf(identity.privateKey, identity.keyPassword);
  return writeIdentity(home, identity, keyPem, options);
}

/**
 * Saves other certificates for an identity that is here. Its key stays as it lies there, so no password is needed.
 *
 * @returns where the old identity is now: `.NAME.bak` beside the others
 * @throws {QTChatError} `ERR_STORE_NOT_FOUND`, `ERR_STORE_PERMISSIONS`, `ERR_STORE_UNWRITABLE`
 */
export async function saveCertificates(home: Home, identity: PublicIdentity): Promise<string | undefined> {
  const path = keyPathIn(identityFolder(home, identity.member));
  const keyPem = await readPrivateFile(path);
  const old = await writeIdentity(home, identity, keyPem, { replace: true });
  // A password that was set, changed or removed meanwhile stays so.
  const latest = old === undefined ? keyPem : await readPrivateFile(keyPathIn(old));
  if (latest !== keyPem) await writeFileSafely(path, latest, { mode: 0o600, existing: 'replace' });
  return old;
}

/**
 * Saves an identity with its next key in the place of the one before, whose password it takes over.
 *
 * @returns where the old identity is now
 * @throws {QTChatError} `ERR_STORE_EXISTS` when the password was changed after the old one had been opened: then all is as before; what
 *   {@link saveIdentity} throws
 */
export async function saveSuccessor(home: Home, identity: Identity): Promise<string | undefined> {
  const { member, keyPassword } = identity;
  const old = await saveIdentity(home, identity, { replace: true });
  if (old === undefined) return undefined;
  try {
    await openKeyFile(await readPrivateFile(keyPathIn(old)), keyPassword);
    return old;
  } catch (error) {
    await takeBack(identityFolder(home, member), old);
    const isChanged = isQTChatError(error) && passwordCodes.has(error.code);
    if (!isChanged) throw error;
    throw new QTChatError('ERR_STORE_EXISTS', `the password of ${quote(member)} was changed meanwhile`, {
      hint: 'Try again, with the new one',
      cause: error,
    });
  }
}

/** Tells whether this home has an identity of that name whose key has a password. */
export async function hasKeyPassword(home: Home, member: string): Promise<boolean> {
  try {
    return (await loadPublicIdentity(home, member)).hasPassword;
  } catch (error) {
    if (isQTChatError(error)) return false;
    throw error;
  }
}

async function writeIdentity(
  home: Home,
  identity: PublicIdentity,
  keyPem: string,
  options: { replace: boolean },
): Promise<string | undefined> {
  const { member, chain, trustAnchor } = identity;
  // No member's name begins with a dot.
  const backup = options.replace ? join(identitiesFolder(home), `.${member}.bak`) : undefined;
  return writeFolderSafely(
    identityFolder(home, member),
    [
      { name: keyName, content: keyPem, mode: 0o600 },
      { name: 'cert.pem', content: toPem(...chain), mode: 0o644 },
      { name: 'root.pem', content: toPem(trustAnchor), mode: 0o644 },
      { name: 'identity.json', content: formatSettings(identity), mode: 0o600 },
    ],
    backup,
  );
}

/**
 * Loads an identity, by default that of the member as whom the home speaks. Whether it is still
 * valid is for the caller to judge.
 *
 * @param password - that of its key; passed over where the key has none
 * @throws {QTChatError} `ERR_PASSWORD_REQUIRED` when the key has a password and none was given, `ERR_PASSWORD_WRONG`,
 *   and what {@link loadPublicIdentity} throws
 */
export async function loadIdentity(home: Home, member?: string, password?: KeyPassword): Promise<Identity> {
  return reading(home, member, async (name, folder) => {
    const { keyPem, ...known } = await readFolder(name, folder);
    const isEncrypted = isEncryptedPrivateKey(keyPem);
    const privateKey = await openKeyFile(keyPem, password).catch((error: unknown) => {
      throw isQTChatError(error) ? keyError(error, name) : error;
    });
    checkKey(privateKey, known);
    return { ...known, privateKey, ...(isEncrypted && password && { keyPassword: password }) };
  });
}

/**
 * Loads all of an identity but its key, by default of the member as whom the home speaks: nobody need know a password.
 *
 * @throws {QTChatError} `ERR_STORE_NO_IDENTITY`, `ERR_STORE_PERMISSIONS`, and `ERR_STORE_DAMAGED`
 *   when its parts do not belong together; that a key with a password does not, only {@link loadIdentity} finds
 */
export async function loadPublicIdentity(home: Home, member?: string): Promise<StoredIdentity> {
  return reading(home, member, async (name, folder) => {
    const { keyPem, ...known } = await readFolder(name, folder);
    const hasPassword = isEncryptedPrivateKey(keyPem);
    if (!hasPassword) checkKey(await openKeyFile(keyPem, undefined), known);
    return { ...known, hasPassword };
  });
}

/** Where the key of an identity is, in its folder. */
export function keyPathIn(folder: string): string {
  return join(folder, keyName);
}

async function reading<Result>(
  home: Home,
  member: string | undefined,
  read: (name: string, folder: string) => Promise<Result>,
): Promise<Result> {
  const name = member ?? (await currentMember(home));
  if (name === undefined) throw await noSpeaker(home);
  const folder = identityFolder(home, name);
  await finishFolder(folder);
  try {
    return await read(name, folder);
  } catch (error) {
    if (isQTChatError(error, 'ERR_STORE_NOT_FOUND') && !(await listIdentities(home)).includes(name)) {
      throw noIdentity(`there is no identity ${quote(name)} in ${quote(home.folder)}`);
    }
    if (isQTChatError(error) && passedOn.has(error.code)) throw error;
    const fault = error instanceof Error ? error.message : String(error);
    throw new QTChatError('ERR_STORE_DAMAGED', `the identity in ${quote(folder)} is damaged: ${fault}`, {
      hint: 'Restore the folder from a backup, or ask for a new invite',
      cause: error,
    });
  }
}

async function readFolder(member: string, folder: string): Promise<PublicIdentity & { keyPem: string }> {
  const [keyPem, certificates, root, settings] = await Promise.all([
    readPrivateFile(keyPathIn(folder)),
    readBoundedFile(join(folder, 'cert.pem')),
    readBoundedFile(join(folder, 'root.pem')),
    readBoundedFile(join(folder, 'identity.json')),
  ]);
  const parts = { chain: parseCertificates(certificates), root: parseCertificates(root), settings };
  return { ...assembleIdentity({ member, ...parts }), keyPem };
}

/** The names of all identities of this home, sorted. */
export async function listIdentities(home: Home): Promise<string[]> {
  const names = await namesIn(identitiesFolder(home));
  const unfinished = names.map(replacedBy).filter((name) => name !== undefined);
  for (const name of unfinished.filter(isMemberName)) await finishFolder(identityFolder(home, name));
  const all = unfinished.length === 0 ? names : await namesIn(identitiesFolder(home));
  return all.filter(isMemberName).sort();
}

async function namesIn(folder: string): Promise<string[]> {
  return readdir(folder).catch((error: unknown) => {
    if (['ENOENT', 'ENOTDIR'].includes(systemErrorCode(error) ?? '')) return [];
    throw error;
  });
}

interface Parts {
  readonly member: string;
  readonly chain: X509Certificate[];
  readonly root: X509Certificate[];
  readonly settings: Buffer;
}

function assembleIdentity({ member, chain, root, settings }: Parts): PublicIdentity {
  const [leaf] = chain;
  const [trustAnchor] = root;
  if (leaf === undefined || trustAnchor === undefined) throw new Error('a certificate is missing');
  const circleId = circleIdOf(trustAnchor);
  const isNamed = circleNamesOf(leaf).some((name) => name.circleId === circleId && name.member === member);
  if (!isNamed) throw new Error(`the certificate is not that of ${member} in this circle`);
  return { member, circleId, chain, trustAnchor, ...readSettings(settings) };
}

function checkKey(privateKey: KeyObject, { chain: [leaf] }: PublicIdentity): void {
  if (!leaf?.checkPrivateKey(privateKey)) throw new Error('key and certificate do not belong together');
}

/** Says whose key it is. */
function keyError({ code, message, cause }: QTChatError, member: string): QTChatError {
  if (code === 'ERR_PASSWORD_WRONG') {
    return new QTChatError(code, `the password does not open the key of ${quote(member)}`, { cause });
  }
  const isNeeded = code === 'ERR_PASSWORD_REQUIRED';
  return new QTChatError(code, isNeeded ? `the key of ${quote(member)} has a password` : message, {
    ...(isNeeded && { hint: 'Name a file with --identity-password-file FILE' }),
    cause,
  });
}

function isMemberName(text: string): boolean {
  try {
    return parseMemberName(text) === text;
  } catch {
    return false;
  }
}

async function noSpeaker(home: Home): Promise<QTChatError> {
  const names = await listIdentities(home);
  if (names.length === 0) return noIdentity(`there is no identity in ${quote(home.folder)} yet`);
  const message = `the home ${quote(home.folder)} has identities, but speaks as none of them`;
  return new QTChatError('ERR_STORE_NO_IDENTITY', message, { hint: `Choose one: qtchat identity use ${names[0]}` });
}

function noIdentity(message: string): QTChatError {
  return new QTChatError('ERR_STORE_NO_IDENTITY', message, {
    hint: 'Join a circle with qtchat enroll, or, on the home of a CA, run qtchat cert issue',
  });
}
