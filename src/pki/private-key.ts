/**
 * Private keys at rest: PKCS #8 in PEM (RFC 5958, RFC 7468), encrypted under a password or not.
 * Node's own export derives the key with 2,048 rounds only, so the encryption is written here.
 */
import { createPrivateKey, type KeyObject } from 'node:crypto';
import { isQTChatError, QTChatError } from '../errors.js';
import { derOctetString, derSequence, derTags } from './der.js';
import { DerError, DerReader } from './der-reader.js';
import { oids } from './oids.js';
import { decryptPbes2, encryptPbes2, keysFrom } from './pbes2.js';
import { encodePem } from './pem-block.js';
import { spkiOf } from './spki.js';

/** PBKDF2 rounds for a password that a person chose: OWASP's figure for HMAC-SHA256. */
export const privateKeyIterations = 600_000;

const encryptedBlock = /-----BEGIN ENCRYPTED PRIVATE KEY-----([A-Za-z0-9+/=\s]+)-----END ENCRYPTED PRIVATE KEY-----/;
const plainBlock = /-----BEGIN (?:RSA |EC )?PRIVATE KEY-----[\s\S]+?-----END (?:RSA |EC )?PRIVATE KEY-----/;
/** OpenSSL's own form before PKCS #8. */
const traditionalEncryption = /^Proc-Type: 4,ENCRYPTED/m;

/**
 * Encrypts a private key: PBES2 with AES-256-CBC, PBKDF2-HMAC-SHA256 with {@link privateKeyIterations} rounds.
 *
 * @returns PEM, `BEGIN ENCRYPTED PRIVATE KEY`
 * @throws {QTChatError} `ERR_PASSWORD_REQUIRED` for an empty password
 */
export async function encryptPrivateKey(
  key: KeyObject,
  password: string,
  deps: { random: (size: number) => Buffer },
): Promise<string> {
  if (password === '') throw new QTChatError('ERR_PASSWORD_REQUIRED', 'a key is not encrypted under an empty password');
  const plaintext = privateKeyToDer(key);
  const options = { iterations: privateKeyIterations, random: deps.random };
  const { algorithm, ciphertext } = await encryptPbes2(plaintext, password, options);
  return encodePem('ENCRYPTED PRIVATE KEY', derSequence(algorithm, derOctetString(ciphertext)));
}

/** The key in PEM without encryption, `BEGIN PRIVATE KEY`. */
export function privateKeyToPem(key: KeyObject): string {
  return pkcs8ToPem(privateKeyToDer(key));
}

/** Unencrypted PKCS #8 in PEM, `BEGIN PRIVATE KEY`. */
export function pkcs8ToPem(der: Buffer): string {
  return encodePem('PRIVATE KEY', der);
}

/** The key as unencrypted PKCS #8 in DER. */
export function privateKeyToDer(key: KeyObject): Buffer {
  return key.export({ type: 'pkcs8', format: 'der' });
}

/** Tells whether reading the key takes a password. */
export function isEncryptedPrivateKey(pem: string): boolean {
  return encryptedBlock.test(pem) || traditionalEncryption.test(pem);
}

/**
 * Reads a private key from PEM: PKCS #8, or the traditional RSA and EC forms; certificates around it are passed over.
 *
 * @param password - passed over when the key is not encrypted
 * @throws {QTChatError} `ERR_PASSWORD_REQUIRED` when it is encrypted and `password` undefined,
 *   `ERR_PASSWORD_WRONG`, `ERR_PKI_KEY_INVALID`
 */
export async function readPrivateKey(pem: string, password?: string): Promise<KeyObject> {
  if (isEncryptedPrivateKey(pem) && password === undefined) {
    throw new QTChatError('ERR_PASSWORD_REQUIRED', 'the private key is encrypted and no password was given');
  }
  const body = encryptedBlock.exec(pem)?.[1];
  if (body !== undefined && password !== undefined) return decryptPrivateKey(Buffer.from(body, 'base64'), password);
  const block = plainBlock.exec(pem)?.[0];
  if (block === undefined) throw invalidKey('no private key was found: expected PEM with BEGIN PRIVATE KEY');
  if (traditionalEncryption.test(block) && password !== undefined) return readTraditional(block, password);
  try {
    return usableKey(createPrivateKey(block));
  } catch (error) {
    throw invalidKey('the private key is malformed', error);
  }
}

/**
 * The key itself. OpenSSL reads a key whose public part is no point of the curve, and fails only when it is used.
 *
 * @throws {Error} OpenSSL's, when nothing can be done with the key
 */
export function usableKey(key: KeyObject): KeyObject {
  spkiOf(key);
  return key;
}

/**
 * Decrypts an EncryptedPrivateKeyInfo (RFC 5958 §3).
 *
 * @throws {QTChatError} `ERR_PASSWORD_WRONG`, `ERR_PKI_KEY_INVALID`
 */
export async function decryptPrivateKey(der: Buffer, password: string): Promise<KeyObject> {
  let plaintext: Buffer;
  try {
    const outer = new DerReader(der);
    const reader = outer.enter();
    outer.end();
    const algorithm = reader.enter();
    const ciphertext = reader.read(derTags.octetString);
    reader.end();
    if (algorithm.oid() !== oids.pbes2) throw new DerError('it is not encrypted with PBES2');
    plaintext = await decryptPbes2(algorithm.enter(), ciphertext, keysFrom(password));
  } catch (error) {
    if (isQTChatError(error)) throw error;
    if (!(error instanceof DerError)) throw error;
    throw invalidKey(`the encrypted private key cannot be read: ${error.message}`, error);
  }
  try {
    return usableKey(createPrivateKey({ key: plaintext, format: 'der', type: 'pkcs8' }));
  } catch (error) {
    // One wrong password in 256 leaves padding that looks right.
    throw wrongPassword(error);
  }
}

function readTraditional(block: string, password: string): KeyObject {
  try {
    return usableKey(createPrivateKey({ key: block, passphrase: password }));
  } catch (error) {
    throw wrongPassword(error);
  }
}

function wrongPassword(cause: unknown): QTChatError {
  return new QTChatError('ERR_PASSWORD_WRONG', 'the password does not open the private key', { cause });
}

function invalidKey(message: string, cause?: unknown): QTChatError {
  return new QTChatError('ERR_PKI_KEY_INVALID', message, {
    hint: 'Convert other forms with openssl pkcs8 -topk8 -v2 aes-256-cbc',
    cause,
  });
}
