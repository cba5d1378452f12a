/**
 * Validates a certification path (RFC 5280 §6.1) that is given in order, from a certificate to a
 * trust anchor; it builds none. Signatures, names and key identifiers are judged by OpenSSL through
 * X509Certificate; dates, CA flags, usages, name constraints and critical extensions here. What
 * cannot be judged (unknown critical extensions, odd constraints) is a fault. Revocation is
 * judged in verify-revocation.ts, the names a client asks for in verify-names.ts.
 */
import type { X509Certificate } from 'node:crypto';
import { isQTChatError, quote } from '../errors.js';
import {
  basicConstraintsOf,
  type CertificateFields,
  extendedKeyUsagesOf,
  keyUsagesOf,
  readCertificateFields,
} from './certificate-fields.js';
import { nameConstraintFault } from './judge-names.js';
import { isStrongKey } from './key-strength.js';
import { nameConstraintsOf } from './name-constraints.js';
import { type ExtendedKeyUsage, oids } from './oids.js';
import { hasExplicitCurve } from './read-spki.js';
import { subjectAltNamesIn } from './subject-alt-name.js';
import { hasEnded } from './validity.js';

/** What can be wrong with a path. */
export type PathFaultCode =
  | 'path-length'
  | 'malformed'
  | 'not-yet-valid'
  | 'expired'
  | 'not-issued-by'
  | 'signature'
  | 'not-a-ca'
  | 'usage'
  | 'name-constraint'
  | 'weak'
  | 'unsupported'
  | 'name'
  | 'revoked'
  | 'revocation-unknown';

/** One thing wrong with a path; `message` is a sentence without a full stop. */
export interface PathFault {
  code: PathFaultCode;
  message: string;
}

/** A certificate with its fields, read once. */
interface Step {
  readonly certificate: X509Certificate;
  readonly fields: CertificateFields;
  /** The certificate's name in messages. */
  readonly name: string;
}

/** More than any sensible chain has. */
const maximumPathCertificates = 10;

const judgedExtensions: ReadonlySet<string> = new Set([
  oids.basicConstraints,
  oids.keyUsage,
  oids.extendedKeyUsage,
  oids.subjectAltName,
  oids.subjectKeyIdentifier,
  oids.authorityKeyIdentifier,
  oids.nameConstraints,
]);

const strongSignatures: ReadonlySet<string> = new Set([
  oids.ecdsaWithSha256,
  oids.ecdsaWithSha384,
  oids.ecdsaWithSha512,
  oids.sha256WithRsa,
  oids.sha384WithRsa,
  oids.sha512WithRsa,
  oids.ed25519,
]);

/**
 * Judges the path from `chain[0]` over the rest of `chain` to `trustAnchor`, which may stand at its end.
 *
 * @param options - `at`: the moment to judge for; `purpose`: what the first certificate is to be used for
 * @returns every fault found, nearest the first certificate first; empty when the path is valid
 */
export function verifyPath(
  chain: readonly X509Certificate[],
  trustAnchor: X509Certificate,
  options: { at: Date; purpose?: ExtendedKeyUsage },
): PathFault[] {
  const below = chain.at(-1)?.raw.equals(trustAnchor.raw) ? chain.slice(0, -1) : chain;
  const certificates = [...below, trustAnchor];
  if (chain.length === 0 || certificates.length > maximumPathCertificates) {
    return [{ code: 'path-length', message: `a path of ${chain.length} certificates cannot be judged` }];
  }
  try {
    const path = certificates.map(
      (certificate): Step => ({ certificate, fields: readCertificateFields(certificate), name: nameOf(certificate) }),
    );
    return path.flatMap((step, index) => [
      ...ownFaults(step, options),
      ...(index === 0 ? endEntityFaults(step, options.purpose) : issuerFaults(step, index)),
      ...nameFaults(step, path, index),
      ...linkFaults(step, path[index + 1]),
    ]);
  } catch (error) {
    if (!isQTChatError(error)) throw error;
    return [{ code: 'malformed', message: error.message }];
  }
}

