/**
 * Makes keys in the forms in which they leave: PKCS #8 and a checked public key. OpenSSL takes several
 * times as long to write a key on an elliptic curve as to make one, so these are written here.
 */
import { createECDH } from 'node:crypto';
import { generateKey, type KeyType } from './key-type.js';
import { privateKeyToDer } from './private-key.js';
import { curveNames, SubjectPublicKey } from './subject-public-key.js';

/** A key just made. */
export interface FreshKey {
  readonly publicKey: SubjectPublicKey;
  /** The private key, unencrypted, in DER. */
  readonly pkcs8: Buffer;
}

/** PrivateKeyInfo around an ECPrivateKey (RFC 5958 §2, RFC 5915 §3): up to the secret, and on to the point. */
const ecForms = {
  p256: {
    head: Buffer.from('308187020100301306072a8648ce3d020106082a8648ce3d030107046d306b0201010420', 'hex'),
    middle: Buffer.from('a144034200', 'hex'),
    secretOctets: 32,
  },
  p384: {
    head: Buffer.from('3081b6020100301006072a8648ce3d020106052b8104002204819e30819b0201010430', 'hex'),
    middle: Buffer.from('a164036200', 'hex'),
    secretOctets: 48,
  },
} as const;

/** A fresh key. RSA ones are made on the thread pool. */
export async function makeFreshKey(type: KeyType): Promise<FreshKey> {
  if (type === 'p256' || type === 'p384') return makeEcKey(type);
  const key = await generateKey(type);
  return { publicKey: SubjectPublicKey.of(key), pkcs8: privateKeyToDer(key) };
}

function makeEcKey(type: 'p256' | 'p384'): FreshKey {
  // Not kept for the next key: nothing is to remember this one.
  const pair = createECDH(curveNames[type]);
  const point = pair.generateKeys();
  const pkcs8 = ecKeyToPkcs8(type, pair.getPrivateKey(), point);
  return { publicKey: SubjectPublicKey.ofFreshPoint(type, point), pkcs8 };
}

/**
 * PKCS #8 of a key on an elliptic curve, as OpenSSL writes it.
 *
 * @param secret - without the zeros at its front, as node:crypto has it, or with them
 * @param point - uncompressed
 */
export function ecKeyToPkcs8(type: 'p256' | 'p384', secret: Buffer, point: Buffer): Buffer {
  const { head, middle, secretOctets } = ecForms[type];
  return Buffer.concat([head, Buffer.alloc(secretOctets - secret.length), secret, middle, point]);
}
