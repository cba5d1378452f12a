/** Where everything lives in a home folder, and as whom the home speaks. Reads and writes home.json only. */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { isQTChatError, QTChatError, quote } from '../errors.js';
import { parseMemberName } from '../pki/member-name.js';
import { createFolder, readBoundedFile, writeFileSafely } from './private-file.js';

/** A folder that holds keys, ledger and history. It need not exist yet. */
export interface Home {
  /** Absolute path. */
  readonly folder: string;
  /** The password that the surroundings give for the database server of the ledger, if any. */
  readonly databasePassword?: () => Promise<string | undefined>;
}

/** The CA's key and certificates. */
export function caFolder(home: Home): string {
  return join(home.folder, 'ca');
}

/** The private key that issues. */
export function caKeyPath(home: Home): string {
  return join(caFolder(home), 'ca.key');
}

/** The circle's root certificate. */
export function rootPath(home: Home): string {
  return join(caFolder(home), 'root.pem');
}

/** The certificates between the issuing one and the root; missing where the root issues. */
export function intermediatePath(home: Home): string {
  return join(caFolder(home), 'intermediate.pem');
}

/** The root's private key, where an intermediate issues and the root was not taken away. */
export function rootKeyPath(home: Home): string {
  return join(caFolder(home), 'root.key');
}

/** The users' own certificate profiles. */
export function profilesFolder(home: Home): string {
  return join(home.folder, 'templates');
}

/** The newest revocation list. */
export function crlPath(home: Home): string {
  return join(caFolder(home), 'crl.pem');
}

/** The root's newest revocation list, where an intermediate issues. */
export function rootCrlPath(home: Home): string {
  return join(caFolder(home), 'root-crl.pem');
}

/** The ledger: who holds what. */
export function ledgerPath(home: Home): string {
  return join(home.folder, 'ledger.db');
}

/** Where all identities are. */
export function identitiesFolder(home: Home): string {
  return join(home.folder, 'identities');
}

/** One member's key and certificates; `member` must be a valid member name. */
export function identityFolder(home: Home, member: string): string {
  return join(identitiesFolder(home), parseMemberName(member));
}

/** A key that waits to take the place of a member's own; no member's name begins with a dot. */
export function nextKeyFolder(home: Home, member: string): string {
  return join(identitiesFolder(home), `.${parseMemberName(member)}.next`);
}

/** Where the requests are that wait for a certificate. */
export function requestsFolder(home: Home): string {
  return join(home.folder, 'requests');
}

/** One waiting request; `member` must be a valid member name. */
export function requestFolder(home: Home, member: string): string {
  return join(requestsFolder(home), parseMemberName(member));
}

/** Contacts, history and outbox. */
export function storeFolder(home: Home): string {
  return join(home.folder, 'store');
}

/** Voicemail of ours, until it has arrived. */
export function voicemailFolder(home: Home): string {
  return join(home.folder, 'voicemail');
}

/** Files received from others. */
export function downloadsFolder(home: Home): string {
  return join(home.folder, 'downloads');
}

/** Files that are to be sent and were given in the window, and pictures, sound and films among those that were sent. */
export function sentFolder(home: Home): string {
  return join(home.folder, 'sent');
}

/** The newest revocation list known of a circle to which this home belongs, and for a moment older ones. */
export function knownCrlsFolder(home: Home, circleId: string): string {
  return join(home.folder, 'crl', circleId);
}

/** Where the Auto CA of this home can be reached. */
export function autocaPath(home: Home): string {
  return join(home.folder, 'autoca.json');
}

function homeFilePath(home: Home): string {
  return join(home.folder, 'home.json');
}

/**
 * The member as whom this home speaks, or undefined when it has nobody yet.
 *
 * @throws {QTChatError} `ERR_STORE_DAMAGED`
 */
export async function currentMember(home: Home): Promise<string | undefined> {
  const path = homeFilePath(home);
  try {
    const value = JSON.parse((await readBoundedFile(path)).toString('utf8')) as { member?: unknown } | null;
    return parseMemberName(typeof value?.member === 'string' ? value.member : '');
  } catch (error) {
    if (isQTChatError(error, 'ERR_STORE_NOT_FOUND')) return undefined;
    if (isQTChatError(error) && error.code !== 'ERR_PKI_NAME_INVALID') throw error;
    throw new QTChatError('ERR_STORE_DAMAGED', `${quote(path)} does not say as whom this home speaks`, {
      hint: 'Delete it, then run the command that gave you your identity again',
      cause: error,
    });
  }
}

/**
 * Makes this home speak as a member, or as nobody.
 *
 * @throws {QTChatError} `ERR_STORE_UNWRITABLE`
 */
export async function speakAs(home: Home, member: string | undefined): Promise<void> {
  if (member === undefined) {
    await rm(homeFilePath(home), { force: true });
    return;
  }
  await createFolder(home.folder);
  const content = `${JSON.stringify({ member: parseMemberName(member) })}\n`;
  await writeFileSafely(homeFilePath(home), content, { mode: 0o600, existing: 'replace' });
}
