/**
 * Password-based encryption PBES2 (RFC 8018 §6.2), shared by encrypted private keys and .pfx files.
 * Writes AES-256-CBC under PBKDF2-HMAC-SHA256; reads any AES-CBC under any HMAC of the SHA family,
 * up to a cap on the iterations. CBC has no integrity of its own: a wrong password is found only
 * by the padding or by what comes out, so callers must check the plaintext's form.
 */
import { createCipheriv, createDecipheriv, pbkdf2, pbkdf2Sync } from 'node:crypto';
import { promisify } from 'node:util';
import { QTChatError } from '../errors.js';
import { derInteger, derNull, derOctetString, derOid, derSequence, derTags } from './der.js';
import { DerError, DerLimitError, type DerReader } from './der-reader.js';
import { oids } from './oids.js';

const deriveOnPool = promisify(pbkdf2);

/** Readers refuse more before deriving anything: a file from a stranger must not cost minutes. */
export const iterationsCap = 2_000_000;

const saltOctets = 16;
const ivOctets = 16;

const ciphers: Readonly<Record<string, { name: string; keyOctets: number }>> = {
  [oids.aes128Cbc]: { name: 'aes-128-cbc', keyOctets: 16 },
  [oids.aes192Cbc]: { name: 'aes-192-cbc', keyOctets: 24 },
  [oids.aes256Cbc]: { name: 'aes-256-cbc', keyOctets: 32 },
};

/** The AlgorithmIdentifier of HMAC-SHA256. */
export const hmacSha256 = derSequence(derOid(oids.hmacWithSha256), derNull);

/** Digests by the OID of their HMAC. */
export const hmacDigests: Readonly<Record<string, string>> = {
  [oids.hmacWithSha1]: 'sha1',
  [oids.hmacWithSha256]: 'sha256',
  [oids.hmacWithSha384]: 'sha384',
  [oids.hmacWithSha512]: 'sha512',
};

/** Encrypted octets and the AlgorithmIdentifier that says how. */
export interface Pbes2Encrypted {
  algorithm: Buffer;
  ciphertext: Buffer;
}

/** Encrypts one of several plaintexts. */
export type Encrypt = (plaintext: Buffer) => Promise<Pbes2Encrypted>;

/** How to encrypt. */
export interface Pbes2Options {
  iterations: number;
  random: (size: number) => Buffer;
}

/** Encrypts `plaintext` under the UTF-8 octets of `password`, with fresh salt and IV. */
export async function encryptPbes2(
  plaintext: Buffer,
  password: string,
  options: Pbes2Options,
): Promise<Pbes2Encrypted> {
  return pbes2Encryption(password, options)(plaintext);
}

/**
 * The same for several plaintexts of one file, each with a fresh IV: the key is derived once, with a salt that all of
 * them state. Who tries passwords needs only one of them anyway.
 */
export function pbes2Encryption(password: string, { iterations, random }: Pbes2Options): Encrypt {
  const salt = random(saltOctets);
  const kdf = derPbkdf2({ salt, iterations });
  const derive = keysFrom(password);
  return async (plaintext) => {
    const key = await derive({ salt, iterations, keyOctets: 32, digest: 'sha256' });
    const iv = random(ivOctets);
    const cipher = createCipheriv('aes-256-cbc', key, iv);
    const ciphertext = Buffer.concat([cipher.update(plaintext), cipher.final()]);
    const scheme = derSequence(derOid(oids.aes256Cbc), derOctetString(iv));
    return { algorithm: derSequence(derOid(oids.pbes2), derSequence(kdf, scheme)), ciphertext };
  };
}

/** The AlgorithmIdentifier of PBKDF2 with HMAC-SHA256 (RFC 8018 appendix A.2). */
export function derPbkdf2(parameters: { salt: Buffer; iterations: number; keyOctets?: number }): Buffer {
  const { salt, iterations, keyOctets } = parameters;
  const length = keyOctets === undefined ? [] : [derInteger(keyOctets)];
  const values = derSequence(derOctetString(salt), derInteger(iterations), ...length, hmacSha256);
  return derSequence(derOid(oids.pbkdf2), values);
}

