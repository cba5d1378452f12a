/**
 * Judges the final plan of a certificate, just before it is signed: whatever request, profile or
 * later edit led to it, nothing passes that no certificate of ours may contain.
 */
import { escapeControls, QTChatError, quote } from '../errors.js';
import { canonicalName } from './canonical-name.js';
import { readCertificateFields, subjectKeyIdOf } from './certificate-fields.js';
import { circleIdOf, circleUri } from './circle.js';
import { dayMs } from './day.js';
import { type Issuer, issuingCertificate, rootCertificate } from './issuer.js';
import { keyTypeOf } from './key-type.js';
import { parseMemberName } from './member-name.js';
import { type CertificatePlan, encodeName, rootValidityDaysCap } from './plan.js';
import { profileExtendedKeyUsages, profileKeyUsages, validityDaysCap } from './profile.js';
import { keyIdentifier, samePublicKey } from './spki.js';
import { isReservedUri } from './uri.js';

/** More names than any machine has; keeps certificates small enough for one TLS record. */
const maximumNames = 100;

/** The longest common name: ub-common-name (RFC 5280 appendix A.1). */
const commonNameLength = 64;

/**
 * Refuses a plan that must not be signed: a member's when `issuer` is given, a self-signed root's otherwise.
 *
 * @throws {QTChatError} `ERR_PKI_VALIDITY` for the dates, `ERR_PKI_NAME_INVALID` and `ERR_PKI_SAN_INVALID`
 *   for names, `ERR_PKI_PLAN_REFUSED` for everything else
 */
export function checkPlan(plan: CertificatePlan, issuer?: Issuer): void {
  checkSerialNumber(plan);
  checkKey(plan);
  if (issuer === undefined) checkRoot(plan);
  else checkEndEntity(plan, issuer);
}

function checkSerialNumber({ serialNumber }: CertificatePlan): void {
  if (!/^(?!00)([0-9A-F]{2}){8,20}$/.test(serialNumber) || /^[89A-F].{39}$/.test(serialNumber)) {
    throw refused('its serial number is not positive, unguessable and at most 20 octets long');
  }
}

function checkKey(plan: CertificatePlan): void {
  if (plan.publicKey.type !== 'public') throw refused('its key is not a public key');
  if (keyTypeOf(plan.publicKey) === undefined) throw refused('its key is too weak or of a kind that is not supported');
  if (!plan.subjectKeyId.equals(keyIdentifier(plan.publicKey)))
    throw refused("its subjectKeyIdentifier is not its key's");
}

function checkRoot(plan: CertificatePlan): void {
  checkRootName(plan.commonName);
  checkPeriod(plan, rootValidityDaysCap);
  if (!plan.ca || !sameList(plan.keyUsages, ['keyCertSign', 'cRLSign']))
    throw refused('a root must be a CA, and only that');
  if (plan.extendedKeyUsages.length > 0 || plan.subjectAltNames.length > 0)
    throw refused('a root has no purposes and no names');
  if (!plan.issuerName.equals(encodeName(plan.commonName))) throw refused('a root names itself as its issuer');
  if (!plan.authorityKeyId.equals(plan.subjectKeyId)) throw refused("a root identifies its own key as its issuer's");
}

function checkRootName(name: string): void {
  const clean = name !== '' && name.trim() === name && escapeControls(name) === name;
  if (clean && [...name].length <= commonNameLength) return;
  throw new QTChatError(
    'ERR_PKI_NAME_INVALID',
    `${quote(name)} is no name for a CA: expected 1 to ${commonNameLength} visible characters`,
    { hint: 'Choose a name such as "Our family"' },
  );
}

function checkEndEntity(plan: CertificatePlan, issuer: Issuer): void {
  const fields = readCertificateFields(issuingCertificate(issuer));
  parseMemberName(plan.commonName);
  checkPeriod(plan, validityDaysCap);
  checkWithinIssuers(plan, issuer);
  if (plan.ca) throw refused('a member is no CA');
  if (!chosenFrom(plan.keyUsages, profileKeyUsages)) throw refused('its keyUsage is not one of a member');
  if (!chosenFrom(plan.extendedKeyUsages, profileExtendedKeyUsages))
    throw refused('its extendedKeyUsage is not one of a member');
  if (!plan.issuerName.equals(fields.subject)) throw refused('its issuer is not named as the CA names itself');
  const issuerKey = issuingCertificate(issuer).publicKey;
  if (!plan.authorityKeyId.equals(subjectKeyIdOf(fields) ?? keyIdentifier(issuerKey))) {
    throw refused("its authorityKeyIdentifier is not the CA's");
  }
  if (issuer.chain.some((certificate) => samePublicKey(certificate.publicKey, plan.publicKey))) {
    throw refused('a member may not hold the key of the CA');
  }
  checkNames(plan, circleUri(circleIdOf(rootCertificate(issuer)), plan.commonName));
}

function checkPeriod({ notBefore, notAfter }: CertificatePlan, maximumDays: number): void {
  const [startMs, endMs] = [notBefore.getTime(), notAfter.getTime()];
  if (startMs % 1000 !== 0 || endMs % 1000 !== 0) throw refused('its dates are not whole seconds');
  if (!(startMs < endMs)) throw notPossible('it ends before it begins');
  if (endMs - startMs >= maximumDays * dayMs) throw notPossible(`it lasts longer than ${maximumDays} days`);
}

function checkWithinIssuers(plan: CertificatePlan, issuer: Issuer): void {
  for (const certificate of issuer.chain) {
    const { notBefore, notAfter } = readCertificateFields(certificate);
    if (plan.notBefore < notBefore || plan.notAfter > notAfter) throw notPossible('it exceeds that of its issuer');
  }
}

function checkNames(plan: CertificatePlan, uri: string): void {
  const reserved = plan.subjectAltNames.filter((name) => name.type === 'uri' && isReservedUri(name.value));
  if (reserved.length !== 1 || reserved[0]?.value !== uri) {
    throw refused(`it does not name its member by ${quote(uri)} alone`);
  }
  if (plan.subjectAltNames.length > maximumNames) throw refused(`it has more than ${maximumNames} names`);
  const seen = new Set(plan.subjectAltNames.map((name) => `${name.type} ${name.value}`));
  if (seen.size !== plan.subjectAltNames.length) throw refused('a name appears twice');
  for (const name of plan.subjectAltNames) {
    if (reserved.includes(name)) continue; // compared as a whole above
    if (canonicalName(name).value !== name.value) {
      throw refused(`the name ${quote(name.value)} is not in its canonical form`);
    }
  }
}

function sameList(list: readonly string[], expected: readonly string[]): boolean {
  return list.length === expected.length && list.every((item, index) => item === expected[index]);
}

function chosenFrom(list: readonly string[], known: readonly string[]): boolean {
  return list.length > 0 && list.every((item) => known.includes(item)) && new Set(list).size === list.length;
}

function refused(reason: string): QTChatError {
  return new QTChatError('ERR_PKI_PLAN_REFUSED', `the certificate is not issued: ${reason}`);
}

function notPossible(reason: string): QTChatError {
  return new QTChatError('ERR_PKI_VALIDITY', `the certificate's validity is not possible: ${reason}`);
}
