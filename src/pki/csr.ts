/**
 * Certificate signing requests (PKCS #10, RFC 2986). From a stranger's request only the public key
 * is taken, once it has proved to hold the private one; the names it asks for are handed on for
 * others to judge. @peculiar/x509 reads what is inside, and is loaded only then.
 */
import { type KeyObject, sign, verify } from 'node:crypto';
import type { Pkcs10CertificateRequest } from '@peculiar/x509';
import { isQTChatError, QTChatError, quote } from '../errors.js';
import { berToDer } from './ber.js';
import {
  basicConstraintsOf,
  type CertificateExtension,
  type Extended,
  extendedKeyUsagesOf,
  keyUsagesOf,
} from './certificate-fields.js';
import { derBitString, derContext, derInteger, derOctetString, derOid, derSequence, derSet, derTags } from './der.js';
import { DerError, DerReader } from './der-reader.js';
import { extendedKeyUsageOids, type KeyUsage, oids } from './oids.js';
import { encodeName } from './plan.js';
import { signatureAlgorithmOf, signatureDigestOf } from './signature-algorithm.js';
import { spkiOf } from './spki.js';
import { encodeSubjectAltNames, type SubjectAltName, subjectAltNamesIn } from './subject-alt-name.js';
import { SubjectPublicKey } from './subject-public-key.js';
import { isReservedUri } from './uri.js';

/** What a request asks for, its proof of possession verified. */
export interface CertificateRequest extends RequestWishes {
  publicKey: KeyObject;
}

/** What a request asks for beside its key. */
export interface RequestWishes {
  /** The common name asked for; nobody's identity. */
  commonName: string | undefined;
  /** The names asked for; never ours, and not checked beyond their syntax. */
  names: SubjectAltName[];
  /** How many more are asked for, of kinds that no certificate of ours carries. */
  otherNames: number;
  /** The purposes asked for; what is given is the profile's to say. */
  extendedKeyUsages: string[];
  /** Types of the attributes it has, in the form 1.2.840.113549.1.9.14. */
  attributes: string[];
}

/** A CA's rights, and the two that make sense for key agreement alone: asked for, but never given. */
const oddKeyUsages: readonly KeyUsage[] = ['keyCertSign', 'cRLSign', 'encipherOnly', 'decipherOnly'];

/** Several times what RSA with 4096 bits and a few names need. */
const maximumSizeBytes = 16_384;

/**
 * Makes a request for a certificate of `key`, which signs it (RFC 2986).
 *
 * @param names - in canonical form; asked for as an extension (RFC 2985 §5.4.2)
 * @returns DER
 * @throws {QTChatError} `ERR_PKI_KEY_TYPE` for keys that are none of ours
 */
export async function createCsr(
  key: KeyObject,
  commonName: string,
  names: readonly SubjectAltName[] = [],
): Promise<Buffer> {
  const algorithm = signatureAlgorithmOf(key);
  const attributes = names.length === 0 ? [] : [extensionRequest(names)];
  const info = derSequence(derInteger(0), encodeName(commonName), spkiOf(key), derContext(0, ...attributes));
  return derSequence(info, algorithm.identifier, derBitString(sign(algorithm.digest, info, key)));
}

function extensionRequest(names: readonly SubjectAltName[]): Buffer {
  const extension = derSequence(derOid(oids.subjectAltName), derOctetString(encodeSubjectAltNames(names)));
  return derSequence(derOid(oids.extensionRequest), derSet(derSequence(extension)));
}

/**
 * Reads a request and verifies its proof of possession: the signature by the key that it presents.
 *
 * @throws {QTChatError} `ERR_PKI_CSR_REFUSED` when it is malformed, its signature does not verify, its key is too
 *   weak or of an unknown kind, or it asks to be a CA, for usages that no member has, or for a name that only the
 *   ledger may give
 */
export async function readCsr(der: Buffer): Promise<CertificateRequest> {
  const request = await parse(der);
  const publicKey = readPublicKey(der);
  if (!provesPossession(der, publicKey)) throw refused('its signature is not by the key it presents');
  return { publicKey, ...wishesOf(request) };
}

/**
 * Reads what a request asks for, and neither its key nor its signature: for a key that is made in its place
 * (RFC 7030 §4.4.1).
 *
 * @throws {QTChatError} `ERR_PKI_CSR_REFUSED` as {@link readCsr} does, but for what concerns the key
 */
