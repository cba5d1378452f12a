/** The kinds of key that QTChat makes and certifies; weaker and odder ones have no name here and are refused. */
import { generateKeyPair, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { promisify } from 'node:util';
import { QTChatError, quote } from '../errors.js';
import { DerError } from './der-reader.js';
import { readSpki, type SpkiContent } from './read-spki.js';
import { spkiOf } from './spki.js';

/** Every supported kind of key. */
export const keyTypes = ['p256', 'p384', 'ed25519', 'rsa2048', 'rsa3072', 'rsa4096'] as const;

/** The name of a supported kind of key. */
export type KeyType = (typeof keyTypes)[number];

const makeKeyPair = promisify(generateKeyPair);

/**
 * Reads a kind of key as typed.
 *
 * @throws {QTChatError} `ERR_PKI_KEY_TYPE`; the message lists the choices
 */
export function parseKeyType(text: string): KeyType {
  const type = keyTypes.find((known) => known === text);
  if (type !== undefined) return type;
  throw new QTChatError('ERR_PKI_KEY_TYPE', `${quote(text)} is no key type: expected ${keyTypes.join(', ')}`, {
    hint: 'Without --key it is p256',
  });
}

/** A fresh private key. RSA ones are made on the thread pool; for the others the way there would take longer than the key. */
export async function generateKey(type: KeyType): Promise<KeyObject> {
  switch (type) {
    case 'p256':
      return generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
    case 'p384':
      return generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey;
    case 'ed25519':
      return generateKeyPairSync('ed25519').privateKey;
    default:
      return (await makeKeyPair('rsa', { modulusLength: Number(type.slice(3)) })).privateKey;
  }
}

/** The kind of a private or public key; undefined when it is none of ours, so too weak, too odd, or oddly encoded. */
export function keyTypeOf(key: KeyObject): KeyType | undefined {
  try {
    return keyTypeOfSpki(readSpki(spkiOf(key)));
  } catch (error) {
    if (error instanceof DerError) return undefined;
    throw error;
  }
}

/** The kind of a key that was read; undefined for RSA keys that are weak or odd. */
export function keyTypeOfSpki(content: SpkiContent): KeyType | undefined {
  if (content.kind !== 'rsa') return content.kind;
  // Any other exponent is either weak or made to slow verification down.
  if (content.publicExponent !== 65537n) return undefined;
  return keyTypes.find((type) => type === `rsa${content.bits}`);
}
