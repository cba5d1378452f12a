/**
 * Judges the final plan of a certificate, just before it is signed: whatever request, profile or
 * later edit led to it, nothing passes that no certificate of ours may contain. Intermediate CAs are
 * judged in check-ca-plan.ts alone: no plan for a member can turn into one.
 */
import { quote } from '../errors.js';
import { canonicalName } from './canonical-name.js';
import { readCertificateFields } from './certificate-fields.js';
import { checkRoot } from './check-ca-plan.js';
import { checkCommon, checkIssuedBy, checkPeriod, refusePlan } from './check-plan-parts.js';
import { autoCaName, circleIdOf, holderUri } from './circle.js';
import { type Issuer, rootCertificate } from './issuer.js';
import { hostsBehind, nameConstraintFault } from './judge-names.js';
import { parseMemberName } from './member-name.js';
import { nameConstraintsOf } from './name-constraints.js';
import type { CertificatePlan } from './plan.js';
import { profileExtendedKeyUsages, profileKeyUsages, validityDaysCap } from './profile.js';
import { isReservedUri } from './uri.js';

/** More names than any machine has; keeps certificates small enough for one TLS record. */
const maximumNames = 100;

/**
 * Refuses a plan that must not be signed: a member's when `issuer` is given, a self-signed root's otherwise.
 *
 * @throws {QTChatError} `ERR_PKI_VALIDITY` for the dates, `ERR_PKI_NAME_INVALID` and `ERR_PKI_SAN_INVALID`
 *   for names, `ERR_PKI_PLAN_REFUSED` for everything else
 */
export function checkPlan(plan: CertificatePlan, issuer?: Pick<Issuer, 'chain'>): void {
  if (issuer === undefined) checkRoot(plan);
  else checkEndEntity(plan, issuer);
}

function checkEndEntity(plan: CertificatePlan, issuer: Pick<Issuer, 'chain'>): void {
  checkCommon(plan);
  if (plan.commonName === autoCaName) checkAutoCa(plan);
  else parseMemberName(plan.commonName);
  checkPeriod(plan, validityDaysCap);
  if (plan.ca || plan.pathLength !== undefined || plan.nameConstraints !== undefined)
    throw refusePlan('a member is no CA');
  if (!chosenFrom(plan.keyUsages, profileKeyUsages)) throw refusePlan('its keyUsage is not one of a member');
  if (plan.keyUsages.includes('keyEncipherment') && !plan.publicKey.isRsa)
    throw refusePlan('keyEncipherment is for RSA keys alone');
  if (!chosenFrom(plan.extendedKeyUsages, profileExtendedKeyUsages))
    throw refusePlan('its extendedKeyUsage is not one of a member');
  checkIssuedBy(plan, issuer);
  checkConstraints(plan, issuer);
  checkNames(plan, holderUri(circleIdOf(rootCertificate(issuer)), plan.commonName));
}

/** The Auto CA proves itself to members, or answers about revocation: nothing that lets it pass for a member. */
function checkAutoCa({ extendedKeyUsages: [usage, ...others] }: CertificatePlan): void {
  if (others.length > 0 || usage === 'clientAuth') throw refusePlan('its extendedKeyUsage is not one of the Auto CA');
}

function checkConstraints(plan: CertificatePlan, issuer: Pick<Issuer, 'chain'>): void {
  for (const certificate of issuer.chain) {
    const constraints = nameConstraintsOf(readCertificateFields(certificate));
    if (constraints === undefined) continue;
    const fault =
      nameConstraintFault({ names: plan.subjectAltNames, commonNames: [plan.commonName] }, constraints) ??
      nameConstraintFault({ names: hostsBehind(plan.subjectAltNames), commonNames: [] }, constraints);
    if (fault !== undefined) throw refusePlan(`the CA limits what it certifies, and ${fault}`);
  }
}

function checkNames(plan: CertificatePlan, uri: string): void {
  const reserved = plan.subjectAltNames.filter((name) => name.type === 'uri' && isReservedUri(name.value));
  if (reserved.length !== 1 || reserved[0]?.value !== uri) {
    throw refusePlan(`it does not name its member by ${quote(uri)} alone`);
  }
  if (plan.subjectAltNames.length > maximumNames) throw refusePlan(`it has more than ${maximumNames} names`);
  const seen = new Set(plan.subjectAltNames.map((name) => `${name.type} ${name.value}`));
  if (seen.size !== plan.subjectAltNames.length) throw refusePlan('a name appears twice');
  for (const name of plan.subjectAltNames) {
    if (reserved.includes(name)) continue; // compared as a whole above
    if (canonicalName(name).value !== name.value) {
      throw refusePlan(`the name ${quote(name.value)} is not in its canonical form`);
    }
  }
}

function chosenFrom(list: readonly string[], known: readonly string[]): boolean {
  return list.length > 0 && list.every((item) => known.includes(item)) && new Set(list).size === list.length;
}
