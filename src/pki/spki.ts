/** SubjectPublicKeyInfo (RFC 5280 §4.1.2.7): a public key as certificates hold it, and its short name. */
import { createPublicKey, hash, type KeyObject } from 'node:crypto';
import { derTags } from './der.js';
import { DerReader } from './der-reader.js';

/** Exporting takes OpenSSL longer than signing, and keys do not change. */
const exported = new WeakMap<KeyObject, Buffer>();

/** The DER of a public key, or of a private key's public part; not to be written to. */
export function spkiOf(key: KeyObject): Buffer {
  const known = exported.get(key);
  if (known !== undefined) return known;
  const publicKey = key.type === 'private' ? createPublicKey(key) : key;
  const spki = publicKey.export({ type: 'spki', format: 'der' });
  exported.set(key, spki);
  return spki;
}

/**
 * Tells whether two keys, public or private, have the same public part.
 *
 * KeyObject#equals of keys of two kinds leaves an error behind in OpenSSL, of which Node (20 to 24) accuses
 * the next key that it reads.
 */
export function samePublicKey(one: KeyObject, other: KeyObject): boolean {
  return spkiOf(one).equals(spkiOf(other));
}

const identifiers = new WeakMap<KeyObject, Buffer>();

/**
 * The identifier of a public key, or of a private key's public part, by method (1) of RFC 5280
 * §4.2.1.2: SHA-1 of the key's bit string. It identifies and protects nothing. Not to be written to.
 */
export function keyIdentifier(key: KeyObject): Buffer {
  const known = identifiers.get(key);
  if (known !== undefined) return known;
  const identifier = identifierOfSpki(spkiOf(key));
  identifiers.set(key, identifier);
  return identifier;
}

/** The same of a key in DER, which must be well-formed. */
export function identifierOfSpki(der: Buffer): Buffer {
  const spki = new DerReader(der).enter();
  spki.enter(); // algorithm
  return hash('sha1', spki.read(derTags.bitString).subarray(1), 'buffer');
}
