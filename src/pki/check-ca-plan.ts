/** Judges the plans of CA certificates, just before they are signed: self-signed roots, and intermediates below them. */
import { escapeControls, QTChatError, quote } from '../errors.js';
import { basicConstraintsOf, readCertificateFields } from './certificate-fields.js';
import { checkCommon, checkIssuedBy, checkPeriod, refusePlan } from './check-plan-parts.js';
import { type Issuer, issuingCertificate } from './issuer.js';
import { type CertificatePlan, encodeName, rootValidityDaysCap } from './plan.js';

/** The longest common name: ub-common-name (RFC 5280 appendix A.1). */
export const commonNameLength = 64;

/** More constraints than anybody reads. */
const maximumSubtrees = 100;

/**
 * Refuses the plan of a self-signed root that must not be signed.
 *
 * @throws {QTChatError} `ERR_PKI_VALIDITY` for the dates, `ERR_PKI_NAME_INVALID` for the name, `ERR_PKI_PLAN_REFUSED`
 */
export function checkRoot(plan: CertificatePlan): void {
  checkCa(plan);
  if (!plan.issuerName.equals(encodeName(plan.commonName))) throw refusePlan('a root names itself as its issuer');
  if (!plan.authorityKeyId.equals(plan.subjectKeyId)) throw refusePlan("a root identifies its own key as its issuer's");
}

/**
 * Refuses the plan of an intermediate CA that must not be signed: one without an end to the CAs below it among them.
 *
 * @throws {QTChatError} as {@link checkRoot}
 */
export function checkIntermediate(plan: CertificatePlan, issuer: Pick<Issuer, 'chain'>): void {
  checkCa(plan);
  checkIssuedBy(plan, issuer);
  const { pathLength: above } = basicConstraintsOf(readCertificateFields(issuingCertificate(issuer)));
  if (plan.pathLength === undefined || (above !== undefined && plan.pathLength >= above)) {
    throw refusePlan('its path length is not below that of its issuer');
  }
  if (plan.issuerName.equals(encodeName(plan.commonName))) throw refusePlan('it has the name of its issuer');
}

function checkCa(plan: CertificatePlan): void {
  checkCommon(plan);
  checkCaName(plan.commonName);
  checkPeriod(plan, rootValidityDaysCap);
  const usages = plan.keyUsages.join(' ');
  if (!plan.ca || usages !== 'keyCertSign cRLSign') throw refusePlan('a CA must be a CA, and only that');
  if (plan.extendedKeyUsages.length > 0 || plan.subjectAltNames.length > 0)
    throw refusePlan('a CA has no purposes and no names');
  const { permitted = [], excluded = [] } = plan.nameConstraints ?? {};
  const count = permitted.length + excluded.length;
  if (plan.nameConstraints !== undefined && (count === 0 || count > maximumSubtrees))
    throw refusePlan(`it has no name constraints or more than ${maximumSubtrees}`);
}

/**
 * Judges the common name of a CA.
 *
 * @throws {QTChatError} `ERR_PKI_NAME_INVALID`
 */
export function checkCaName(name: string): void {
  const clean = name !== '' && name.trim() === name && escapeControls(name) === name;
  if (clean && [...name].length <= commonNameLength) return;
  throw new QTChatError(
    'ERR_PKI_NAME_INVALID',
    `${quote(name)} is no name for a CA: expected 1 to ${commonNameLength} visible characters`,
    { hint: 'Choose a name such as "Our family"' },
  );
}
