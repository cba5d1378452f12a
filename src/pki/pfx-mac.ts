/**
 * The MAC of a .pfx file (RFC 7292 §4, appendix B), which alone proves that the password is right
 * and nothing was altered. Writes HMAC-SHA256 (or SHA-1, for what is old) under PKCS #12's own key
 * derivation, which every program reads, or PBMAC1 (RFC 9579), for our own reader; reads SHA-1 and SHA-2 of both.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import { derInteger, derNull, derOctetString, derOid, derSequence, derTags } from './der.js';
import { DerError, DerLimitError, type DerReader } from './der-reader.js';
import { oids } from './oids.js';
import { deriveKey, derPbkdf2, hmacDigests, hmacSha256, readIterations, readPbkdf2 } from './pbes2.js';
import { deriveFromPassword, type KdfDigest } from './pkcs12-kdf.js';

/** Eight octets, since some importers are reported to refuse more. */
const saltOctets = 8;

const pbmac1SaltOctets = 16;
const pbmac1KeyOctets = 32;

const digests: Readonly<Record<string, KdfDigest>> = {
  [oids.sha1]: { name: 'sha1', blockOctets: 64, octets: 20 },
  [oids.sha256]: { name: 'sha256', blockOctets: 64, octets: 32 },
  [oids.sha384]: { name: 'sha384', blockOctets: 128, octets: 48 },
  [oids.sha512]: { name: 'sha512', blockOctets: 128, octets: 64 },
};

/**
 * Other forms of a .pfx file than that which most programs read: `legacy` has 3DES and SHA-1 throughout, for programs that
 * read nothing newer; `pbmac1` has a MAC by RFC 9579, which is found sooner and which OpenSSL reads from 3.4 on, for files
 * that only our own reader opens.
 */
export type PfxForm = 'legacy' | 'pbmac1';

/** How the key of a MAC is derived, and which HMAC it is. */
export interface MacOptions {
  readonly iterations: number;
  readonly random: (size: number) => Buffer;
  /** What the file is made for, where that is not most programs of today. */
  readonly form?: PfxForm;
}

/** MacData over `content`: HMAC-SHA256 unless it is to be another one, with a fresh salt. */
export async function buildMac(content: Buffer, password: string, options: MacOptions): Promise<Buffer> {
  const { iterations, random, form } = options;
  if (form === 'pbmac1') return buildPbmac1(content, password, options);
  const salt = random(saltOctets);
  const oid = form === 'legacy' ? oids.sha1 : oids.sha256;
  const mac = await pkcs12Mac(oid, content, password, { salt, iterations });
  const digestInfo = derSequence(derSequence(derOid(oid), derNull), derOctetString(mac));
  return derSequence(digestInfo, derOctetString(salt), derInteger(iterations));
}

/**
 * Checks MacData over `content`.
 *
 * @returns whether the password is right and `content` unaltered
 * @throws {DerError} for malformed or unknown forms, {DerLimitError} beyond our limits
 */
export async function verifyMac(macData: DerReader, content: Buffer, password: string): Promise<boolean> {
  const digestInfo = macData.enter();
  const algorithm = digestInfo.enter();
  const stated = digestInfo.read(derTags.octetString);
  digestInfo.end();
  const oid = algorithm.oid();
  // PBMAC1 has its own salt and iterations; those of MacData mean nothing then (RFC 9579 §5).
  if (oid === oids.pbmac1) return matches(stated, await computePbmac1(algorithm.enter(), content, password));
  const salt = macData.read(derTags.octetString);
  const iterations = macData.done ? 1 : readIterations(macData);
  macData.end();
  return matches(stated, await pkcs12Mac(oid, content, password, { salt, iterations }));
}

/** MacData of PBMAC1: HMAC-SHA256 under PBKDF2-HMAC-SHA256. */
async function buildPbmac1(content: Buffer, password: string, { iterations, random }: MacOptions): Promise<Buffer> {
  const salt = random(pbmac1SaltOctets);
  const kdf = derPbkdf2({ salt, iterations, keyOctets: pbmac1KeyOctets });
  const scheme = derSequence(derOid(oids.pbmac1), derSequence(kdf, hmacSha256));
  const key = await deriveKey(password, salt, iterations, pbmac1KeyOctets, 'sha256');
  const mac = createHmac('sha256', key).update(content).digest();
  // MacData has a salt of its own, which means nothing here.
  return derSequence(derSequence(scheme, derOctetString(mac)), derOctetString(Buffer.from('NOT USED', 'latin1')));
}

/** PBMAC1-params (RFC 9579 §4, RFC 8018 §7.1). */
async function computePbmac1(parameters: DerReader, content: Buffer, password: string): Promise<Buffer> {
  const kdf = parameters.enter();
  const scheme = parameters.enter();
  parameters.end();
  if (kdf.oid() !== oids.pbkdf2) throw new DerError('its MAC key is not derived by PBKDF2');
  const { salt, iterations, keyOctets, digest } = readPbkdf2(kdf.enter());
  const hmac = hmacDigests[scheme.oid()];
  if (hmac === undefined) throw new DerError('its MAC is not HMAC with SHA-1 or SHA-2');
  // A key of a few octets would let one wrong password in so many pass (RFC 9579, security considerations).
  if (keyOctets === undefined || keyOctets < 20 || keyOctets > 64) {
    throw new DerLimitError('its MAC key is not 20 to 64 octets long');
  }
  const key = await deriveKey(password, salt, iterations, keyOctets, digest);
  return createHmac(hmac, key).update(content).digest();
}

/** HMAC under a key from PKCS #12's own derivation, as long as the digest (RFC 7292 appendix B.4). */
async function pkcs12Mac(
  oid: string,
  content: Buffer,
  password: string,
  derivation: { salt: Buffer; iterations: number },
): Promise<Buffer> {
  const digest = digests[oid];
  if (digest === undefined) throw new DerError('its MAC is not HMAC with SHA-1 or SHA-2');
  const key = await deriveFromPassword(password, { purpose: 'macKey', ...derivation, digest, size: digest.octets });
  return createHmac(digest.name, key).update(content).digest();
}

function matches(stated: Buffer, computed: Buffer): boolean {
  return stated.length === computed.length && timingSafeEqual(stated, computed);
}
