/** Opens the root of a CA whose issuing is left to an intermediate: for the root's own lists, and the next intermediate. */
import type { X509Certificate } from 'node:crypto';
import { QTChatError, quote } from '../../errors.js';
import { createIssuer, type Issuer, rootCertificate } from '../../pki/issuer.js';
import { isEncryptedPrivateKey, readPrivateKey } from '../../pki/private-key.js';
import { loadCaChain } from '../../store/ca.js';
import { type Home, rootKeyPath } from '../../store/home.js';
import { exists, readPrivateFile } from '../../store/private-file.js';
import { type BusyDeps, whileCalculating } from '../busy.js';
import { readRootFile } from '../cert/trust-anchor.js';
import { type PasswordRequest, readPassword } from '../password.js';

/** Where the root is. */
export interface RootFiles {
  /** Path of its key; that of the home when left out. */
  readonly keyFile?: string | undefined;
  /** Path of its certificate; that of the home when left out. */
  readonly certFile?: string | undefined;
  /** Value of `--ca-password-file`. */
  readonly passwordFile?: string | undefined;
}

/** A root with its key. */
export interface OpenedRoot {
  readonly issuer: Issuer;
  /** As its file holds it. */
  readonly keyPem: string;
  /** Undefined when it has none. */
  readonly password: string | undefined;
}

/**
 * Opens a root.
 *
 * @throws {QTChatError} `ERR_STORE_NO_CA` without a certificate, `ERR_STORE_NOT_FOUND` without a key, `ERR_PKI_KEY_INVALID`
 *   when the two do not belong together; what reading them and the password throws
 */
export async function openRoot(
  home: Home,
  files: RootFiles,
  deps: PasswordRequest['deps'] & BusyDeps,
): Promise<OpenedRoot> {
  const root = await findRootCertificate(home, files.certFile, deps.signal);
  const keyFile = files.keyFile ?? rootKeyPath(home);
  if (files.keyFile === undefined && !(await exists(keyFile))) {
    throw new QTChatError('ERR_STORE_NOT_FOUND', `the root's key is not in ${quote(home.folder)}`, {
      hint: 'Bring it, and name it with --root-key-file FILE',
    });
  }
  const keyPem = await readPrivateFile(keyFile, deps.signal);
  const file = files.passwordFile;
  const password = isEncryptedPrivateKey(keyPem) ? await readPassword({ purpose: 'ca', file, deps }) : undefined;
  const key = await whileCalculating('Opening the CA key', deps, () => readPrivateKey(keyPem, password));
  return { issuer: createIssuer(key, [root]), keyPem, password };
}

/**
 * The root's certificate: that of a file, or else of the home's CA.
 *
 * @throws {QTChatError} `ERR_STORE_NO_CA`, what reading throws
 */
export async function findRootCertificate(
  home: Home,
  certFile: string | undefined,
  signal: AbortSignal,
): Promise<X509Certificate> {
  return certFile === undefined ? rootCertificate({ chain: await loadCaChain(home) }) : readRootFile(certFile, signal);
}
