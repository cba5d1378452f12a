/**
 * Reads the fields of a certificate that Node's X509Certificate keeps to itself or shows only as
 * text: names as octets, exact dates, and the extensions (RFC 5280 §4.1, §4.2). Judges nothing.
 */
import type { X509Certificate } from 'node:crypto';
import { QTChatError } from '../errors.js';
import { derTags } from './der.js';
import { DerError, DerReader } from './der-reader.js';
import { extendedKeyUsageOids, type KeyUsage, keyUsageBits, oids } from './oids.js';

/** One extension as encoded; `value` is the content of its OCTET STRING. */
export interface CertificateExtension {
  readonly critical: boolean;
  readonly value: Buffer;
}

/** Extensions by dotted OID, of a certificate or of a request for one. */
export interface Extended {
  extensions: ReadonlyMap<string, CertificateExtension>;
}

/** The fields of a TBSCertificate. */
export interface CertificateFields extends Extended {
  /** The whole TBSCertificate: what the signature covers. */
  readonly tbs: Buffer;
  /** 1, 2 or 3. */
  readonly version: number;
  /** Content of the INTEGER. */
  readonly serialNumber: Buffer;
  /** Dotted OID of the signature's algorithm. */
  readonly signatureAlgorithm: string;
  /** Issuer and subject as complete Name encodings, for octet-wise comparison and copying. */
  readonly issuer: Buffer;
  readonly subject: Buffer;
  readonly notBefore: Date;
  readonly notAfter: Date;
  /** SubjectPublicKeyInfo as it stands in the certificate. */
  readonly spki: Buffer;
  /** By dotted OID. */
  readonly extensions: ReadonlyMap<string, CertificateExtension>;
}

/** Certificates do not change, and issuing asks for the issuer's fields again and again. */
const alreadyRead = new WeakMap<X509Certificate, CertificateFields>();

/**
 * Reads a certificate's fields.
 *
 * @throws {QTChatError} `ERR_PKI_CERTIFICATE_INVALID` when they break RFC 5280's syntax
 */
export function readCertificateFields(certificate: X509Certificate): CertificateFields {
  const known = alreadyRead.get(certificate);
  if (known !== undefined) return known;
  const fields = parseCertificateFields(certificate.raw);
  alreadyRead.set(certificate, fields);
  return fields;
}

/**
 * Reads the fields of a certificate in DER, of which nothing was judged yet.
 *
 * @throws {QTChatError} `ERR_PKI_CERTIFICATE_INVALID` when they break RFC 5280's syntax
 */
export function parseCertificateFields(der: Buffer): CertificateFields {
  return parsing('certificate', () => {
    const { whole: tbs } = new DerReader(der).enter().readAny();
    const reader = new DerReader(tbs).enter();
    const version = reader.nextTag === 0xa0 ? reader.enter(0xa0).smallInteger(2) + 1 : 1;
    const serialNumber = reader.read(derTags.integer);
    const signatureAlgorithm = reader.enter().oid();
    const { whole: issuer } = reader.readAny();
    const validity = reader.enter();
    const notBefore = readTime(validity);
    const notAfter = readTime(validity);
    const { whole: subject } = reader.readAny();
    const { whole: spki } = reader.readAny();
    reader.optional(0x81);
    reader.optional(0x82);
    const extensions = readExtensions(reader.optional(0xa3));
    reader.end();
    return { tbs, version, serialNumber, signatureAlgorithm, issuer, subject, notBefore, notAfter, spki, extensions };
  });
}

function readExtensions(content: Buffer | undefined): Map<string, CertificateExtension> {
  return content === undefined ? new Map() : readExtensionList(new DerReader(content).enter());
}

/**
 * Reads the content of Extensions (RFC 5280 §4.1).
 *
 * @throws {DerError} when it is malformed, or one of them appears twice
 */
export function readExtensionList(list: DerReader): Map<string, CertificateExtension> {
  const extensions = new Map<string, CertificateExtension>();
  while (!list.done) {
    const extension = list.enter();
    const oid = extension.oid();
    const critical = extension.optionalBoolean();
    const value = extension.read(derTags.octetString);
    extension.end();
    if (extensions.has(oid)) throw new DerError(`extension ${oid} appears twice`);
    extensions.set(oid, { critical, value });
  }
  return extensions;
}

