/**
 * The MAC of a .pfx file (RFC 7292 §4, appendix B), which alone proves that the password is right
 * and nothing was altered. Writes HMAC-SHA256 of PKCS #12's own key derivation, which every program
 * reads; reads SHA-1 and SHA-2 of it, and PBMAC1 (RFC 9579).
 */
import { createHmac, hash, pbkdf2, timingSafeEqual } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import { promisify } from 'node:util';
import { derInteger, derNull, derOctetString, derOid, derSequence, derTags } from './der.js';
import { DerError, DerLimitError, type DerReader } from './der-reader.js';
import { oids } from './oids.js';
import { hmacDigests, readIterations, readPbkdf2 } from './pbes2.js';

const deriveKey = promisify(pbkdf2);

/** Eight octets, since some importers are reported to refuse more. */
const saltOctets = 8;

/** The diversifier of MAC keys (appendix B.3). */
const macKeyId = 3;

/** Rounds between two breaths of the event loop: about 10 ms. */
const roundsPerTurn = 16_384;

const digests: Readonly<Record<string, { name: string; blockOctets: number }>> = {
  [oids.sha1]: { name: 'sha1', blockOctets: 64 },
  [oids.sha256]: { name: 'sha256', blockOctets: 64 },
  [oids.sha384]: { name: 'sha384', blockOctets: 128 },
  [oids.sha512]: { name: 'sha512', blockOctets: 128 },
};

/** MacData over `content`: HMAC-SHA256 with a fresh salt. */
export async function buildMac(
  content: Buffer,
  password: string,
  options: { iterations: number; random: (size: number) => Buffer },
): Promise<Buffer> {
  const salt = options.random(saltOctets);
  const key = await macKey(password, salt, options.iterations, { name: 'sha256', blockOctets: 64 });
  const mac = createHmac('sha256', key).update(content).digest();
  const algorithm = derSequence(derOid(oids.sha256), derNull);
  return derSequence(derSequence(algorithm, derOctetString(mac)), derOctetString(salt), derInteger(options.iterations));
}

/**
 * Checks MacData over `content`.
 *
 * @returns whether the password is right and `content` unaltered
 * @throws {DerError} for malformed or unknown forms, {DerLimitError} beyond our limits
 */
export async function verifyMac(macData: DerReader, content: Buffer, password: string): Promise<boolean> {
  const digestInfo = macData.enter();
  const salt = macData.read(derTags.octetString);
  const iterations = macData.done ? 1 : readIterations(macData);
  macData.end();
  const algorithm = digestInfo.enter();
  const stated = digestInfo.read(derTags.octetString);
  digestInfo.end();
  const oid = algorithm.oid();
  if (oid === oids.pbmac1) return matches(stated, await pbmac1(algorithm.enter(), content, password));
  const digest = digests[oid];
  if (digest === undefined) throw new DerError('its MAC is not HMAC with SHA-1 or SHA-2');
  const key = await macKey(password, salt, iterations, digest);
  return matches(stated, createHmac(digest.name, key).update(content).digest());
}

/** PBMAC1-params (RFC 9579 §4, RFC 8018 §7.1). */
async function pbmac1(parameters: DerReader, content: Buffer, password: string): Promise<Buffer> {
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

/**
 * PKCS #12's key derivation (RFC 7292 appendix B.2) for a key as long as the digest, which is all a
 * MAC needs: then one block is enough. It is sequential by nature; the event loop gets its turns.
 */
async function macKey(
  password: string,
  salt: Buffer,
  iterations: number,
  digest: { name: string; blockOctets: number },
): Promise<Buffer> {
  const { name, blockOctets } = digest;
  // UTF-16, big endian, with two octets of zero behind it (appendix B.1).
  const secret = Buffer.from(`${password}\0`, 'utf16le').swap16();
  const diversifier = Buffer.alloc(blockOctets, macKeyId);
  let key = hash(name, Buffer.concat([diversifier, filled(salt, blockOctets), filled(secret, blockOctets)]), 'buffer');
  for (let round = 1; round < iterations; round += 1) {
    if (round % roundsPerTurn === 0) await setImmediate();
    key = hash(name, key, 'buffer');
  }
  return key;
}

/** `octets` repeated up to the next multiple of `blockOctets`. */
function filled(octets: Buffer, blockOctets: number): Buffer {
  return Buffer.alloc(Math.ceil(octets.length / blockOctets) * blockOctets, octets);
}

function matches(stated: Buffer, computed: Buffer): boolean {
  return stated.length === computed.length && timingSafeEqual(stated, computed);
}
