/**
 * The CA of a home: the private key that issues and the certificates from it to the root. The key leaves
 * here as an Issuer only. Where an intermediate issues, the root's own key lies beside, until it is taken away.
 */
import type { X509Certificate } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { isQTChatError, QTChatError, quote } from '../errors.js';
import { createIssuer, type Issuer } from '../pki/issuer.js';
import { parseCertificates, toPem } from '../pki/pem.js';
import { isEncryptedPrivateKey, readPrivateKey } from '../pki/private-key.js';
import { caFolder, caKeyPath, type Home, intermediatePath, rootKeyPath, rootPath } from './home.js';
import {
  createFolder,
  exists,
  flushFolder,
  readBoundedFile,
  readPrivateFile,
  refuseExisting,
  writeFileSafely,
} from './private-file.js';
import { type FolderFile, writeFolderSafely } from './private-folder.js';

/**
 * Refuses when this home has a CA already: ask before making a key takes time.
 *
 * @throws {QTChatError} `ERR_STORE_EXISTS`
 */
export async function refuseExistingCa(home: Home): Promise<void> {
  await refuseExisting([caFolder(home)]);
}

/** A CA to be saved. */
export interface CaFiles {
  /** The key that issues. */
  readonly keyPem: string;
  /** Between the issuing certificate (first) and the root; none where the root issues. */
  readonly intermediates?: readonly X509Certificate[];
  readonly root: X509Certificate;
  /** The root's key, where an intermediate issues and we have it. */
  readonly rootKeyPem?: string;
}

/**
 * Saves the keys and certificates of a new CA, all or none.
 *
 * @param options.force - an old CA is kept beside the new one, as `ca.bak`
 * @param options.beforePlacing - runs while the home has neither: a process that ends then leaves no CA behind
 * @returns where the old CA is now, if there was one
 * @throws {QTChatError} `ERR_STORE_EXISTS` unless `force`, `ERR_STORE_UNWRITABLE`, what `beforePlacing` rejects with
 */
export async function saveCa(
  home: Home,
  ca: CaFiles,
  options: { force: boolean; beforePlacing?: () => Promise<void> },
): Promise<string | undefined> {
  const { keyPem, intermediates = [], root, rootKeyPem } = ca;
  const files: FolderFile[] = [
    { name: basename(caKeyPath(home)), content: keyPem, mode: 0o600 },
    { name: basename(rootPath(home)), content: toPem(root), mode: 0o644 },
  ];
  if (intermediates.length > 0) {
    files.push({ name: basename(intermediatePath(home)), content: toPem(...intermediates), mode: 0o644 });
  }
  if (rootKeyPem !== undefined) files.push({ name: basename(rootKeyPath(home)), content: rootKeyPem, mode: 0o600 });
  const { force, beforePlacing } = options;
  return writeFolderSafely(caFolder(home), files, force ? `${caFolder(home)}.bak` : undefined, beforePlacing);
}

/**
 * The CA's certificates: the issuing one first, the root last.
 *
 * @throws {QTChatError} `ERR_STORE_NO_CA`, `ERR_STORE_DAMAGED`
 */
export async function loadCaChain(home: Home): Promise<X509Certificate[]> {
  const root = await orNoCa(home, readCertificates(rootPath(home), 'the root certificate'));
  if (!(await exists(intermediatePath(home)))) return root;
  return [...(await readCertificates(intermediatePath(home), 'the certificates below the root')), ...root];
}

async function readCertificates(path: string, what: string): Promise<X509Certificate[]> {
  const content = await readBoundedFile(path);
  try {
    return parseCertificates(content);
  } catch (error) {
    throw new QTChatError('ERR_STORE_DAMAGED', `${quote(path)} does not hold ${what}`, {
      hint: 'Restore it from a backup',
      cause: error,
    });
  }
}

/**
 * Moves the root's key, where an intermediate issues in its place, out of the home: `root.key` and a copy of
 * `root.pem` stand in `folder` afterwards. The key is gone from here only once it is safely there.
 *
 * @returns the paths of both
 * @throws {QTChatError} `ERR_STORE_NO_CA`, `ERR_STORE_NOT_FOUND` when the root's key is not here or issues itself,
 *   `ERR_STORE_EXISTS` when `folder` has such files already, `ERR_STORE_UNWRITABLE`
 */
export async function moveRootKey(home: Home, folder: string): Promise<{ keyPath: string; rootPath: string }> {
  const root = (await loadCaChain(home)).at(-1);
  if (root === undefined || !(await exists(rootKeyPath(home)))) throw await noRootKey(home);
  const keyPem = await readPrivateFile(rootKeyPath(home));
  const paths = { keyPath: join(folder, 'root.key'), rootPath: join(folder, 'root.pem') };
  await refuseExisting([paths.keyPath, paths.rootPath]);
  await createFolder(folder);
  await writeFileSafely(paths.rootPath, toPem(root), { mode: 0o644, existing: 'refuse' });
  await writeFileSafely(paths.keyPath, keyPem, { mode: 0o600, existing: 'refuse' });
  if ((await readPrivateFile(paths.keyPath)) !== keyPem) {
    throw new QTChatError('ERR_STORE_UNWRITABLE', `${quote(paths.keyPath)} does not hold what was written`);
  }
  await rm(rootKeyPath(home));
  await flushFolder(caFolder(home));
  return paths;
}

async function noRootKey(home: Home): Promise<QTChatError> {
  const isOffline = await exists(intermediatePath(home));
  const message = isOffline ? "the root's key is not in this home" : "the root's key is the one that issues";
  return new QTChatError('ERR_STORE_NOT_FOUND', message, {
    hint: isOffline
      ? 'It was taken out before, or never here'
      : 'A CA made by qtchat ca init --intermediate can do without',
  });
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
