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
  const text = reader.read(utc ? derTags.utcTime : derTags.generalizedTime);
  const yearDigits = utc ? 2 : 4;
  if (text.length !== yearDigits + 11 || text[yearDigits + 10] !== 0x5a) throw new DerError('a time is malformed');
  const digits = digitsAt(text, 0, yearDigits);
  const year = utc ? digits + (digits < 50 ? 2000 : 1900) : digits;
  const [month, day] = [digitsAt(text, yearDigits, 2), digitsAt(text, yearDigits + 2, 2)];
  const hour = digitsAt(text, yearDigits + 4, 2);
  const minute = digitsAt(text, yearDigits + 6, 2);
  const second = digitsAt(text, yearDigits + 8, 2);
  const date = new Date(Date.UTC(year, month - 1, day, hour, minute, second));
  // A 31st of February would have become a day in March, and a year before 100 one of the last century.
  const exists =
    date.getUTCFullYear() === year &&
    date.getUTCMonth() === month - 1 &&
    date.getUTCDate() === day &&
    hour < 24 &&
    minute < 60 &&
    second < 60;
  if (!exists) throw new DerError('a time does not exist');
  return date;
}

function digitsAt(text: Buffer, start: number, count: number): number {
  let value = 0;
  for (let at = start; at < start + count; at += 1) {
    const digit = (text[at] ?? 0) - 0x30;
    if (digit < 0 || digit > 9) throw new DerError('a time is malformed');
    value = value * 10 + digit;
  }
  return value;
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

const keyUsageNames = Object.keys(keyUsageBits) as KeyUsage[];

/** keyUsage (RFC 5280 §4.2.1.3); undefined when absent, which restricts nothing. */
export function keyUsagesOf(fields: Extended): KeyUsage[] | undefined {
  const extension = fields.extensions.get(oids.keyUsage);
  if (extension === undefined) return undefined;
  return parsing('keyUsage', () => {
    // The first octet counts unused bits.
    const octets = new DerReader(extension.value).read(derTags.bitString);
    return keyUsageNames.filter((_, bit) => ((octets[1 + (bit >> 3)] ?? 0) & (0x80 >> (bit & 7))) !== 0);
  });
}

const extendedKeyUsageNames = new Map<string, string>(
  Object.entries(extendedKeyUsageOids).map(([name, oid]) => [oid, name]),
);

/** extendedKeyUsage (RFC 5280 §4.2.1.12): names where we have one, dotted OIDs otherwise; undefined when absent. */
export function extendedKeyUsagesOf(fields: Extended): string[] | undefined {
  const extension = fields.extensions.get(oids.extendedKeyUsage);
  if (extension === undefined) return undefined;
  return parsing('extendedKeyUsage', () => {
    const reader = new DerReader(extension.value).enter();
    const usages: string[] = [];
    while (!reader.done) usages.push(reader.oid());
    return usages.map((oid) => extendedKeyUsageNames.get(oid) ?? oid);
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
