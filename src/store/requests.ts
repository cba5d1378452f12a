/**
 * Requests of this home that wait for their certificate: for each name a key and what was asked for.
 * The answer is paired with its request by the public key, whatever names it carries.
 */
import type { KeyObject } from 'node:crypto';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { QTChatError, quote, systemErrorCode } from '../errors.js';
import { privateKeyToPem, readPrivateKey } from '../pki/private-key.js';
import { samePublicKey } from '../pki/spki.js';
import { type Home, requestFolder, requestsFolder } from './home.js';
import { readPrivateFile, refuseExisting } from './private-file.js';
import { writeFolderSafely } from './private-folder.js';

/** A request and the key that is waiting for its certificate. */
export interface PendingRequest {
  /** As whom the certificate was asked for. */
  readonly member: string;
  readonly privateKey: KeyObject;
}

/**
 * Refuses when a request of that name is waiting: ask before making a key.
 *
 * @throws {QTChatError} `ERR_STORE_EXISTS`
 */
export async function refuseExistingRequest(home: Home, member: string): Promise<void> {
  await refuseExisting([requestFolder(home, member)]);
}

/**
 * Saves a request, all of it or nothing.
 *
 * @param csrPem - kept beside the key, so that it can be handed in again
 * @param options.replace - a request of the same name is kept as `.NAME.bak` beside the others
 * @returns where the old request is now, if there was one
 * @throws {QTChatError} `ERR_STORE_EXISTS` unless `replace`, `ERR_STORE_UNWRITABLE`
 */
export async function saveRequest(
  home: Home,
  { member, privateKey }: PendingRequest,
  csrPem: string,
  options: { replace: boolean },
): Promise<string | undefined> {
  return writeFolderSafely(
    requestFolder(home, member),
    [
      { name: 'key.pem', content: privateKeyToPem(privateKey), mode: 0o600 },
      { name: 'request.csr', content: csrPem, mode: 0o644 },
    ],
    options.replace ? join(requestsFolder(home), `.${member}.bak`) : undefined,
  );
}

/**
 * Finds the request that waits for a certificate of this public key.
 *
 * @throws {QTChatError} `ERR_STORE_NOT_FOUND` when none does, `ERR_STORE_PERMISSIONS`, `ERR_PKI_KEY_INVALID`
 */
export async function findRequest(home: Home, publicKey: KeyObject): Promise<PendingRequest> {
  for (const member of await listRequests(home)) {
    const privateKey = await readPrivateKey(await readPrivateFile(join(requestFolder(home, member), 'key.pem')));
    if (samePublicKey(privateKey, publicKey)) return { member, privateKey };
  }
  throw new QTChatError('ERR_STORE_NOT_FOUND', `no request in ${quote(home.folder)} waits for this certificate`, {
    hint: 'Name its key with --key-file FILE, or the home that has made the request with --home',
  });
}

/** The names of all waiting requests, sorted. */
export async function listRequests(home: Home): Promise<string[]> {
  const names = await readdir(requestsFolder(home)).catch((error: unknown) => {
    if (['ENOENT', 'ENOTDIR'].includes(systemErrorCode(error) ?? '')) return [];
    throw error;
  });
  // Former requests begin with a dot, as no member's name does.
  return names.filter((name) => !name.startsWith('.')).sort();
}

/** Forgets a request whose certificate has come. */
export async function removeRequest(home: Home, member: string): Promise<void> {
  await rm(requestFolder(home, member), { recursive: true, force: true });
}
