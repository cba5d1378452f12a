/** What holds for the plan of every certificate, and of every one below an issuer; shared by the judges of plans. */
import { QTChatError } from '../errors.js';
import { readCertificateFields } from './certificate-fields.js';
import { dayMs } from './day.js';
import { type Issuer, issuingCertificate, issuingKeyId } from './issuer.js';
import type { CertificatePlan } from './plan.js';
import { SubjectPublicKey } from './subject-public-key.js';

/**
 * Judges serial number and key.
 *
 * @throws {QTChatError} `ERR_PKI_PLAN_REFUSED`
 */
export function checkCommon(plan: CertificatePlan): void {
  const { serialNumber, publicKey, subjectKeyId } = plan;
  if (!/^(?!00)([0-9A-F]{2}){8,20}$/.test(serialNumber) || /^[89A-F].{39}$/.test(serialNumber)) {
    throw refusePlan('its serial number is not positive, unguessable and at most 20 octets long');
  }
  // Nothing but a checked key is one of these.
  if (!(publicKey instanceof SubjectPublicKey)) throw refusePlan('its key was not checked');
  if (!subjectKeyId.equals(publicKey.identifier)) throw refusePlan("its subjectKeyIdentifier is not its key's");
}

/**
 * Judges the dates by themselves.
 *
 * @throws {QTChatError} `ERR_PKI_VALIDITY`, `ERR_PKI_PLAN_REFUSED` for fractions of a second
 */
export function checkPeriod({ notBefore, notAfter }: CertificatePlan, maximumDays: number): void {
  const [startMs, endMs] = [notBefore.getTime(), notAfter.getTime()];
  if (startMs % 1000 !== 0 || endMs % 1000 !== 0) throw refusePlan('its dates are not whole seconds');
  if (!(startMs < endMs)) throw notPossible('it ends before it begins');
  if (endMs - startMs >= maximumDays * dayMs) throw notPossible(`it lasts longer than ${maximumDays} days`);
}

/**
 * Judges what ties a certificate to its issuer: dates within the issuers', its name and key as the issuer
 * has them, and a key of its own.
 *
 * @throws {QTChatError} `ERR_PKI_VALIDITY`, `ERR_PKI_PLAN_REFUSED`
 */
export function checkIssuedBy(plan: CertificatePlan, issuer: Pick<Issuer, 'chain'>): void {
  for (const certificate of issuer.chain) {
    const { notBefore, notAfter } = readCertificateFields(certificate);
    if (plan.notBefore < notBefore || plan.notAfter > notAfter) throw notPossible('it exceeds that of its issuer');
  }
  const { subject } = readCertificateFields(issuingCertificate(issuer));
  if (!plan.issuerName.equals(subject)) throw refusePlan('its issuer is not named as the CA names itself');
  if (!plan.authorityKeyId.equals(issuingKeyId(issuer))) throw refusePlan("its authorityKeyIdentifier is not the CA's");
  if (issuer.chain.some((certificate) => readCertificateFields(certificate).spki.equals(plan.publicKey.der))) {
    throw refusePlan('it may not hold the key of a CA above it');
  }
}

/** The refusal of a plan; `reason` is half a sentence. */
export function refusePlan(reason: string): QTChatError {
  return new QTChatError('ERR_PKI_PLAN_REFUSED', `the certificate is not issued: ${reason}`);
}

function notPossible(reason: string): QTChatError {
  return new QTChatError('ERR_PKI_VALIDITY', `the certificate's validity is not possible: ${reason}`);
}
