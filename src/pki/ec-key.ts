/**
 * EC keys in DER, written from their coordinates: OpenSSL takes longer to encode a key than to sign
 * with it. The octets are the same as by KeyObject#export, and a test compares them.
 */
import type { KeyObject } from 'node:crypto';
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
  const parts = partsOf(key);
  return parts && derSequence(parts.algorithm, derBitString(parts.point));
}

/**
 * The unencrypted PKCS #8 (RFC 5958 §2, RFC 5915 §3) of a private key.
 *
 * @returns undefined for keys on other curves than P-256 and P-384
 */
export function ecPkcs8(key: KeyObject): Buffer | undefined {
  const parts = partsOf(key);
  if (parts === undefined) return undefined;
  const { scalar, point } = parts;
  const privateKey = derSequence(derInteger(version1), derOctetString(scalar), derContext(1, derBitString(point)));
  return derSequence(version0, parts.algorithm, derOctetString(privateKey));
}

function partsOf(key: KeyObject): { algorithm: Buffer; point: Buffer; scalar: Buffer } | undefined {
  const curve = key.asymmetricKeyDetails?.namedCurve;
  if (curve !== 'prime256v1' && curve !== 'secp384r1') return undefined;
  const { crv = '', x = '', y = '', d = '' } = key.export({ format: 'jwk' });
  const algorithm = algorithms[crv];
  const [scalar, ...coordinates] = [d, x, y].map((text) => Buffer.from(text, 'base64url'));
  if (algorithm === undefined || scalar === undefined) return undefined;
  return { algorithm, scalar, point: Buffer.concat([uncompressedPoint, ...coordinates]) };
}
