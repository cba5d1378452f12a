/**
 * Private keys as other programs leave them: PKCS #8, PKCS #1 or SEC 1, in PEM or DER, encrypted in
 * whatever way OpenSSL still reads. For files that their owner names; those of strangers, whose key
 * derivation could cost minutes, are read by private-key.ts.
 */
import { createPrivateKey, type KeyObject } from 'node:crypto';
import { QTChatError } from '../errors.js';
import { derTags } from './der.js';
import { DerError, DerReader } from './der-reader.js';
import { usableKey } from './private-key.js';

const types = ['pkcs8', 'pkcs1', 'sec1'] as const;

/** Tells whether reading the key takes a password. */
export function isEncryptedForeignKey(file: Buffer): boolean {
  if (isDer(file)) return isEncryptedInfo(file);
  return /^-----BEGIN ENCRYPTED PRIVATE KEY-----|^Proc-Type: 4,ENCRYPTED/m.test(file.toString('latin1'));
}

/**
 * Reads the private key of a file; certificates beside it are passed over.
 *
 * @param password - passed over when the key is not encrypted
 * @throws {QTChatError} `ERR_PASSWORD_WRONG`, `ERR_PKI_KEY_INVALID`
 */
export function readForeignKey(file: Buffer, password?: string): KeyObject {
  const isEncrypted = isEncryptedForeignKey(file);
  const passphrase = isEncrypted ? { passphrase: password ?? '' } : {};
  for (const type of isDer(file) ? types : [undefined]) {
    try {
      if (type === undefined) return usableKey(createPrivateKey({ key: file, ...passphrase }));
      return usableKey(createPrivateKey({ key: file, format: 'der', type, ...passphrase }));
    } catch {
      // The next form may fit; what none fits is told below.
    }
  }
  if (isEncrypted) throw new QTChatError('ERR_PASSWORD_WRONG', 'the password does not open the private key');
  throw new QTChatError('ERR_PKI_KEY_INVALID', 'no private key was found: expected PKCS #8, PKCS #1 or SEC 1', {
    hint: 'Convert other forms with openssl pkey',
  });
}

function isDer(file: Buffer): boolean {
  return file[0] === derTags.sequence;
}

/** EncryptedPrivateKeyInfo begins with an algorithm, every unencrypted form with a version (RFC 5958 §2, §3). */
function isEncryptedInfo(file: Buffer): boolean {
  try {
    return new DerReader(file).enter().nextTag === derTags.sequence;
  } catch (error) {
    if (error instanceof DerError) return false;
    throw error;
  }
}