function ownFaults({ fields, name }: Step, options: { at: Date; purpose?: ExtendedKeyUsage }): PathFault[] {
  const faults: PathFault[] = [];
  const { notBefore, notAfter, extensions } = fields;
  if (!(options.at >= notBefore))
    faults.push({ code: 'not-yet-valid', message: `${name} is not valid before ${inWords(notBefore)}` });
  if (hasEnded(notAfter, options.at))
    faults.push({ code: 'expired', message: `${name} expired on ${inWords(notAfter)}` });
  if (fields.version !== 3)
    faults.push({ code: 'unsupported', message: `${name} is not an X.509 version 3 certificate` });
  if (!isStrongKey(fields.spki)) faults.push({ code: 'weak', message: `${name} has a key that is too weak` });
  if (hasExplicitCurve(fields.spki)) {
    const message = `${name} describes the curve of its key by parameters instead of its name`;
    faults.push({ code: 'unsupported', message });
  }
  for (const [oid, { critical }] of extensions) {
    if (critical && !judgedExtensions.has(oid)) {
      faults.push({
        code: 'unsupported',
        message: `${name} carries the critical extension ${oid}, which cannot be judged`,
      });
    }
  }
  if (extensions.has(oids.nameConstraints) && !basicConstraintsOf(fields).ca) {
    faults.push({ code: 'unsupported', message: `${name} carries name constraints, which are for CAs` });
  }
  const usages = extendedKeyUsagesOf(fields);
  if (options.purpose !== undefined && usages !== undefined && !usages.includes(options.purpose)) {
    faults.push({ code: 'usage', message: `${name} lacks the ${options.purpose} usage` });
  }
  return faults;
}

function endEntityFaults({ fields, name }: Step, purpose: ExtendedKeyUsage | undefined): PathFault[] {
  if (purpose === undefined || (keyUsagesOf(fields)?.includes('digitalSignature') ?? true)) return [];
  return [{ code: 'usage', message: `${name} lacks the digitalSignature usage` }];
}

/** @param depth - how many certificates stand below this one, the first among them */
function issuerFaults({ fields, name }: Step, depth: number): PathFault[] {
  const { ca, pathLength } = basicConstraintsOf(fields);
  if (!ca || !(keyUsagesOf(fields)?.includes('keyCertSign') ?? true)) {
    return [{ code: 'not-a-ca', message: `${name} may not issue certificates` }];
  }
  if (pathLength === undefined || depth - 1 <= pathLength) return [];
  return [{ code: 'path-length', message: `${name} allows only ${pathLength} CAs below it` }];
}

/** What every CA above a certificate says of its names. */
function nameFaults({ certificate, fields, name }: Step, path: readonly Step[], index: number): PathFault[] {
  return path.slice(index + 1).flatMap((issuer): PathFault[] => {
    const constraints = nameConstraintsOf(issuer.fields);
    if (constraints === undefined) return [];
    const commonNames =
      index > 0 ? [] : [...(certificate.subject ?? '').matchAll(/^CN=(.*)$/gm)].map(([, cn = '']) => cn);
    const fault = nameConstraintFault({ names: subjectAltNamesIn(fields), commonNames }, constraints);
    return fault === undefined
      ? []
      : [{ code: 'name-constraint', message: `${issuer.name} forbids ${name}: ${fault}` }];
  });
}

function linkFaults({ certificate, fields, name }: Step, issuer: Step | undefined): PathFault[] {
  if (issuer === undefined) return []; // the trust anchor is trusted for its key, not its signature
  if (!fields.issuer.equals(issuer.fields.subject) || !certificate.checkIssued(issuer.certificate)) {
    return [{ code: 'not-issued-by', message: `${name} was not issued by ${issuer.name}` }];
  }
  if (!strongSignatures.has(fields.signatureAlgorithm)) {
    return [{ code: 'weak', message: `${name} is signed with an algorithm that is too weak or unknown` }];
  }
  if (certificate.verify(issuer.certificate.publicKey)) return [];
  return [{ code: 'signature', message: `${name} was not signed with the key of ${issuer.name}` }];
}

/** A certificate as sentences call it. */
export function nameOf(certificate: X509Certificate): string {
  const commonName = /^CN=(.*)$/m.exec(certificate.subject ?? '')?.[1];
  return commonName === undefined ? 'the certificate without a common name' : `the certificate of ${quote(commonName)}`;
}

/** A moment as sentences write it, to the second, as certificates and lists have it. */
export function inWords(date: Date): string {
  return `${date.toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}