/** PBKDF2's parameters as a file states them. */
export interface Pbkdf2Parameters {
  salt: Buffer;
  iterations: number;
  keyOctets: number | undefined;
  digest: string;
}

/** So few are done, in half a millisecond, before another thread has been woken for them. */
const fewIterations = 2_048;

/** PBKDF2 (RFC 8018 §5.2), on the thread pool unless it is quick. */
export async function deriveKey(
  password: string,
  salt: Buffer,
  iterations: number,
  keyOctets: number,
  digest: string,
): Promise<Buffer> {
  const derive = iterations <= fewIterations ? pbkdf2Sync : deriveOnPool;
  return derive(password, salt, iterations, keyOctets, digest);
}

/** Derives a key from a password. */
export type DeriveKey = (parameters: Pbkdf2Parameters & { keyOctets: number }) => Promise<Buffer>;

/** Derives from one password by PBKDF2, and from the same parameters once: the parts of a file may share them. */
export function keysFrom(password: string): DeriveKey {
  const derived = new Map<string, Promise<Buffer>>();
  return ({ salt, iterations, keyOctets, digest }) => {
    const name = `${salt.toString('hex')} ${iterations} ${keyOctets} ${digest}`;
    const key = derived.get(name) ?? deriveKey(password, salt, iterations, keyOctets, digest);
    derived.set(name, key);
    return key;
  };
}

/**
 * Decrypts what PBES2 encrypted.
 *
 * @param parameters - PBES2-params: the AlgorithmIdentifier's second part
 * @throws {DerError} when the parameters are malformed, unsupported or ask for too many iterations
 * @throws {QTChatError} `ERR_PASSWORD_WRONG` when the padding is wrong; not every wrong password is found so
 */
export async function decryptPbes2(parameters: DerReader, ciphertext: Buffer, derive: DeriveKey): Promise<Buffer> {
  const kdf = parameters.enter();
  const scheme = parameters.enter();
  parameters.end();
  if (kdf.oid() !== oids.pbkdf2) throw new DerError('the key derivation is not PBKDF2');
  const { salt, iterations, keyOctets, digest } = readPbkdf2(kdf.enter());
  const cipher = ciphers[scheme.oid()];
  if (cipher === undefined) throw new DerError('the cipher is not AES in CBC mode');
  const iv = scheme.read(derTags.octetString);
  const blocks = ciphertext.length / ivOctets;
  if (iv.length !== ivOctets || !Number.isInteger(blocks) || blocks === 0)
    throw new DerError('the blocks do not fit AES');
  if (keyOctets !== undefined && keyOctets !== cipher.keyOctets) throw new DerError('the key length does not fit AES');
  const key = await derive({ salt, iterations, keyOctets: cipher.keyOctets, digest });
  const decipher = createDecipheriv(cipher.name, key, iv);
  try {
    return Buffer.concat([decipher.update(ciphertext), decipher.final()]);
  } catch (error) {
    throw new QTChatError('ERR_PASSWORD_WRONG', 'the password is wrong', { cause: error });
  }
}

/**
 * Reads how often a key derivation repeats.
 *
 * @throws {DerLimitError} when it is more than `cap`
 */
export function readIterations(reader: DerReader, cap: number = iterationsCap): number {
  const iterations = reader.integer();
  if (iterations < 1n) throw new DerError('a key derivation has no iterations');
  if (iterations > BigInt(cap)) throw new DerLimitError(`a key derivation has more than ${cap} iterations`);
  return Number(iterations);
}

/**
 * Reads PBKDF2-params (RFC 8018 appendix A.2).
 *
 * @throws {DerError} when they are malformed, unsupported or ask for too many iterations
 */
export function readPbkdf2(reader: DerReader): Pbkdf2Parameters {
  const salt = reader.read(derTags.octetString);
  const iterations = readIterations(reader);
  const keyOctets = reader.nextTag === derTags.integer ? reader.smallInteger(0xffff) : undefined;
  const prf = reader.done ? oids.hmacWithSha1 : reader.enter().oid();
  const digest = hmacDigests[prf];
  if (digest === undefined) throw new DerError('the pseudo-random function is not HMAC with SHA-1 or SHA-2');
  reader.end();
  return { salt, iterations, keyOctets, digest };
}
