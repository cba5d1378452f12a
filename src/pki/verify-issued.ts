/**
 * Reads a certificate of ours back, as a stranger would, before it leaves: its fields must be those
 * of the plan, its signature must verify over the very octets that leave, and its path must be valid
 * for every purpose it carries.
 */
import { type KeyObject, verify, X509Certificate } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { QTChatError } from '../errors.js';
import {
  authorityKeyIdOf,
  basicConstraintsOf,
  type CertificateFields,
  extendedKeyUsagesOf,
  keyUsagesOf,
  parseCertificateFields,
  parsing,
  readCertificateFields,
  subjectKeyIdOf,
} from './certificate-fields.js';
import { derTags } from './der.js';
import { DerReader } from './der-reader.js';
import { type Issuer, issuingCertificate, rootCertificate } from './issuer.js';
import { nameConstraintsOf } from './name-constraints.js';
import { oids } from './oids.js';
import { type CertificatePlan, encodeName } from './plan.js';
import { signatureAlgorithmOf } from './signature-algorithm.js';
import { type SubjectAltName, subjectAltNamesIn } from './subject-alt-name.js';
import { verifyPath } from './verify-path.js';

/** Issuers whose whole path has been judged with a certificate of theirs below it; it does not change. */
const judgedIssuers = new WeakSet<Issuer>();

/**
 * Verifies a certificate just issued to a member. The path above it is judged with the first one of an
 * issuer, and with each where an issuer constrains names; field by field and by its signature, each one is.
 *
 * @throws {QTChatError} `ERR_PKI_PATH_INVALID`; the certificate must not be used
 */
export function verifyIssued(der: Buffer, plan: CertificatePlan, issuer: Issuer): void {
  const issuing = issuingCertificate(issuer);
  const fields = parseCertificateFields(der);
  verifyFields(fields, plan);
  if (!isSignedBy(der, fields, issuing.publicKey)) throw notIssued('it is not signed with the key of its issuer');
  if (judgedIssuers.has(issuer) && !issuer.chain.some(constrainsNames)) return;
  verifyIssuedPath(new X509Certificate(der), plan, issuer);
  judgedIssuers.add(issuer);
}

function verifyIssuedPath(certificate: X509Certificate, plan: CertificatePlan, issuer: Issuer): void {
  const judgements = [
    { at: plan.notAfter },
    ...plan.extendedKeyUsages.map((purpose) => ({ at: plan.notBefore, purpose })),
  ];
  for (const judgement of judgements) {
    const [fault] = verifyPath([certificate, ...issuer.chain], rootCertificate(issuer), judgement);
    if (fault !== undefined) throw notIssued(fault.message);
  }
}

function constrainsNames(certificate: X509Certificate): boolean {
  return readCertificateFields(certificate).extensions.has(oids.nameConstraints);
}

/**
 * Verifies a root just made.
 *
 * @throws {QTChatError} `ERR_PKI_PATH_INVALID`; the root must not be used
 */
export function verifyIssuedRoot(der: Buffer, plan: CertificatePlan): void {
  const fields = parseCertificateFields(der);
  verifyFields(fields, plan);
  if (!isSignedBy(der, fields, plan.publicKey.keyObject)) throw notIssued('its signature is not its own');
}

/** The signature over the very octets of the certificate, and both places that name its algorithm (RFC 5280 §4.1.1.2). */
function isSignedBy(der: Buffer, { tbs }: CertificateFields, key: KeyObject): boolean {
  return parsing('certificate', () => {
    const { identifier, digest } = signatureAlgorithmOf(key);
    const outer = new DerReader(der);
    const certificate = outer.enter();
    outer.end();
    certificate.readAny();
    const { whole: algorithm } = certificate.readAny();
    const signature = certificate.read(derTags.bitString);
    certificate.end();
    return algorithm.equals(identifier) && signature[0] === 0 && verify(digest, tbs, key, signature.subarray(1));
  });
}

function verifyFields(fields: CertificateFields, plan: CertificatePlan): void {
  const constraints = basicConstraintsOf(fields);
  const same =
    fields.version === 3 &&
    fields.serialNumber.equals(serialNumberOctets(plan)) &&
    fields.issuer.equals(plan.issuerName) &&
    fields.notBefore.getTime() === plan.notBefore.getTime() &&
    fields.notAfter.getTime() === plan.notAfter.getTime() &&
    fields.subject.equals(encodeName(plan.commonName)) &&
    fields.spki.equals(plan.publicKey.der) &&
    constraints.ca === plan.ca &&
    constraints.pathLength === plan.pathLength &&
    isDeepStrictEqual(nameConstraintsOf(fields), plan.nameConstraints) &&
    sameTexts(keyUsagesOf(fields), plan.keyUsages) &&
    sameTexts(extendedKeyUsagesOf(fields) ?? [], plan.extendedKeyUsages) &&
    sameNames(subjectAltNamesIn(fields), plan.subjectAltNames) &&
    subjectKeyIdOf(fields)?.equals(plan.subjectKeyId) &&
    authorityKeyIdOf(fields)?.equals(plan.authorityKeyId);
  if (!same) throw notIssued('its fields are not those that were planned');
}

function serialNumberOctets({ serialNumber }: CertificatePlan): Buffer {
  return Buffer.from(serialNumber >= '80' ? `00${serialNumber}` : serialNumber, 'hex');
}

function sameNames(found: readonly SubjectAltName[], planned: readonly SubjectAltName[]): boolean {
  const isPlanned = ({ type, value }: SubjectAltName, index: number): boolean =>
    planned[index]?.type === type && planned[index]?.value === value;
  return found.length === planned.length && found.every(isPlanned);
}

function sameTexts(found: readonly string[] | undefined, planned: readonly string[]): boolean {
  return found?.length === planned.length && planned.every((text, index) => text === found[index]);
}

function notIssued(reason: string): QTChatError {
  return new QTChatError('ERR_PKI_PATH_INVALID', `the new certificate does not verify and is thrown away: ${reason}`);
}
