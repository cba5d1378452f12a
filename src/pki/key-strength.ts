/**
 * Whether a certificate's key is strong enough for a path, from its octets: asked for the details of an elliptic
 * curve key that is no point of its curve (the point at infinity), Node ends the process (20 and 22 do).
 */
import { derTags } from './der.js';
import { DerError, DerReader } from './der-reader.js';
import { oids } from './oids.js';

/** Curves that others certify on too; ours are the first two. */
const strongCurves: ReadonlySet<string> = new Set([oids.p256, oids.p384, oids.p521]);

const weakestRsaBits = 2048;

/**
 * Judges a key: RSA with 2048 bits or more and an odd exponent from 3, an uncompressed or compressed point of P-256, P-384 or P-521, Ed25519.
 * A curve described by its parameters is not judged here; see `hasExplicitCurve`.
 *
 * @param spki - SubjectPublicKeyInfo; what is malformed is not strong
 */
export function isStrongKey(spki: Buffer): boolean {
  try {
    const reader = new DerReader(spki).enter();
    const algorithm = reader.enter();
    const oid = algorithm.oid();
    // The first octet counts unused bits.
    const key = reader.read(derTags.bitString).subarray(1);
    if (oid === oids.rsaEncryption) return isStrongRsa(new DerReader(key).enter());
    if (oid !== oids.ecPublicKey) return oid === oids.ed25519;
    if (key.length <= 1) return false;
    return algorithm.nextTag !== derTags.oid || strongCurves.has(algorithm.oid());
  } catch (error) {
    if (error instanceof DerError) return false;
    throw error;
  }
}

// With the exponent 1 everybody can sign; an even one, or an even modulus, is of no RSA key.
function isStrongRsa(key: DerReader): boolean {
  const [modulus, exponent] = [key.integer(), key.integer()];
  return modulus >= 1n << BigInt(weakestRsaBits - 1) && modulus % 2n === 1n && exponent >= 3n && exponent % 2n === 1n;
}
