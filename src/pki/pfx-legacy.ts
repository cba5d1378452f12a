/**
 * Decrypts what .pfx files before 2022 used: 3DES and 40-bit RC2 under PKCS #12's own key derivation
 * (RFC 7292 appendix C). Read only; node-forge has the derivation, and RC2, which Node's OpenSSL lacks.
 */
import { createDecipheriv } from 'node:crypto';
import { derTags } from './der.js';
import { DerError, type DerReader } from './der-reader.js';
import { oids } from './oids.js';
import { readIterations } from './pbes2.js';

/** Fewer than elsewhere, for this derivation runs in JavaScript; files of this kind have 1 to 50,000. */
const legacyIterationsCap = 100_000;

/** Tells whether `oid` names an encryption that is decrypted here. */
export function isLegacyEncryption(oid: string): boolean {
  return oid === oids.pbeTripleDes || oid === oids.pbeRc2With40Bits;
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
  const { default: forge } = await import('node-forge');
  const derive = (id: number, size: number) => {
    const octets = forge.pkcs12.generateKey(
      password,
      forge.util.createBuffer(salt.toString('latin1')),
      id,
      iterations,
      size,
    );
    return Buffer.from(octets.getBytes(), 'latin1');
  };
  const iv = derive(2, 8);
  if (oid === oids.pbeTripleDes) return decryptTripleDes(derive(1, 24), iv, ciphertext);
  const cipher = forge.rc2.createDecryptionCipher(derive(1, 5).toString('latin1'), 40);
  cipher.start(iv.toString('latin1'));
  cipher.update(forge.util.createBuffer(ciphertext.toString('latin1')));
  if (!cipher.finish()) throw new DerError('a part of it does not decrypt');
  return Buffer.from(cipher.output.getBytes(), 'latin1');
}

function decryptTripleDes(key: Buffer, iv: Buffer, ciphertext: Buffer): Buffer {
  const decipher = createDecipheriv('des-ede3-cbc', key, iv);
  try {
    return Buffer.concat([decipher.update(ciphertext), decipher.final()]);
  } catch {
    throw new DerError('a part of it does not decrypt');
  }
}
