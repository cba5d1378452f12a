/**
 * Reads requests for the state of certificates (OCSP, RFC 6960 §4.1) from hostile octets. Signatures
 * on requests are passed over: who asks makes no difference. What is answered is in ocsp-response.ts.
 */
import { createHash, type X509Certificate } from 'node:crypto';
import { QTChatError } from '../errors.js';
import { type CertificateExtension, readCertificateFields, readExtensionList } from './certificate-fields.js';
import { derTags } from './der.js';
import { DerError, DerLimitError, DerReader } from './der-reader.js';
import { oids } from './oids.js';

/** The longest request that is read, in octets. */
export const ocspRequestLimitBytes = 2048;

/** How many certificates one request may ask about. */
const maximumCertificates = 8;

/** RFC 9654 §2.1: what a responder must take, and the most that it may. */
const maximumNonceBytes = 128;

/** One certificate that is asked about. */
export interface OcspCertId {
  /** The whole CertID, which the answer repeats. */
  readonly encoding: Buffer;
  /** Dotted OID of the hash in which the issuer is named. */
  readonly hashAlgorithm: string;
  readonly issuerNameHash: Buffer;
  readonly issuerKeyHash: Buffer;
  /** Upper-case hex, as X509Certificate#serialNumber has it; undefined for one that no certificate of ours has. */
  readonly serialNumber: string | undefined;
}

/** What is asked. */
export interface OcspRequest {
  /** At least one. */
  readonly certIds: readonly OcspCertId[];
  /** The nonce's extension value, which the answer repeats (RFC 9654). */
  readonly nonce: Buffer | undefined;
}

/**
 * Reads a request.
 *
 * @throws {QTChatError} `ERR_PROTOCOL` when it is malformed, too long, or asks for more than is offered
 */
export function readOcspRequest(der: Buffer): OcspRequest {
  if (der.length > ocspRequestLimitBytes) throw malformed(`it is longer than ${ocspRequestLimitBytes} octets`);
  try {
    return read(der);
  } catch (error) {
    if (error instanceof DerError) throw malformed(error.message, error);
    throw error;
  }
}

/** Tells whether `issuer` has issued the certificate that is asked about, as far as its name says. */
export function isIssuedBy({ hashAlgorithm, issuerNameHash, issuerKeyHash }: OcspCertId, issuer: X509Certificate) {
  const digest = digests[hashAlgorithm];
  if (digest === undefined) return false;
  const { subject, spki } = readCertificateFields(issuer);
  const reader = new DerReader(spki).enter();
  reader.enter(); // algorithm
  const key = reader.read(derTags.bitString).subarray(1);
  const hash = (octets: Buffer): Buffer => createHash(digest).update(octets).digest();
  return hash(subject).equals(issuerNameHash) && hash(key).equals(issuerKeyHash);
}

/** The hashes in which certificates are named; SHA-1 names things here and protects nothing. */
const digests: Readonly<Record<string, string>> = {
  [oids.sha1]: 'sha1',
  [oids.sha256]: 'sha256',
  [oids.sha384]: 'sha384',
  [oids.sha512]: 'sha512',
};

function read(der: Buffer): OcspRequest {
  const outer = new DerReader(der);
  const request = outer.enter();
  outer.end();
  const tbs = request.enter();
  request.optional(0xa0); // signature
  request.end();
  if (tbs.nextTag === 0xa0) tbs.enter(0xa0).smallInteger(0);
  tbs.optional(0xa1); // who asks
  const list = tbs.enter();
  const nonce = nonceIn(readExtensions(tbs.optional(0xa2)));
  tbs.end();
  const certIds: OcspCertId[] = [];
  while (!list.done) {
    if (certIds.length === maximumCertificates) throw new DerLimitError('it asks about too many certificates');
    certIds.push(readSingle(list.enter()));
  }
  if (certIds.length === 0) throw new DerError('it asks about no certificate');
  return { certIds, nonce };
}

function readSingle(single: DerReader): OcspCertId {
  const { whole: encoding } = single.readAny();
  readExtensions(single.optional(0xa0));
  single.end();
  const reader = new DerReader(encoding).enter();
  const hashAlgorithm = reader.enter().oid();
  const issuerNameHash = reader.read(derTags.octetString);
  const issuerKeyHash = reader.read(derTags.octetString);
  const serial = reader.integer();
  reader.end();
  return { encoding, hashAlgorithm, issuerNameHash, issuerKeyHash, serialNumber: serialText(serial) };
}

function serialText(serial: bigint): string | undefined {
  const hex = serial.toString(16).toUpperCase();
  if (serial < 0n || hex.length > 40) return undefined;
  return hex.length % 2 === 0 ? hex : `0${hex}`;
}

function readExtensions(content: Buffer | undefined): ReadonlyMap<string, CertificateExtension> {
  if (content === undefined) return new Map();
  const reader = new DerReader(content);
  const extensions = readExtensionList(reader.enter());
  reader.end();
  for (const [oid, { critical }] of extensions) {
    if (critical && oid !== oids.ocspNonce) throw new DerError(`the critical extension ${oid} cannot be judged`);
  }
  return extensions;
}

function nonceIn(extensions: ReadonlyMap<string, CertificateExtension>): Buffer | undefined {
  const value = extensions.get(oids.ocspNonce)?.value;
  if (value === undefined) return undefined;
  const reader = new DerReader(value);
  const { length } = reader.read(derTags.octetString);
  reader.end();
  if (length < 1 || length > maximumNonceBytes) throw new DerError(`a nonce has ${length} octets`);
  return value;
}

function malformed(reason: string, cause?: unknown): QTChatError {
  return new QTChatError('ERR_PROTOCOL', `the question about a certificate's state cannot be read: ${reason}`, {
    cause,
  });
}
