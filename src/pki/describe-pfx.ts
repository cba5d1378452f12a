/**
 * How a .pfx file is protected (RFC 7292 §4), in words. All of it stands outside of what is
 * encrypted. Judges nothing: for files that `readPfx` has opened, so that limits are kept.
 */
import { berToDer } from './ber.js';
import { derTags } from './der.js';
import { DerReader } from './der-reader.js';
import { oids } from './oids.js';
import { hmacDigests, readIterations, readPbkdf2 } from './pbes2.js';

/** The protection of one file. */
export interface PfxProtection {
  /** Such as `HMAC-SHA256, 2048 iterations`. */
  readonly mac: string;
  /** One text for each part that is encrypted on its own, in the file's order. */
  readonly encryption: readonly string[];
}

const ciphers: Readonly<Record<string, string>> = {
  [oids.aes128Cbc]: 'AES-128',
  [oids.aes192Cbc]: 'AES-192',
  [oids.aes256Cbc]: 'AES-256',
  [oids.pbeTripleDes]: '3DES',
  [oids.pbeRc2With40Bits]: '40-bit RC2',
};

const macDigests: Readonly<Record<string, string>> = {
  [oids.sha1]: 'sha1',
  [oids.sha256]: 'sha256',
  [oids.sha384]: 'sha384',
  [oids.sha512]: 'sha512',
};

/**
 * Describes the protection.
 *
 * @param file - the whole file, opened before
 * @throws {DerError} when it is malformed
 */
export function describePfxProtection(file: Buffer): PfxProtection {
  const reader = new DerReader(berToDer(file)).enter();
  reader.read(derTags.integer);
  const authSafe = reader.enter();
  authSafe.oid();
  const parts = readerOf(authSafe.enter(0xa0).read(derTags.octetString)).enter();
  const encryption: string[] = [];
  while (!parts.done) encryption.push(...partTexts(parts.enter()));
  return { mac: macText(reader.enter()), encryption };
}

function partTexts(info: DerReader): string[] {
  if (info.oid() === oids.pkcs7EncryptedData) {
    const encrypted = info.enter(0xa0).enter();
    encrypted.read(derTags.integer);
    const content = encrypted.enter();
    content.oid();
    return [`certificates: ${algorithmText(content.enter())}`];
  }
  const bags = readerOf(info.enter(0xa0).read(derTags.octetString)).enter();
  const texts: string[] = [];
  while (!bags.done) {
    const bag = bags.enter();
    const type = bag.oid();
    const value = bag.enter(0xa0);
    if (type === oids.shroudedKeyBag) texts.push(`key: ${algorithmText(value.enter().enter())}`);
    if (type === oids.certBag) texts.push('a certificate: none');
  }
  return texts;
}

function algorithmText(algorithm: DerReader): string {
  const oid = algorithm.oid();
  const parameters = algorithm.enter();
  if (oid !== oids.pbes2) {
    parameters.read(derTags.octetString);
    return `${ciphers[oid] ?? oid} under SHA-1, ${readIterations(parameters)} iterations`;
  }
  const kdf = parameters.enter();
  kdf.oid();
  const { iterations, digest } = readPbkdf2(kdf.enter());
  const cipher = parameters.enter().oid();
  return `${ciphers[cipher] ?? cipher} under PBKDF2-${hmacName(digest)}, ${iterations} iterations`;
}

function macText(macData: DerReader): string {
  const algorithm = macData.enter().enter();
  const oid = algorithm.oid();
  if (oid !== oids.pbmac1) {
    macData.read(derTags.octetString);
    return `${hmacName(macDigests[oid])}, ${macData.done ? 1 : readIterations(macData)} iterations`;
  }
  const parameters = algorithm.enter();
  const kdf = parameters.enter();
  kdf.oid();
  const { iterations, digest } = readPbkdf2(kdf.enter());
  const hmac = hmacName(hmacDigests[parameters.enter().oid()]);
  return `PBMAC1: ${hmac} under PBKDF2-${hmacName(digest)}, ${iterations} iterations`;
}

function hmacName(digest: string | undefined): string {
  return `HMAC-${digest?.toUpperCase() ?? 'unknown'}`;
}

function readerOf(octets: Buffer): DerReader {
  return new DerReader(berToDer(octets));
}
