/** The pieces of a .pfx file (RFC 7292 §4) as they are written. */
import type { X509Certificate } from 'node:crypto';
import {
  derBmpString,
  derContext,
  derContextPrimitive,
  derInteger,
  derOctetString,
  derOid,
  derSequence,
  derSet,
} from './der.js';
import { oids } from './oids.js';
import { encryptPbes2 } from './pbes2.js';
import { encryptLegacy } from './pfx-legacy.js';

/** How parts are encrypted. */
export interface PartOptions {
  password: string;
  iterations: number;
  random: (size: number) => Buffer;
  /** With 3DES instead of AES-256. */
  legacy?: boolean;
}

/** ContentInfo of type data, not encrypted. */
export function plainPart(content: Buffer): Buffer {
  return derSequence(derOid(oids.pkcs7Data), derContext(0, derOctetString(content)));
}

/** ContentInfo of type encryptedData (RFC 2315 §13): everything encrypted together. */
export async function encryptedPart(content: Buffer, options: PartOptions): Promise<Buffer> {
  const { algorithm, ciphertext } = await encrypt(content, options);
  const info = derSequence(derOid(oids.pkcs7Data), algorithm, derContextPrimitive(0, ciphertext));
  return derSequence(derOid(oids.pkcs7EncryptedData), derContext(0, derSequence(derInteger(0), info)));
}

/** One certificate. */
export function certificateBag(certificate: X509Certificate, attributes: readonly Buffer[]): Buffer {
  const value = derSequence(derOid(oids.x509Certificate), derContext(0, derOctetString(certificate.raw)));
  return safeBag(oids.certBag, value, attributes);
}

/** ContentInfo of type data with one key, encrypted by itself. */
export async function keyPart(pkcs8: Buffer, attributes: readonly Buffer[], options: PartOptions): Promise<Buffer> {
  const { algorithm, ciphertext } = await encrypt(pkcs8, options);
  const bag = safeBag(oids.shroudedKeyBag, derSequence(algorithm, derOctetString(ciphertext)), attributes);
  return plainPart(derSequence(bag));
}

function encrypt(plaintext: Buffer, options: PartOptions): Promise<{ algorithm: Buffer; ciphertext: Buffer }> {
  return (options.legacy ? encryptLegacy : encryptPbes2)(plaintext, options.password, options);
}

function safeBag(type: string, value: Buffer, attributes: readonly Buffer[]): Buffer {
  const set = attributes.length === 0 ? [] : [derSet(...attributes)];
  return derSequence(derOid(type), derContext(0, value), ...set);
}

/** Attributes of a key and its certificate: localKeyId ties the two together. */
export function bagAttributes(friendlyName: string, localKeyId: Buffer): Buffer[] {
  return [
    derSequence(derOid(oids.friendlyName), derSet(derBmpString(friendlyName))),
    derSequence(derOid(oids.localKeyId), derSet(derOctetString(localKeyId))),
  ];
}
