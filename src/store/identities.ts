/**
 * The identities of a home: for each member its key, its certificates, the root it trusts, and
 * where the key came from. A folder a member, written and replaced as a whole.
 */
import type { KeyObject, X509Certificate } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { isQTChatError, QTChatError, quote, systemErrorCode } from '../errors.js';
import { circleIdOf, circleNamesOf } from '../pki/circle.js';
import type { KeySuccession } from '../pki/key-succession.js';
import { parseMemberName } from '../pki/member-name.js';
import { parseCertificates, toPem } from '../pki/pem.js';
import { privateKeyToPem, readPrivateKey } from '../pki/private-key.js';
import { currentMember, type Home, identitiesFolder, identityFolder } from './home.js';
import { replacedBy } from './litter.js';
import { exists, readBoundedFile, readPrivateFile } from './private-file.js';
import { finishFolder, writeFolderSafely } from './private-folder.js';

/** Who made the private key: this machine, or a server that has therefore seen it. */
export type KeyOrigin = 'local' | 'server';

/** A member's key and certificates. */
export interface Identity {
  readonly member: string;
  readonly circleId: string;
  readonly privateKey: KeyObject;
  /** Leaf first, without the root. */
  readonly chain: X509Certificate[];
  readonly trustAnchor: X509Certificate;
  readonly keyOrigin: KeyOrigin;
  /** Whether a key made by a server is to stay; left out where it is to be replaced by one of our own. */
  readonly keepsServerKey?: boolean;
  /** How its key follows from former ones, the latest first. */
  readonly successions?: readonly KeySuccession[];
  /** Where the Auto CA that issued it serves members. */
  readonly autoCa?: AutoCaPlace;
}

/** Where an Auto CA serves members. */
export interface AutoCaPlace {
  /** Host names and IP addresses, in order of trial. */
  readonly addresses: readonly string[];
  readonly port: number;
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
 * Saves an identity, all of it or nothing. As whom the home speaks is another matter: see `speakAs`.
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
  const { member, privateKey, chain, trustAnchor, keyOrigin, keepsServerKey, successions, autoCa } = identity;
  const settings = { keyOrigin, keepsServerKey, successions: successions?.map(toBase64), autoCa };
  // No member's name begins with a dot.
  const backup = options.replace ? join(identitiesFolder(home), `.${member}.bak`) : undefined;
  return writeFolderSafely(
    identityFolder(home, member),
    [
      { name: 'key.pem', content: privateKeyToPem(privateKey), mode: 0o600 },
      { name: 'cert.pem', content: toPem(...chain), mode: 0o644 },
      { name: 'root.pem', content: toPem(trustAnchor), mode: 0o644 },
      { name: 'identity.json', content: `${JSON.stringify(settings)}\n`, mode: 0o600 },
    ],
    backup,
  );
}

/**
 * Loads an identity, by default that of the member as whom the home speaks. Whether it is still
 * valid is for the caller to judge.
 *
 * @throws {QTChatError} `ERR_STORE_NO_IDENTITY`, `ERR_STORE_PERMISSIONS`, and `ERR_STORE_DAMAGED`
 *   when its parts do not belong together
 */
export async function loadIdentity(home: Home, member?: string): Promise<Identity> {
  const name = member ?? (await currentMember(home));
  if (name === undefined) throw await noSpeaker(home);
  const folder = identityFolder(home, name);
  await finishFolder(folder);
  try {
    const [keyPem, certificates, root, settings] = await Promise.all([
      readPrivateFile(join(folder, 'key.pem')),
      readBoundedFile(join(folder, 'cert.pem')),
      readBoundedFile(join(folder, 'root.pem')),
      readBoundedFile(join(folder, 'identity.json')),
    ]);
    const privateKey = await readPrivateKey(keyPem);
    const chain = parseCertificates(certificates);
    return assembleIdentity({ member: name, privateKey, chain, root: parseCertificates(root), settings });
  } catch (error) {
    if (isQTChatError(error, 'ERR_STORE_NOT_FOUND') && !(await listIdentities(home)).includes(name)) {
      throw noIdentity(`there is no identity ${quote(name)} in ${quote(home.folder)}`);
    }
    if (isQTChatError(error, 'ERR_STORE_PERMISSIONS')) throw error;
    const fault = error instanceof Error ? error.message : String(error);
    throw new QTChatError('ERR_STORE_DAMAGED', `the identity in ${quote(folder)} is damaged: ${fault}`, {
      hint: 'Restore the folder from a backup, or ask for a new invite',
      cause: error,
    });
  }
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
  readonly privateKey: KeyObject;
  readonly chain: X509Certificate[];
  readonly root: X509Certificate[];
  readonly settings: Buffer;
}

function assembleIdentity({ member, privateKey, chain, root, settings }: Parts): Identity {
  const [leaf] = chain;
  const [trustAnchor] = root;
  if (leaf === undefined || trustAnchor === undefined) throw new Error('a certificate is missing');
  if (!leaf.checkPrivateKey(privateKey)) throw new Error('key and certificate do not belong together');
  const circleId = circleIdOf(trustAnchor);
  const isNamed = circleNamesOf(leaf).some((name) => name.circleId === circleId && name.member === member);
  if (!isNamed) throw new Error(`the certificate is not that of ${member} in this circle`);
  return { member, circleId, privateKey, chain, trustAnchor, ...readSettings(settings) };
}

function readSettings(octets: Buffer): Pick<Identity, 'keyOrigin' | 'keepsServerKey' | 'successions' | 'autoCa'> {
  const { keyOrigin, keepsServerKey, successions, autoCa } = JSON.parse(octets.toString('utf8')) as Record<
    string,
    unknown
  >;
  if (keyOrigin !== 'local' && keyOrigin !== 'server') throw new Error('identity.json has no keyOrigin');
  return {
    keyOrigin,
    ...(keepsServerKey === true && { keepsServerKey }),
    ...(Array.isArray(successions) && { successions: successions.map(fromBase64) }),
    ...(autoCa !== undefined && { autoCa: readPlace(autoCa) }),
  };
}

function toBase64({ formerSpki, signature }: KeySuccession): Record<keyof KeySuccession, string> {
  return { formerSpki: formerSpki.toString('base64'), signature: signature.toString('base64') };
}

function fromBase64(value: unknown): KeySuccession {
  const { formerSpki, signature } = value as Record<keyof KeySuccession, unknown>;
  return { formerSpki: Buffer.from(String(formerSpki), 'base64'), signature: Buffer.from(String(signature), 'base64') };
}

function readPlace(value: unknown): AutoCaPlace {
  const { addresses, port } = value as Partial<Record<keyof AutoCaPlace, unknown>>;
  const isList = Array.isArray(addresses) && addresses.every((address) => typeof address === 'string');
  if (!isList || typeof port !== 'number' || !Number.isInteger(port) || port < 1 || port > 65_535) {
    throw new Error('identity.json does not say where the Auto CA is');
  }
  return { addresses, port };
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
