/** Key identifiers: short names of keys by which certificates refer to each other. */
import { createHash, createPublicKey, type KeyObject } from 'node:crypto';
import { derTags } from './der.js';
import { DerReader } from './der-reader.js';

/**
 * The identifier of a public key, or of a private key's public part, by method (1) of RFC 5280
 * §4.2.1.2: SHA-1 of the key's bit string. It identifies and protects nothing.
 */
export function keyIdentifier(key: KeyObject): Buffer {
  const publicKey = key.type === 'private' ? createPublicKey(key) : key;
  const spki = new DerReader(publicKey.export({ type: 'spki', format: 'der' })).enter();
  spki.enter(); // algorithm
  return createHash('sha1').update(spki.read(derTags.bitString).subarray(1)).digest();
}
