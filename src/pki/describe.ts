/** What a certificate says, as plain values for people and JSON. Judges nothing; verify-path.ts does. */
import { createHash, type X509Certificate } from 'node:crypto';
import { isQTChatError } from '../errors.js';
import { basicConstraintsOf, extendedKeyUsagesOf, keyUsagesOf, readCertificateFields } from './certificate-fields.js';
import { type CircleName, circleNamesOf, spkiFingerprint } from './circle.js';
import { keyTypeOf } from './key-type.js';
import { nameText } from './name-text.js';
import { type SubjectAltName, subjectAltNamesIn } from './subject-alt-name.js';

/** A certificate's contents. */
export interface CertificateDescription {
  /** As {@link nameText} writes names: `CN=bob`; nobody checked the text. */
  subject: string;
  issuer: string;
  selfIssued: boolean;
  /** Upper-case hex. */
  serialNumber: string;
  notBefore: Date;
  notAfter: Date;
  /** One of ours, or OpenSSL's name for other kinds. */
  keyType: string;
  ca: boolean;
  keyUsages: string[];
  /** Names where we have one, dotted OIDs otherwise. */
  extendedKeyUsages: string[];
  names: SubjectAltName[];
  /** The member's name in its circle, when the certificate has exactly one, well-formed. */
  circle?: CircleName;
  /** SHA-256 of the DER, lower-case hex. */
  fingerprintSha256: string;
  /** SHA-256 of the SPKI, lower-case hex. */
  spkiSha256: string;
}

/**
 * Describes a certificate, valid or not.
 *
 * @throws {QTChatError} `ERR_PKI_CERTIFICATE_INVALID` when its encoding is malformed
 */
export function describeCertificate(certificate: X509Certificate): CertificateDescription {
  const fields = readCertificateFields(certificate);
  const circle = circleOf(certificate);
  return {
    subject: nameText(fields.subject),
    issuer: nameText(fields.issuer),
    selfIssued: fields.issuer.equals(fields.subject),
    serialNumber: certificate.serialNumber,
    notBefore: fields.notBefore,
    notAfter: fields.notAfter,
    keyType: keyTypeOf(certificate.publicKey) ?? certificate.publicKey.asymmetricKeyType ?? 'unknown',
    ca: basicConstraintsOf(fields).ca,
    keyUsages: keyUsagesOf(fields) ?? [],
    extendedKeyUsages: extendedKeyUsagesOf(fields) ?? [],
    names: subjectAltNamesIn(fields),
    ...(circle === undefined ? {} : { circle }),
    fingerprintSha256: createHash('sha256').update(certificate.raw).digest('hex'),
    spkiSha256: spkiFingerprint(certificate),
  };
}

function circleOf(certificate: X509Certificate): CircleName | undefined {
  try {
    const names = circleNamesOf(certificate);
    return names.length === 1 ? names[0] : undefined;
  } catch (error) {
    if (isQTChatError(error, 'ERR_PKI_CERTIFICATE_INVALID')) return undefined;
    throw error;
  }
}