export async function readWishes(der: Buffer): Promise<RequestWishes> {
  return wishesOf(await parse(der));
}

function wishesOf(request: Pkcs10CertificateRequest): RequestWishes {
  const asked = readExtensions(request);
  reading(() => refuseKeyUsages(asked));
  return {
    commonName: request.subjectName.getField('CN')[0],
    ...reading(() => readNames(asked)),
    extendedKeyUsages: reading(() => readPurposes(asked)),
    attributes: request.attributes.map(({ type }) => type),
  };
}

async function parse(der: Buffer): Promise<Pkcs10CertificateRequest> {
  if (der.length > maximumSizeBytes) throw refused(`it is longer than ${maximumSizeBytes} octets`);
  await import('reflect-metadata');
  const x509 = await import('@peculiar/x509');
  try {
    // The library would read BER as well.
    if (!berToDer(der).equals(der)) throw new DerError('it is BER');
    const request = new x509.Pkcs10CertificateRequest(der);
    void request.extensions; // decoded only when first asked for: better that it fails here
    return request;
  } catch (error) {
    throw refused('it is not PKCS #10 in DER', error);
  }
}

/** The key in the very octets received; the library would write it anew. */
function readPublicKey(der: Buffer): KeyObject {
  return reading(() => {
    const info = new DerReader(der).enter().enter();
    info.integer(); // version
    info.readAny(); // subject
    return SubjectPublicKey.parse(info.readAny().whole).keyObject;
  });
}

/** Verifies the signature over the very octets received (RFC 2986 §4.2). */
function provesPossession(der: Buffer, key: KeyObject): boolean {
  return reading(() => {
    const request = new DerReader(der).enter();
    const { whole: info } = request.readAny();
    const algorithm = request.enter().oid();
    const [unusedBits, ...signature] = request.read(derTags.bitString);
    request.end();
    const digest = signatureDigestOf(algorithm, key);
    if (digest === undefined || unusedBits !== 0) return false;
    return verify(digest, info, key, Buffer.from(signature));
  });
}

function readExtensions(request: Pkcs10CertificateRequest): Extended {
  const extensions = new Map<string, CertificateExtension>();
  for (const { type, critical, value } of request.extensions) {
    if (extensions.has(type)) throw refused(`it asks twice for the extension ${type}`);
    extensions.set(type, { critical, value: Buffer.from(value) });
  }
  return { extensions };
}

function refuseKeyUsages(asked: Extended): void {
  if (basicConstraintsOf(asked).ca) throw refused('it asks to be a CA');
  const odd = keyUsagesOf(asked)?.find((usage) => oddKeyUsages.includes(usage));
  if (odd !== undefined) throw refused(`it asks for the key usage ${odd}, which no member has`);
}

function readPurposes(asked: Extended): string[] {
  const purposes = extendedKeyUsagesOf(asked) ?? [];
  const odd = purposes.find((purpose) => !Object.hasOwn(extendedKeyUsageOids, purpose));
  if (odd !== undefined) throw refused(`it asks for the purpose ${odd}, which no certificate of ours has`);
  return purposes;
}

function readNames(asked: Extended): Pick<CertificateRequest, 'names' | 'otherNames'> {
  const names = subjectAltNamesIn(asked);
  const reserved = names.find((name) => name.type === 'uri' && isReservedUri(name.value));
  if (reserved !== undefined) {
    throw refused(`it asks for the name ${quote(reserved.value)}, which only the ledger gives`);
  }
  return { names, otherNames: countNames(asked) - names.length };
}

function countNames({ extensions }: Extended): number {
  const value = extensions.get(oids.subjectAltName)?.value;
  const reader = new DerReader(value ?? derSequence()).enter();
  let count = 0;
  for (; !reader.done; count += 1) reader.readAny();
  return count;
}

function reading<Result>(read: () => Result): Result {
  try {
    return read();
  } catch (error) {
    if (error instanceof DerError) throw refused(`it is malformed: ${error.message}`, error);
    if (isQTChatError(error, 'ERR_PKI_CERTIFICATE_INVALID')) throw refused(`its ${error.message}`, error);
    if (isQTChatError(error, 'ERR_PKI_KEY_TYPE')) throw refused(error.message, error);
    throw error;
  }
}

function refused(reason: string, cause?: unknown): QTChatError {
  return new QTChatError('ERR_PKI_CSR_REFUSED', `the certificate signing request is refused: ${reason}`, { cause });
}
