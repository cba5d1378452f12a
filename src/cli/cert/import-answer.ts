/**
 * `cert import` of certificates in PEM, DER or PKCS #7: the answer to a request of this home, or a certificate
 * with its key in a file of its own. Nothing in such a file proves itself: the root to trust is never taken from it.
 */
import type { KeyObject, X509Certificate } from 'node:crypto';
import { isQTChatError, QTChatError, quote } from '../../errors.js';
import { innerTagOf } from '../../pki/ber.js';
import { derTags } from '../../pki/der.js';
import { isEncryptedPrivateKey, readPrivateKey } from '../../pki/private-key.js';
import { samePublicKey } from '../../pki/spki.js';
import type { Home } from '../../store/home.js';
import { readPrivateFile } from '../../store/private-file.js';
import { findRequest, removeRequest } from '../../store/requests.js';
import { type PasswordRequest, readPassword } from '../password.js';
import { parseCertificateFile } from './certificate-file.js';
import { type ImportedIdentity, type ImportOptions, importIdentity } from './import-identity.js';
import { findTrustAnchor } from './trust-anchor.js';

/** How to import an answer. */
export interface AnswerOptions extends ImportOptions {
  /** Path of the key; the key of a waiting request when left out. */
  readonly keyFile?: string | undefined;
  /** Value of `--identity-password-file`: the key's password, if it has one. */
  readonly keyPasswordFile?: string | undefined;
}

/** Tells a file of certificates, in PEM, DER or PKCS #7, from a .pfx. */
export function holdsCertificates(file: Buffer): boolean {
  if (file[0] !== derTags.sequence) return file.includes('-----BEGIN ');
  // Certificates begin with a SEQUENCE inside, PKCS #7 with its type, a PFX with its version.
  return innerTagOf(file) !== derTags.integer;
}

/**
 * Imports the certificates of a file as an identity. The request that waited for them is forgotten.
 *
 * A key of this home was made here; one from a file may have been in other hands, so its origin is `server`.
 *
 * @throws {QTChatError} `ERR_STORE_NOT_FOUND` when no request waits for the certificate, or there is no root,
 *   `ERR_PKI_KEY_INVALID` when the key is another one's, what reading and {@link importIdentity} throw
 */
export async function importAnswer(
  home: Home,
  file: Buffer,
  options: AnswerOptions,
  deps: PasswordRequest['deps'],
): Promise<ImportedIdentity> {
  const certificates = parseCertificateFile(file);
  const trustAnchor = await findTrustAnchor(home, options.rootFile, deps.signal);
  const publicKey = publicKeyOf(certificates);
  if (options.keyFile !== undefined) {
    const key = await readKeyFile(options.keyFile, options.keyPasswordFile, deps);
    if (!samePublicKey(key, publicKey)) throw otherKey(options.keyFile);
    return importIdentity(home, { key, certificates, keyOrigin: 'server' }, trustAnchor, options);
  }
  const { member, privateKey: key } = await findRequest(home, publicKey);
  const imported = await importIdentity(home, { key, certificates, keyOrigin: 'local' }, trustAnchor, options);
  await removeRequest(home, member);
  return imported;
}

function publicKeyOf([leaf]: readonly X509Certificate[]): KeyObject {
  if (leaf !== undefined) return leaf.publicKey;
  throw new QTChatError('ERR_PKI_CERTIFICATE_INVALID', 'the file holds no certificate');
}

async function readKeyFile(
  path: string,
  passwordFile: string | undefined,
  deps: PasswordRequest['deps'],
): Promise<KeyObject> {
  const pem = await readPrivateFile(path, deps.signal);
  const password = isEncryptedPrivateKey(pem)
    ? await readPassword({ purpose: 'identity', file: passwordFile, deps })
    : undefined;
  try {
    return await readPrivateKey(pem, password);
  } catch (error) {
    if (!isQTChatError(error, 'ERR_PKI_KEY_INVALID')) throw error;
    const details = error.hint === undefined ? { cause: error } : { hint: error.hint, cause: error };
    throw new QTChatError(error.code, `${quote(path)}: ${error.message}`, details);
  }
}

function otherKey(keyFile: string): QTChatError {
  const message = `the key in ${quote(keyFile)} is not that of the first certificate`;
  return new QTChatError('ERR_PKI_KEY_INVALID', message, { hint: 'Name the two files that belong together' });
}
