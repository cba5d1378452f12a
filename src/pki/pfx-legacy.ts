/**
 * How .pfx files were encrypted before 2022, under PKCS #12's own key derivation with SHA-1 (RFC 7292
 * appendix C): reads 3DES and 40-bit RC2, writes 3DES for programs that know nothing newer. RC2,
 * which Node's OpenSSL lacks, is node-forge's.
 */
import { createCipheriv, createDecipheriv } from 'node:crypto';
import { derInteger, derOctetString, derOid, derSequence, derTags } from './der.js';
import { DerError, type DerReader } from './der-reader.js';
import { oids } from './oids.js';
import { readIterations } from './pbes2.js';
import { deriveFromPassword, type KdfDigest } from './pkcs12-kdf.js';

/**
 * Fewer than elsewhere, for this derivation runs in JavaScript, up to three times for each part.
 * NSS and GnuTLS write 600,000.
 */
const legacyIterationsCap = 1_000_000;

const saltOctets = 8;
const ivOctets = 8;

const sha1: KdfDigest = { name: 'sha1', blockOctets: 64, octets: 20 };

/** Tells whether `oid` names an encryption that is decrypted here. */
export function isLegacyEncryption(oid: string): boolean {
  return oid === oids.pbeTripleDes || oid === oids.pbeRc2With40Bits;
}

/** Encrypts with 3DES, with a fresh salt; 112 bits of strength, and nothing to hold off guessing but the iterations. */
export async function encryptLegacy(
  plaintext: Buffer,
  password: string,
  options: { iterations: number; random: (size: number) => Buffer },
): Promise<{ algorithm: Buffer; ciphertext: Buffer }> {
  const { iterations, random } = options;
  const salt = random(saltOctets);
  const { key, iv } = await deriveKeyAndIv(password, { salt, iterations }, 24);
  const cipher = createCipheriv('des-ede3-cbc', key, iv);
  const ciphertext = Buffer.concat([cipher.update(plaintext), cipher.final()]);
  const parameters = derSequence(derOctetString(salt), derInteger(iterations));
  return { algorithm: derSequence(derOid(oids.pbeTripleDes), parameters), ciphertext };
}

/**
 * Decrypts one ciphertext.
 *
 * @param parameters - pkcs-12PbeParams
 * @throws {DerError} when they are malformed, beyond our limits, or the padding is wrong
 */
export async function decryptLegacy(
  oid: string,
  parameters: DerReader,
  ciphertext: Buffer,
  password: string,
): Promise<Buffer> {
  const salt = parameters.read(derTags.octetString);
  const iterations = readIterations(parameters, legacyIterationsCap);
  parameters.end();
  const { key, iv } = await deriveKeyAndIv(password, { salt, iterations }, oid === oids.pbeTripleDes ? 24 : 5);
  return oid === oids.pbeTripleDes ? decryptTripleDes(key, iv, ciphertext) : decryptRc2(key, iv, ciphertext);
}

async function deriveKeyAndIv(
  password: string,
  derivation: { salt: Buffer; iterations: number },
  keyOctets: number,
): Promise<{ key: Buffer; iv: Buffer }> {
  const common = { ...derivation, digest: sha1 };
  const [key, iv] = await Promise.all([
    deriveFromPassword(password, { purpose: 'encryptionKey', ...common, size: keyOctets }),
    deriveFromPassword(password, { purpose: 'iv', ...common, size: ivOctets }),
  ]);
  return { key, iv };
}

function decryptTripleDes(key: Buffer, iv: Buffer, ciphertext: Buffer): Buffer {
  const decipher = createDecipheriv('des-ede3-cbc', key, iv);
  try {
    return Buffer.concat([decipher.update(ciphertext), decipher.final()]);
  } catch {
    throw new DerError('a part of it does not decrypt');
  }
}

async function decryptRc2(key: Buffer, iv: Buffer, ciphertext: Buffer): Promise<Buffer> {
  const { default: forge } = await import('node-forge');
  const cipher = forge.rc2.createDecryptionCipher(key.toString('latin1'), key.length * 8);
  cipher.start(iv.toString('latin1'));
  cipher.update(forge.util.createBuffer(ciphertext.toString('latin1')));
  if (!cipher.finish()) throw new DerError('a part of it does not decrypt');
  return Buffer.from(cipher.output.getBytes(), 'latin1');
}
