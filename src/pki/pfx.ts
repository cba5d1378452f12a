/**
 * .pfx files (PKCS #12, RFC 7292): a private key with its certificates under one password. Writes
 * AES-256 with PBKDF2-HMAC-SHA256 for key and certificates alike and an HMAC-SHA256 MAC, what
 * OpenSSL 3, Windows, Java and NSS read, or on request 3DES and SHA-1; reads these and older forms.
 */
import type { KeyObject, X509Certificate } from 'node:crypto';
import { QTChatError } from '../errors.js';
import { berToDer } from './ber.js';
import { parseCertificateFields } from './certificate-fields.js';
import { derInteger, derSequence, derTags } from './der.js';
import { DerError, DerLimitError, DerReader } from './der-reader.js';
import type { FreshKey } from './fresh-key.js';
import { oids } from './oids.js';
import { type PfxContents, readContents } from './pfx-contents.js';
import { buildMac, type PfxForm, verifyMac } from './pfx-mac.js';
import { bagAttributes, certificateBag, encryptedPart, keyPart, partEncryption, plainPart } from './pfx-parts.js';
import { privateKeyToDer as pkcs8Of } from './private-key.js';
import { SubjectPublicKey } from './subject-public-key.js';

/** A private key and the certificates that go with it. */
export interface PfxContent {
  key: KeyObject;
  /** The key's own certificate first, then each one's issuer as far as the file has them. */
  chain: X509Certificate[];
}

/** What goes into a file: neither a key nor a certificate that was just made need become an object of OpenSSL first. */
export interface NewPfxContent {
  key: KeyObject | FreshKey;
  /** DER, in the order of {@link PfxContent}. */
  chain: readonly Buffer[];
}

/** What a .pfx file is written with. */
export interface PfxOptions {
  /** Printable ASCII, not empty: other characters are read differently by different programs. */
  password: string;
  /** The name that certificate stores show. */
  friendlyName: string;
  /** {@link humanPasswordIterations} or {@link generatedPasswordIterations}; for MAC and encryption alike, since the cheaper would decide. */
  iterations: number;
  random: (size: number) => Buffer;
  /** What the file is made for, where that is not most programs of today. */
  form?: PfxForm;
}

/** Iterations for a password that a person chose; .NET refuses files above 300,000. */
export const humanPasswordIterations = 250_000;

/** Iterations for a password of at least 128 random bits, which nobody can guess however fast. */
export const generatedPasswordIterations = 2_048;

const version3 = 3;

/** Far above any chain; a bound before anything is parsed. */
const maximumSizeBytes = 1_048_576;

/**
 * Judges a password for a .pfx file before there is one.
 *
 * @throws {QTChatError} `ERR_PASSWORD_UNSUITABLE` when other programs would read it differently
 */
export function checkPfxPassword(password: string): void {
  if (/^[\x20-\x7e]+$/.test(password)) return;
  throw new QTChatError('ERR_PASSWORD_UNSUITABLE', 'the password of a .pfx file must be plain ASCII and not empty', {
    hint: 'Programs disagree on how to read other characters',
  });
}

/**
 * Writes a .pfx file.
 *
 * @throws {QTChatError} `ERR_PASSWORD_UNSUITABLE` for a password that other programs would read differently,
 *   `ERR_PKI_KEY_INVALID` when the key is not that of the first certificate
 */
export async function writePfx({ key, chain }: NewPfxContent, options: PfxOptions): Promise<Buffer> {
  checkPfxPassword(options.password);
  const { publicKey, pkcs8 } = 'pkcs8' in key ? key : { publicKey: SubjectPublicKey.of(key), pkcs8: pkcs8Of(key) };
  if (chain[0] === undefined || !parseCertificateFields(chain[0]).spki.equals(publicKey.der)) {
    throw new QTChatError('ERR_PKI_KEY_INVALID', 'the key does not belong to the first certificate');
  }
  const attributes = bagAttributes(options.friendlyName, publicKey.identifier);
  const certificates = chain.map((certificate, index) => certificateBag(certificate, index === 0 ? attributes : []));
  const encrypt = partEncryption(options);
  const parts = await Promise.all([
    encryptedPart(derSequence(...certificates), encrypt),
    keyPart(pkcs8, attributes, encrypt),
  ]);
  const authenticatedSafe = derSequence(...parts);
  const mac = await buildMac(authenticatedSafe, options.password, options);
  return derSequence(derInteger(version3), plainPart(authenticatedSafe), mac);
}

/**
 * Reads a .pfx file. The MAC is verified before anything is decrypted.
 *
 * @throws {QTChatError} `ERR_PASSWORD_WRONG`; `ERR_PKI_PFX_REFUSED` for a file that any password would open or that
 *   costs too much to open; `ERR_PKI_PFX_INVALID` for a malformed one, or without exactly one key and its certificate
 */
export async function readPfx(der: Buffer, password: string): Promise<PfxContent> {
  try {
    if (der.length > maximumSizeBytes) throw new DerLimitError(`it is longer than ${maximumSizeBytes} octets`);
    const reader = new DerReader(berToDer(der)).enter();
    if (reader.smallInteger(version3) !== version3) throw new DerError(`its version is not ${version3}`);
    const authSafe = reader.enter();
    if (authSafe.oid() !== oids.pkcs7Data) throw new DerError('it is protected by a signature, not a password');
    const authenticatedSafe = authSafe.enter(0xa0).read(derTags.octetString);
    if (reader.done) throw refused('it has no MAC, so that any password would open it');
    const macData = reader.enter();
    reader.end();
    if (!(await verifyMac(macData, authenticatedSafe, password))) {
      throw new QTChatError('ERR_PASSWORD_WRONG', 'the password does not open the .pfx file, or the file was altered');
    }
    return inOrder(await readContents(authenticatedSafe, password));
  } catch (error) {
    if (error instanceof DerLimitError) throw refused(error.message, error);
    if (error instanceof DerError) throw invalid(error.message, error);
    throw error;
  }
}

function inOrder({ key, certificates }: PfxContents): PfxContent {
  if (key === undefined) throw new DerError('it holds no private key');
  const leaf = certificates.find((certificate) => certificate.checkPrivateKey(key));
  if (leaf === undefined) throw new DerError('it holds no certificate of its private key');
  const chain = [leaf];
  for (let last = leaf; ; ) {
    const issuer = certificates.find((candidate) => !chain.includes(candidate) && last.checkIssued(candidate));
    if (issuer === undefined) return { key, chain };
    chain.push(issuer);
    last = issuer;
  }
}

function refused(reason: string, cause?: unknown): QTChatError {
  return new QTChatError('ERR_PKI_PFX_REFUSED', `the .pfx file is not opened: ${reason}`, {
    hint: 'Make it anew with openssl pkcs12 -export',
    cause,
  });
}

function invalid(reason: string, cause?: unknown): QTChatError {
  return new QTChatError('ERR_PKI_PFX_INVALID', `the .pfx file cannot be read: ${reason}`, { cause });
}
