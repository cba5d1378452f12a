/**
 * A certificate plan holds every field that will be signed. Building one applies the profile to a
 * request; judging it is for check-plan.ts, signing it for issue.ts.
 */
import type { KeyObject } from 'node:crypto';
import { isQTChatError, QTChatError } from '../errors.js';
import { withoutRepeats } from './canonical-name.js';
import { readCertificateFields } from './certificate-fields.js';
import { circleIdOf, holderUri } from './circle.js';
import { dayMs } from './day.js';
import { derOid, derSequence, derSet, derUtf8String } from './der.js';
import { type Issuer, issuingCertificate, issuingKeyId, rootCertificate } from './issuer.js';
import type { NameConstraints } from './name-constraints.js';
import { type ExtendedKeyUsage, type KeyUsage, oids } from './oids.js';
import type { CaProfile, Profile } from './profile.js';
import { keyIdentifier } from './spki.js';
import type { SubjectAltName } from './subject-alt-name.js';
import { SubjectPublicKey } from './subject-public-key.js';
import { invalidDays, planValidity, type Validity } from './validity.js';

/** Every field of a certificate to be issued (RFC 5280 §4.1.2), beside the signature algorithm: that follows from the issuer's key. */
export interface CertificatePlan extends Validity {
  /** Upper-case hex without leading zero octets, as X509Certificate#serialNumber has it. */
  readonly serialNumber: string;
  /** The issuer's Name, octet by octet as its own certificate has it. */
  readonly issuerName: Buffer;
  /** The one common name of the subject. */
  readonly commonName: string;
  readonly publicKey: SubjectPublicKey;
  readonly ca: boolean;
  /** How many CAs may follow below this one; any number when undefined. */
  readonly pathLength?: number;
  /** What a CA's certificates below may be issued for. */
  readonly nameConstraints?: NameConstraints;
  readonly keyUsages: readonly KeyUsage[];
  readonly extendedKeyUsages: readonly ExtendedKeyUsage[];
  readonly subjectAltNames: readonly SubjectAltName[];
  readonly subjectKeyId: Buffer;
  readonly authorityKeyId: Buffer;
}

/** What an end-entity certificate is asked for. */
export interface EndEntityRequest {
  member: string;
  /** In canonical form; the circle's URI is added, never asked for. */
  names: readonly SubjectAltName[];
  publicKey: KeyObject | SubjectPublicKey;
  validityDays: number;
}

/** What a new CA is asked for. */
export interface CaPlanRequest {
  /** The CA's name for people. */
  name: string;
  key: KeyObject;
  validityDays: number;
  nameConstraints?: NameConstraints | undefined;
}

/** Where plans take time and chance from. */
export interface PlanDeps {
  clock: () => Date;
  random: (size: number) => Buffer;
}

/** A root may outlive its circle's patience, not its cryptography: the ceiling of the CA/Browser Forum (BR §7.1.2.1.1). */
export const rootValidityDaysCap = 9132;

// 16 random octets: unguessable, and with DER's sign octet still under the 20-octet ceiling of
// RFC 5280 §4.1.2.2.
const serialNumberOctets = 16;

/** What stands in the ledger of a certificate before it is signed. */
export interface ReservedCertificate extends Omit<EndEntityRequest, 'validityDays'>, Validity {
  /** Upper-case hex without leading zero octets. */
  serialNumber: string;
}

/**
 * Plans the certificate of a member. Validity beyond the profile or the issuer is cut; `validityCut` says why.
 *
 * @throws {QTChatError} `ERR_PKI_VALIDITY` when `validityDays` is no positive whole number or the issuer is not valid now,
 *   `ERR_PKI_PLAN_REFUSED` when the key is of a kind that the profile does not allow
 */
export function buildCertificatePlan(
  request: EndEntityRequest,
  profile: Profile,
  issuer: Pick<Issuer, 'chain'>,
  deps: PlanDeps,
): CertificatePlan {
  const { member, names, publicKey, validityDays } = request;
  const validity = planValidity(validityDays, profile.maximumValidityDays, deps.clock(), issuer.chain);
  const serialNumber = serialNumberFrom(deps.random(serialNumberOctets));
  return buildReservedPlan({ member, names, publicKey, ...validity, serialNumber }, profile, issuer);
}

/**
 * Plans the certificate that was reserved: the same reservation always leads to the same plan.
 *
 * @throws {QTChatError} `ERR_PKI_PLAN_REFUSED` when the profile does not allow its kind of key or its validity
 */
