/**
 * Certificates in the form of PKCS #7 (`.p7b`): a SignedData that signs nothing, "certs-only"
 * (RFC 5652 §5, RFC 8551 §3.8). Signatures in such a file are not looked at: each certificate speaks for itself.
 */
import type { X509Certificate } from 'node:crypto';
import { QTChatError } from '../errors.js';
import { berToDer, innerTagOf } from './ber.js';
import { derContext, derInteger, derOid, derSequence, derSet, derTags } from './der.js';
import { DerError, DerReader } from './der-reader.js';
import { oids } from './oids.js';
import { parseCertificate } from './pem.js';
import { decodePem, encodePem } from './pem-block.js';

/** RFC 7468 §8 and §9; the first is what we write. */
const labels = ['PKCS7', 'CMS'];

/** More than any chain has; keeps a hostile file from costing much. */
const maximumCertificates = 100;

/** Version of a SignedData with X.509 certificates alone and without signers (RFC 5652 §5.1). */
const version1 = 1;

/** The certificates as a PEM file with BEGIN PKCS7, in the order given. */
export function toPkcs7(certificates: readonly X509Certificate[]): string {
  return encodePem('PKCS7', pkcs7Of(certificates));
}

/** The certificates in the order given: BER, in which a SET OF needs none. */
export function pkcs7Of(certificates: readonly X509Certificate[]): Buffer {
  const signedData = derSequence(
    derInteger(version1),
    derSet(), // digest algorithms
    derSequence(derOid(oids.pkcs7Data)),
    derContext(0, ...certificates.map(({ raw }) => raw)),
    derSet(), // signers
  );
  return derSequence(derOid(oids.pkcs7SignedData), derContext(0, signedData));
}

/** The BER of the one PKCS #7 in a file, PEM or not; undefined when the file is something else. */
export function pkcs7InFile(file: Buffer): Buffer | undefined {
  if (file[0] !== derTags.sequence) return decodePem(file, labels)[0];
  // A ContentInfo begins with its type, a Certificate with a SEQUENCE.
  return innerTagOf(file) === derTags.oid ? file : undefined;
}

/**
 * Reads the certificates of a PKCS #7. A SET has no order, so the one that issued no other comes first, then
 * its issuer, and so on; whatever does not belong to that chain comes last.
 *
 * @returns at least one
 * @throws {QTChatError} `ERR_PKI_CERTIFICATE_INVALID`
 */
export function readPkcs7(ber: Buffer): X509Certificate[] {
  const encodings = readCertificateSet(ber);
  if (encodings.length === 0) throw invalid('it holds no certificate');
  if (encodings.length > maximumCertificates) throw invalid(`it holds more than ${maximumCertificates} certificates`);
  return inOrder(encodings.map(parseCertificate));
}

function readCertificateSet(ber: Buffer): Buffer[] {
  try {
    const outer = new DerReader(berToDer(ber));
    const contentInfo = outer.enter();
    outer.end();
    if (contentInfo.oid() !== oids.pkcs7SignedData) throw new DerError('it is not signed data');
    const signedData = contentInfo.enter(0xa0).enter();
    signedData.smallInteger(5);
    signedData.read(derTags.set);
    signedData.read(derTags.sequence);
    const set = new DerReader(signedData.optional(0xa0) ?? Buffer.alloc(0));
    const encodings: Buffer[] = [];
    while (!set.done) encodings.push(set.readAny().whole);
    return encodings;
  } catch (error) {
    if (error instanceof DerError) throw invalid(error.message, error);
    throw error;
  }
}

function inOrder(certificates: readonly X509Certificate[]): X509Certificate[] {
  const isIssuer = (one: X509Certificate): boolean =>
    certificates.some((other) => other !== one && other.checkIssued(one));
  const ordered: X509Certificate[] = [];
  let next = certificates.find((one) => !isIssuer(one)) ?? certificates[0];
  while (next !== undefined) {
    const last: X509Certificate = next;
    ordered.push(last);
    next = certificates.find((one) => !ordered.includes(one) && last.checkIssued(one));
  }
  return [...ordered, ...certificates.filter((one) => !ordered.includes(one))];
}

function invalid(reason: string, cause?: unknown): QTChatError {
  return new QTChatError('ERR_PKI_CERTIFICATE_INVALID', `the PKCS #7 cannot be read: ${reason}`, { cause });
}
