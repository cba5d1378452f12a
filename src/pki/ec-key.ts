/**
 * EC keys in DER, written from their coordinates: OpenSSL takes longer to encode a key than to sign
 * with it. The octets are the same as by KeyObject#export, and a test compares them.
 */
import { createPublicKey, type JsonWebKey, type KeyObject } from 'node:crypto';
import { derBitString, derContext, derInteger, derOctetString, derOid, derSequence } from './der.js';
import { oids } from './oids.js';

const version1 = 1;
const uncompressedPoint = Buffer.of(0x04);
const version0 = derInteger(0);

/** The AlgorithmIdentifier of each curve, by its name in a JWK (RFC 5480 §2.1.1). */
const algorithms: Readonly<Record<string, Buffer>> = {
  'P-256': derSequence(derOid(oids.ecPublicKey), derOid(oids.prime256v1)),
  'P-384': derSequence(derOid(oids.ecPublicKey), derOid(oids.secp384r1)),
};

/**
 * The SubjectPublicKeyInfo (RFC 5480 §2) of a public key, or of a private key's public part.
 *
 * @returns undefined for keys on other curves than P-256 and P-384
 */
export function ecSpki(key: KeyObject): Buffer | undefined {
  const parts = publicPartsOf(key);
  return parts && derSequence(parts.algorithm, derBitString(parts.point));
}

/**
 * The unencrypted PKCS #8 (RFC 5958 §2, RFC 5915 §3) of a private key.
 *
 * @returns undefined for keys on other curves than P-256 and P-384
 */
export function ecPkcs8(key: KeyObject): Buffer | undefined {
  const parts = publicPartsOf(key);
  const { d } = (parts && toJwk(key)) ?? {};
  if (parts === undefined || d === undefined) return undefined;
  const scalar = derOctetString(Buffer.from(d, 'base64url'));
  const privateKey = derSequence(derInteger(version1), scalar, derContext(1, derBitString(parts.point)));
  return derSequence(version0, parts.algorithm, derOctetString(privateKey));
}

/** The curve of an EC key as JWKs name it (RFC 7518 §6.2.1.1); undefined for other keys, and other curves than P-256 and P-384. */
export function curveOf(key: KeyObject): string | undefined {
  return publicPartsOf(key)?.curve;
}

interface EcPublicKey {
  readonly curve: string;
  readonly algorithm: Buffer;
  readonly point: Buffer;
}

const known = new WeakMap<KeyObject, EcPublicKey>();

function publicPartsOf(key: KeyObject): EcPublicKey | undefined {
  if (key.asymmetricKeyType !== 'ec') return undefined;
  const parts = known.get(key) ?? readPublicParts(key);
  if (parts !== undefined) known.set(key, parts);
  return parts;
}

function readPublicParts(key: KeyObject): EcPublicKey | undefined {
  const { crv: curve = '', x = '', y = '' } = toJwk(key.type === 'private' ? createPublicKey(key) : key) ?? {};
  const algorithm = algorithms[curve];
  if (algorithm === undefined) return undefined;
  const coordinates = [x, y].map((text) => Buffer.from(text, 'base64url'));
  return { curve, algorithm, point: Buffer.concat([uncompressedPoint, ...coordinates]) };
}

/** Undefined on curves that have no name in a JWK. */
function toJwk(key: KeyObject): JsonWebKey | undefined {
  try {
    return key.export({ format: 'jwk' });
  } catch {
    return undefined;
  }
}