export function buildReservedPlan(
  reserved: ReservedCertificate,
  profile: Profile,
  issuer: Pick<Issuer, 'chain'>,
): CertificatePlan {
  const { member, names, serialNumber, notBefore, notAfter, validityCut } = reserved;
  const publicKey = subjectPublicKeyOf(reserved.publicKey);
  if (!profile.keyTypes.includes(publicKey.keyType)) throw keyNotAllowed(profile);
  if (notAfter.getTime() - notBefore.getTime() >= profile.maximumValidityDays * dayMs) throw tooLong(profile);
  const uri = holderUri(circleIdOf(rootCertificate(issuer)), member);
  return {
    notBefore,
    notAfter,
    ...(validityCut !== undefined && { validityCut }),
    serialNumber,
    issuerName: readCertificateFields(issuingCertificate(issuer)).subject,
    commonName: member,
    publicKey,
    ca: false,
    keyUsages: profile.keyUsages.filter((usage) => usage !== 'keyEncipherment' || publicKey.isRsa),
    extendedKeyUsages: profile.extendedKeyUsages,
    subjectAltNames: [...withoutRepeats(names), { type: 'uri', value: uri }],
    subjectKeyId: publicKey.identifier,
    authorityKeyId: issuingKeyId(issuer),
  };
}

/**
 * Plans a self-signed root.
 *
 * @throws {QTChatError} `ERR_PKI_VALIDITY` when `validityDays` is no whole number from 1 to {@link rootValidityDaysCap}
 */
export function buildRootPlan(request: CaPlanRequest, deps: PlanDeps): CertificatePlan {
  if (request.validityDays > rootValidityDaysCap) throw invalidDays(request.validityDays, rootValidityDaysCap);
  return {
    ...planValidity(request.validityDays, rootValidityDaysCap, deps.clock(), []),
    ...caFields(request, deps),
    issuerName: encodeName(request.name),
    authorityKeyId: keyIdentifier(request.key),
  };
}

/**
 * Plans an intermediate CA below `issuer`. Validity beyond the profile or the issuer is cut; `validityCut` says why.
 *
 * @throws {QTChatError} `ERR_PKI_VALIDITY` when the issuer is not valid now
 */
export function buildIntermediatePlan(
  request: Omit<CaPlanRequest, 'validityDays'>,
  profile: CaProfile,
  issuer: Issuer,
  deps: PlanDeps,
): CertificatePlan {
  const { validityDays, pathLength } = profile;
  return {
    ...planValidity(validityDays, validityDays, deps.clock(), issuer.chain),
    ...caFields(request, deps),
    pathLength,
    issuerName: readCertificateFields(issuingCertificate(issuer)).subject,
    authorityKeyId: issuingKeyId(issuer),
  };
}

function caFields({ name, key, nameConstraints }: Omit<CaPlanRequest, 'validityDays'>, deps: PlanDeps) {
  const publicKey = subjectPublicKeyOf(key);
  return {
    serialNumber: serialNumberFrom(deps.random(serialNumberOctets)),
    commonName: name,
    publicKey,
    ca: true,
    keyUsages: ['keyCertSign', 'cRLSign'],
    extendedKeyUsages: [],
    subjectAltNames: [],
    subjectKeyId: publicKey.identifier,
    ...(nameConstraints !== undefined && { nameConstraints }),
  } as const;
}

/** A Name of one common name (RFC 5280 §4.1.2.4), in UTF-8. */
export function encodeName(commonName: string): Buffer {
  return derSequence(derSet(derSequence(derOid(oids.commonName), derUtf8String(commonName))));
}

/** Only RSA keys can encrypt other keys: keyEncipherment says nothing with others. */
export function isRsa(key: KeyObject): boolean {
  return key.asymmetricKeyType === 'rsa';
}

function keyNotAllowed(profile: Profile): QTChatError {
  const expected = profile.keyTypes.join(', ');
  return new QTChatError('ERR_PKI_PLAN_REFUSED', `the certificate is not issued: its key is none of ${expected}`);
}

function tooLong({ maximumValidityDays }: Profile): QTChatError {
  const reason = `it lasts longer than the ${maximumValidityDays} days of its profile`;
  return new QTChatError('ERR_PKI_PLAN_REFUSED', `the certificate is not issued: ${reason}`);
}

function serialNumberFrom(octets: Buffer): string {
  return octets
    .toString('hex')
    .toUpperCase()
    .replace(/^(00)+/, '');
}

function subjectPublicKeyOf(key: KeyObject | SubjectPublicKey): SubjectPublicKey {
  if (key instanceof SubjectPublicKey) return key;
  try {
    return SubjectPublicKey.of(key);
  } catch (error) {
    if (!isQTChatError(error, 'ERR_PKI_KEY_TYPE')) throw error;
    throw new QTChatError('ERR_PKI_PLAN_REFUSED', `the certificate is not issued: ${error.message}`, { cause: error });
  }
}
