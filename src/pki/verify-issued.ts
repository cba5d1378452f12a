/**
 * Reads a certificate of ours back, as a stranger would, before it leaves: its path must be valid
 * for every purpose it carries, and its fields must be those of the plan.
 */
import type { X509Certificate } from 'node:crypto';
import { QTChatError } from '../errors.js';
import {
  basicConstraintsOf,
  extendedKeyUsagesOf,
  keyUsagesOf,
  readCertificateFields,
  subjectKeyIdOf,
} from './certificate-fields.js';
import { type Issuer, rootCertificate } from './issuer.js';
import { type CertificatePlan, encodeName } from './plan.js';
import { subjectAltNamesIn } from './subject-alt-name.js';
import { verifyPath } from './verify-path.js';

/**
 * Verifies a certificate just issued to a member.
 *
 * @throws {QTChatError} `ERR_PKI_PATH_INVALID`; the certificate must not be used
 */
export function verifyIssued(certificate: X509Certificate, plan: CertificatePlan, issuer: Issuer): void {
  verifyFields(certificate, plan);
  const path = [certificate, ...issuer.chain];
  const judgements = [
    { at: plan.notAfter },
    ...plan.extendedKeyUsages.map((purpose) => ({ at: plan.notBefore, purpose })),
  ];
  for (const judgement of judgements) {
    const [fault] = verifyPath(path, rootCertificate(issuer), judgement);
    if (fault !== undefined) throw notIssued(fault.message);
  }
}

/**
 * Verifies a root just made.
 *
 * @throws {QTChatError} `ERR_PKI_PATH_INVALID`; the root must not be used
 */
export function verifyIssuedRoot(root: X509Certificate, plan: CertificatePlan): void {
  verifyFields(root, plan);
  if (!root.checkIssued(root) || !root.verify(root.publicKey)) throw notIssued('its signature is not its own');
}

function verifyFields(certificate: X509Certificate, plan: CertificatePlan): void {
  const fields = readCertificateFields(certificate);
  const found = {
    serialNumber: certificate.serialNumber,
    subject: fields.subject.toString('hex'),
    notBefore: fields.notBefore,
    notAfter: fields.notAfter,
    ca: basicConstraintsOf(fields).ca,
    keyUsages: keyUsagesOf(fields),
    extendedKeyUsages: extendedKeyUsagesOf(fields) ?? [],
    subjectAltNames: subjectAltNamesIn(fields),
    subjectKeyId: subjectKeyIdOf(fields)?.toString('hex'),
  };
  const planned = {
    serialNumber: plan.serialNumber,
    subject: encodeName(plan.commonName).toString('hex'),
    notBefore: plan.notBefore,
    notAfter: plan.notAfter,
    ca: plan.ca,
    keyUsages: plan.keyUsages,
    extendedKeyUsages: plan.extendedKeyUsages,
    subjectAltNames: plan.subjectAltNames,
    subjectKeyId: plan.subjectKeyId.toString('hex'),
  };
  const same = JSON.stringify(found) === JSON.stringify(planned);
  if (!same || !fields.issuer.equals(plan.issuerName) || !certificate.publicKey.equals(plan.publicKey)) {
    throw notIssued('its fields are not those that were planned');
  }
}

function notIssued(reason: string): QTChatError {
  return new QTChatError('ERR_PKI_PATH_INVALID', `the new certificate does not verify and is thrown away: ${reason}`);
}
