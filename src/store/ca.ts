/** The CA of a home: its private key and its root certificate. The key leaves here as an Issuer only. */
import type { X509Certificate } from 'node:crypto';
import { isQTChatError, QTChatError, quote } from '../errors.js';
import { createIssuer, type Issuer } from '../pki/issuer.js';
import { parseCertificates, toPem } from '../pki/pem.js';
import { isEncryptedPrivateKey, readPrivateKey } from '../pki/private-key.js';
import { caFolder, caKeyPath, type Home, rootPath } from './home.js';
import { readBoundedFile, readPrivateFile, refuseExisting } from './private-file.js';
import { writeFolderSafely } from './private-folder.js';

/**
 * Refuses when this home has a CA already: ask before making a key takes time.
 *
 * @throws {QTChatError} `ERR_STORE_EXISTS`
 */
export async function refuseExistingCa(home: Home): Promise<void> {
  await refuseExisting([caFolder(home)]);
}

/**
 * Saves the key and root of a new CA, both or neither.
 *
 * @param options.force - an old CA is kept beside the new one, as `ca.bak`
 * @returns where the old CA is now, if there was one
 * @throws {QTChatError} `ERR_STORE_EXISTS` unless `force`, `ERR_STORE_UNWRITABLE`
 */
export async function saveCa(
  home: Home,
  ca: { keyPem: string; root: X509Certificate },
  options: { force: boolean },
): Promise<string | undefined> {
  return writeFolderSafely(
    caFolder(home),
    [
      { name: 'ca.key', content: ca.keyPem, mode: 0o600 },
      { name: 'root.pem', content: toPem(ca.root), mode: 0o644 },
    ],
    options.force ? `${caFolder(home)}.bak` : undefined,
  );
}

/**
 * The CA's certificates: the issuing one first, the root last.
 *
 * @throws {QTChatError} `ERR_STORE_NO_CA`, `ERR_STORE_DAMAGED`
 */
export async function loadCaChain(home: Home): Promise<X509Certificate[]> {
  const content = await orNoCa(home, readBoundedFile(rootPath(home)));
  try {
    return parseCertificates(content);
  } catch (error) {
    throw new QTChatError('ERR_STORE_DAMAGED', `${quote(rootPath(home))} does not hold the root certificate`, {
      hint: 'Restore it from a backup',
      cause: error,
    });
  }
}

/**
 * Tells whether the CA key needs a password.
 *
 * @throws {QTChatError} `ERR_STORE_NO_CA`, `ERR_STORE_PERMISSIONS`
 */
export async function caKeyIsEncrypted(home: Home): Promise<boolean> {
  return isEncryptedPrivateKey(await orNoCa(home, readPrivateFile(caKeyPath(home))));
}

/**
 * Opens the CA for issuing.
 *
 * @throws {QTChatError} `ERR_STORE_NO_CA`, `ERR_STORE_PERMISSIONS`, `ERR_PASSWORD_REQUIRED`,
 *   `ERR_PASSWORD_WRONG`, and `ERR_PKI_KEY_INVALID` when key and certificate do not belong together
 */
export async function openIssuer(home: Home, password: string | undefined): Promise<Issuer> {
  const keyPem = await orNoCa(home, readPrivateFile(caKeyPath(home)));
  const [key, chain] = await Promise.all([readPrivateKey(keyPem, password), loadCaChain(home)]);
  return createIssuer(key, chain);
}

async function orNoCa<Content>(home: Home, reading: Promise<Content>): Promise<Content> {
  try {
    return await reading;
  } catch (error) {
    if (!isQTChatError(error, 'ERR_STORE_NOT_FOUND')) throw error;
    throw new QTChatError('ERR_STORE_NO_CA', `there is no CA in ${quote(home.folder)}`, {
      hint: 'Make one with qtchat ca init, or name the home that has it with --home',
      cause: error,
    });
  }
}
