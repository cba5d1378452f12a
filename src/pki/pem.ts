/** Certificates between their file forms (PEM and DER, RFC 7468) and memory. Keys are in private-key.ts. */
import { X509Certificate } from 'node:crypto';
import { QTChatError } from '../errors.js';
import { spkiOf } from './spki.js';

const certificateBlock = /-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----/g;

/** More than any chain has; keeps a hostile file from costing much. */
const maximumCertificates = 100;

/**
 * Reads every certificate of a PEM text (other blocks and text around them are passed over), or the one of a DER file.
 *
 * @returns at least one certificate, in the file's order
 * @throws {QTChatError} `ERR_PKI_CERTIFICATE_INVALID`
 */
export function parseCertificates(file: string | Buffer): X509Certificate[] {
  if (typeof file !== 'string' && file[0] === 0x30) return [parseCertificate(file)];
  const text = typeof file === 'string' ? file : file.toString('latin1');
  const blocks = text.match(certificateBlock) ?? [];
  if (blocks.length === 0) {
    throw new QTChatError(
      'ERR_PKI_CERTIFICATE_INVALID',
      'no certificate found: expected PEM with BEGIN CERTIFICATE, or DER',
    );
  }
  if (blocks.length > maximumCertificates) {
    throw new QTChatError('ERR_PKI_CERTIFICATE_INVALID', `more than ${maximumCertificates} certificates in one file`);
  }
  return blocks.map((block) => parseCertificate(Buffer.from(block.replace(/-----[A-Z ]+-----/g, ''), 'base64')));
}

/**
 * Reads one certificate, and nothing but one, whose public key is readable too.
 *
 * @throws {QTChatError} `ERR_PKI_CERTIFICATE_INVALID`
 */
export function parseCertificate(der: Buffer): X509Certificate {
  const certificate = decode(der);
  // OpenSSL would pass over octets behind the certificate.
  if (certificate?.raw.equals(der)) return certificate;
  throw new QTChatError('ERR_PKI_CERTIFICATE_INVALID', 'the certificate is malformed: expected X.509 in DER or PEM');
}

function decode(der: Buffer): X509Certificate | undefined {
  try {
    const certificate = new X509Certificate(der);
    // Decoded only when first asked for, and then taken even if it is no point of its curve: better that it fails here.
    return spkiOf(certificate.publicKey).length > 0 ? certificate : undefined;
  } catch {
    return undefined;
  }
}

/** The certificates in PEM, one after the other, with a newline at the end. */
export function toPem(...certificates: readonly X509Certificate[]): string {
  return certificates.map((certificate) => certificate.toString()).join('');
}
