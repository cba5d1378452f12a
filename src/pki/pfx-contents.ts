/**
 * Walks through the contents of a .pfx file (RFC 7292 §4) whose MAC was verified, decrypting as it
 * goes. A private key that is not encrypted by itself is refused: programs that skip the MAC would
 * open such a file with any password.
 */
import { createPrivateKey, type KeyObject, type X509Certificate } from 'node:crypto';
import { QTChatError } from '../errors.js';
import { berToDer } from './ber.js';
import { derTags } from './der.js';
import { DerError, DerLimitError, DerReader } from './der-reader.js';
import { oids } from './oids.js';
import { type DeriveKey, decryptPbes2, keysFrom } from './pbes2.js';
import { parseCertificate } from './pem.js';
import { decryptLegacy, isLegacyEncryption } from './pfx-legacy.js';
import { usableKey } from './private-key.js';

/** More than any sensible file has. */
const maximumParts = 10;
const maximumBags = 50;

/** Parts and keys that are encrypted on their own; each costs a key derivation, of seconds if the file wants it so. */
const maximumDerivations = 4;

/** What was found, in the file's order. */
export interface PfxContents {
  key: KeyObject | undefined;
  certificates: X509Certificate[];
}

/**
 * Reads AuthenticatedSafe.
 *
 * @throws {DerError} when it is malformed, {DerLimitError} beyond our limits
 * @throws {QTChatError} `ERR_PKI_PFX_REFUSED` for a key without encryption
 */
export async function readContents(authenticatedSafe: Buffer, password: string): Promise<PfxContents> {
  const contents: PfxContents = { key: undefined, certificates: [] };
  const parts = readerOf(authenticatedSafe).enter();
  let derivations = 0;
  const derive = keysFrom(password);
  const decryptNext: Decrypt = (algorithm, ciphertext) => {
    derivations += 1;
    if (derivations > maximumDerivations) {
      throw new DerLimitError(`it has more than ${maximumDerivations} encrypted parts`);
    }
    return decrypt(algorithm, ciphertext, { password, derive });
  };
  let bags = 0;
  for (let part = 0; !parts.done; part += 1) {
    if (part === maximumParts) throw new DerLimitError(`it has more than ${maximumParts} parts`);
    const safe = readerOf(await readPart(parts.enter(), decryptNext)).enter();
    for (; !safe.done; bags += 1) {
      if (bags === maximumBags) throw new DerLimitError(`it has more than ${maximumBags} keys and certificates`);
      await readBag(safe.enter(), decryptNext, contents);
    }
  }
  return contents;
}

type Decrypt = (algorithm: DerReader, ciphertext: Buffer) => Promise<Buffer>;

/** A reader of one BER value. */
function readerOf(octets: Buffer): DerReader {
  return new DerReader(berToDer(octets));
}

/** SafeContents of one ContentInfo: plain (its keys are encrypted one by one) or encrypted as a whole. */
async function readPart(info: DerReader, decryptNext: Decrypt): Promise<Buffer> {
  const type = info.oid();
  const content = info.enter(0xa0);
  info.end();
  if (type === oids.pkcs7Data) return content.read(derTags.octetString);
  if (type !== oids.pkcs7EncryptedData)
    throw new DerError('a part of it is encrypted for a certificate, not a password');
  const encrypted = content.enter();
  encrypted.smallInteger(2);
  const inner = encrypted.enter();
  if (inner.oid() !== oids.pkcs7Data) throw new DerError('a part of it is of an unknown type');
  const algorithm = inner.enter();
  return decryptNext(algorithm, implicitOctetString(inner));
}

/** `[0] IMPLICIT OCTET STRING`, in one piece or, as BER allows, in several. */
function implicitOctetString(reader: DerReader): Buffer {
  const whole = reader.optional(0x80);
  if (whole !== undefined) return whole;
  const pieces = reader.enter(0xa0);
  const octets: Buffer[] = [];
  while (!pieces.done) octets.push(pieces.read(derTags.octetString));
  return Buffer.concat(octets);
}

async function decrypt(
  algorithm: DerReader,
  ciphertext: Buffer,
  { password, derive }: { password: string; derive: DeriveKey },
): Promise<Buffer> {
  const oid = algorithm.oid();
  if (oid === oids.pbes2) return decryptPbes2(algorithm.enter(), ciphertext, derive);
  if (isLegacyEncryption(oid)) return decryptLegacy(oid, algorithm.enter(), ciphertext, password);
  throw new DerError(`a part of it is encrypted in an unsupported way (${oid})`);
}

/** SafeBag (RFC 7292 §4.2); CRLs, secrets and attributes are passed over. */
async function readBag(bag: DerReader, decryptNext: Decrypt, contents: PfxContents): Promise<void> {
  const type = bag.oid();
  const value = bag.enter(0xa0);
  if (type === oids.keyBag) {
    throw new QTChatError('ERR_PKI_PFX_REFUSED', 'the .pfx file holds a private key without encryption of its own', {
      hint: 'Make it anew with openssl pkcs12 -export',
    });
  }
  if (type === oids.shroudedKeyBag) {
    // Before it costs another key derivation.
    if (contents.key !== undefined) throw new DerError('it holds more than one private key');
    contents.key = await readKey(value.enter(), decryptNext);
  }
  if (type === oids.certBag) {
    const certificate = value.enter();
    if (certificate.oid() === oids.x509Certificate) {
      contents.certificates.push(readCertificate(certificate.enter(0xa0).read(derTags.octetString)));
    }
  }
}

async function readKey(encrypted: DerReader, decryptNext: Decrypt): Promise<KeyObject> {
  const algorithm = encrypted.enter();
  const plaintext = await decryptNext(algorithm, encrypted.read(derTags.octetString));
  try {
    return usableKey(createPrivateKey({ key: plaintext, format: 'der', type: 'pkcs8' }));
  } catch {
    // The cause stays here: it could tell something of the plaintext.
    throw new DerError('its private key is malformed');
  }
}

function readCertificate(der: Buffer): X509Certificate {
  try {
    return parseCertificate(der);
  } catch {
    throw new DerError('one of its certificates is malformed');
  }
}
