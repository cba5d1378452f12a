/**
 * Reads SubjectPublicKeyInfo (RFC 5280 §4.1.2.7) strictly: one encoding for each kind of key that we
 * certify, and a reason for every other. An elliptic curve is named by its OID (RFC 5480 §2.1.1); one
 * that is described by its parameters can be made to look like another. Whether a point is on its
 * curve is not known here.
 */
import { derTags } from './der.js';
import { DerError, DerReader } from './der-reader.js';
import { oids } from './oids.js';

/** A key whose encoding is one of ours; of an RSA key `bits` and `publicExponent` are still to be judged. */
export type SpkiContent =
  | { readonly kind: 'p256' | 'p384'; readonly point: Buffer }
  | { readonly kind: 'ed25519' }
  | { readonly kind: 'rsa'; readonly bits: number; readonly publicExponent: bigint };

/** Everything before the octets that differ from key to key, down to the 04 of an uncompressed point. */
const fixedForms = [
  { kind: 'p256', prefix: '3059301306072a8648ce3d020106082a8648ce3d03010703420004', octets: 64 },
  { kind: 'p384', prefix: '3076301006072a8648ce3d020106052b8104002203620004', octets: 96 },
  { kind: 'ed25519', prefix: '302a300506032b6570032100', octets: 32 },
] as const;

const forms = fixedForms.map((form) => ({ ...form, prefix: Buffer.from(form.prefix, 'hex') }));

/** The beginning of every key on that curve: the point's own octets follow. */
export function spkiPrefix(kind: 'p256' | 'p384'): Buffer {
  const prefix = forms.find((form) => form.kind === kind)?.prefix ?? Buffer.alloc(0);
  return prefix.subarray(0, -1);
}

/**
 * Reads a key.
 *
 * @throws {DerError} for every other kind and encoding; the message says what is wrong, after "its key"
 */
export function readSpki(der: Buffer): SpkiContent {
  for (const { kind, prefix, octets } of forms) {
    if (der.length !== prefix.length + octets || prefix.compare(der, 0, prefix.length) !== 0) continue;
    return kind === 'ed25519' ? { kind } : { kind, point: der.subarray(prefix.length - 1) };
  }
  const outer = new DerReader(der);
  const reader = outer.enter();
  outer.end();
  const algorithm = reader.enter();
  const oid = algorithm.oid();
  if (oid === oids.ecPublicKey) throw new DerError(ecFault(algorithm));
  if (oid !== oids.rsaEncryption) throw new DerError('is of a kind that is not supported');
  return readRsa(reader, algorithm);
}

/** Tells whether the key's curve is described by its parameters; false for what is no key at all. */
export function hasExplicitCurve(der: Buffer): boolean {
  try {
    const algorithm = new DerReader(der).enter().enter();
    return algorithm.oid() === oids.ecPublicKey && algorithm.nextTag !== derTags.oid;
  } catch (error) {
    if (error instanceof DerError) return false;
    throw error;
  }
}

function ecFault(algorithm: DerReader): string {
  if (algorithm.nextTag !== derTags.oid) return 'describes its curve by parameters instead of its name';
  const curve = algorithm.oid();
  if (curve !== oids.p256 && curve !== oids.p384) return 'is on a curve that is not supported';
  return 'is malformed, or its point is not uncompressed';
}

function readRsa(reader: DerReader, algorithm: DerReader): SpkiContent {
  // NULL, not nothing (RFC 3279 §2.3.1).
  if (algorithm.optional(derTags.null)?.length !== 0) throw new DerError('has no NULL beside rsaEncryption');
  algorithm.end();
  const bits = reader.read(derTags.bitString);
  reader.end();
  if (bits[0] !== 0) throw new DerError('is malformed');
  const outer = new DerReader(bits.subarray(1));
  const key = outer.enter();
  outer.end();
  const [modulus, publicExponent] = [key.integer(), key.integer()];
  key.end();
  if (modulus < 1n || publicExponent < 1n) throw new DerError('is malformed');
  return { kind: 'rsa', bits: modulus.toString(2).length, publicExponent };
}
