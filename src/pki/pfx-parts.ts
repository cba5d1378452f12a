/** The pieces of a .pfx file (RFC 7292 §4) as they are written. */
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
import { type Encrypt, type Pbes2Options, pbes2Encryption } from './pbes2.js';
import { encryptLegacy } from './pfx-legacy.js';
import type { PfxForm } from './pfx-mac.js';

/** How the parts of one file are encrypted. */
export interface PartOptions extends Pbes2Options {
  password: string;
  /** With 3DES instead of AES-256, where it is `legacy`. */
  form?: PfxForm;
}

/** How the parts of one file are encrypted: with AES-256 under one key, or each with 3DES. */
export function partEncryption({ password, form, ...options }: PartOptions): Encrypt {
  if (form !== 'legacy') return pbes2Encryption(password, options);
  return (plaintext) => encryptLegacy(plaintext, password, options);
}

/** ContentInfo of type data, not encrypted. */
export function plainPart(content: Buffer): Buffer {
  return derSequence(derOid(oids.pkcs7Data), derContext(0, derOctetString(content)));
}

/** ContentInfo of type encryptedData (RFC 2315 §13): everything encrypted together. */
export async function encryptedPart(content: Buffer, encrypt: Encrypt): Promise<Buffer> {
  const { algorithm, ciphertext } = await encrypt(content);
  const info = derSequence(derOid(oids.pkcs7Data), algorithm, derContextPrimitive(0, ciphertext));
  return derSequence(derOid(oids.pkcs7EncryptedData), derContext(0, derSequence(derInteger(0), info)));
}

/** One certificate. */
export function certificateBag(der: Buffer, attributes: readonly Buffer[]): Buffer {
  const value = derSequence(derOid(oids.x509Certificate), derContext(0, derOctetString(der)));
  return safeBag(oids.certBag, value, attributes);
}

/** ContentInfo of type data with one key, encrypted by itself. */
export async function keyPart(pkcs8: Buffer, attributes: readonly Buffer[], encrypt: Encrypt): Promise<Buffer> {
  const { algorithm, ciphertext } = await encrypt(pkcs8);
  const bag = safeBag(oids.shroudedKeyBag, derSequence(algorithm, derOctetString(ciphertext)), attributes);
  return plainPart(derSequence(bag));
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