/**
 * Reads the UTCTime or GeneralizedTime of RFC 5280 §4.1.2.5: Zulu, with seconds, no fractions.
 *
 * @throws {DerError} when it is anything else
 */
export function readTime(reader: DerReader): Date {
  const utc = reader.nextTag === derTags.utcTime;
  const text = reader.read(utc ? derTags.utcTime : derTags.generalizedTime).toString('latin1');
  const parts = /^(\d{2}|\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/.exec(text);
  const [, year = '', month, day, hour, minute, second] = parts ?? [];
  if (parts === null || year.length !== (utc ? 2 : 4)) throw new DerError('a time is malformed');
  const century = utc ? (Number(year) < 50 ? '20' : '19') : '';
  const iso = `${century}${year}-${month}-${day}T${hour}:${minute}:${second}`;
  const date = new Date(`${iso}Z`);
  if (Number.isNaN(date.getTime()) || !date.toISOString().startsWith(iso)) throw new DerError('a time does not exist');
  return date;
}

/** basicConstraints (RFC 5280 §4.2.1.9); `ca: false` when absent. */
export function basicConstraintsOf(fields: Extended): { ca: boolean; pathLength?: number } {
  const extension = fields.extensions.get(oids.basicConstraints);
  if (extension === undefined) return { ca: false };
  return parsing('basicConstraints', () => {
    const reader = new DerReader(extension.value).enter();
    const ca = reader.optionalBoolean();
    if (reader.done) return { ca };
    const pathLength = reader.smallInteger(255);
    reader.end();
    return { ca, pathLength };
  });
}

/** keyUsage (RFC 5280 §4.2.1.3); undefined when absent, which restricts nothing. */
export function keyUsagesOf(fields: Extended): KeyUsage[] | undefined {
  const extension = fields.extensions.get(oids.keyUsage);
  if (extension === undefined) return undefined;
  return parsing('keyUsage', () => {
    const octets = new DerReader(extension.value).read(derTags.bitString).subarray(1);
    const names = Object.keys(keyUsageBits) as KeyUsage[];
    return names.filter((name) => {
      const bit = keyUsageBits[name];
      return ((octets[bit >> 3] ?? 0) & (0x80 >> (bit & 7))) !== 0;
    });
  });
}

/** extendedKeyUsage (RFC 5280 §4.2.1.12): names where we have one, dotted OIDs otherwise; undefined when absent. */
export function extendedKeyUsagesOf(fields: Extended): string[] | undefined {
  const extension = fields.extensions.get(oids.extendedKeyUsage);
  if (extension === undefined) return undefined;
  return parsing('extendedKeyUsage', () => {
    const reader = new DerReader(extension.value).enter();
    const usages: string[] = [];
    while (!reader.done) usages.push(reader.oid());
    return usages.map((oid) => Object.entries(extendedKeyUsageOids).find(([, known]) => known === oid)?.[0] ?? oid);
  });
}

/** subjectKeyIdentifier (RFC 5280 §4.2.1.2); undefined when absent. */
export function subjectKeyIdOf(fields: CertificateFields): Buffer | undefined {
  const extension = fields.extensions.get(oids.subjectKeyIdentifier);
  if (extension === undefined) return undefined;
  return parsing('subjectKeyIdentifier', () => new DerReader(extension.value).read(derTags.octetString));
}

/** The key identifier in authorityKeyIdentifier (RFC 5280 §4.2.1.1); undefined when absent. */
export function authorityKeyIdOf(fields: CertificateFields): Buffer | undefined {
  const extension = fields.extensions.get(oids.authorityKeyIdentifier);
  if (extension === undefined) return undefined;
  return parsing('authorityKeyIdentifier', () => new DerReader(extension.value).enter().optional(0x80));
}

/** Runs a parser of `what`, turning malformed DER into `ERR_PKI_CERTIFICATE_INVALID`. */
export function parsing<Result>(what: string, parse: () => Result): Result {
  try {
    return parse();
  } catch (error) {
    if (!(error instanceof DerError)) throw error;
    throw new QTChatError('ERR_PKI_CERTIFICATE_INVALID', `${what} is malformed: ${error.message}`, { cause: error });
  }
}
