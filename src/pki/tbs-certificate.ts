/** Encodes a plan as TBSCertificate (RFC 5280 §4.1): the octets that are signed. Judges nothing. */
import {
  derBitString,
  derContext,
  derContextPrimitive,
  derInteger,
  derNamedBits,
  derNull,
  derOctetString,
  derOid,
  derSequence,
  derTime,
  derTrue,
} from './der.js';
import { encodeNameConstraints } from './name-constraints.js';
import { extendedKeyUsageOids, keyUsageBits, oids } from './oids.js';
import { type CertificatePlan, encodeName } from './plan.js';
import type { SignatureAlgorithm } from './signature-algorithm.js';
import { encodeSubjectAltNames } from './subject-alt-name.js';

const version3 = 2;

/** The TBSCertificate of `plan`, to be signed with `algorithm`. */
export function encodeTbsCertificate(plan: CertificatePlan, algorithm: SignatureAlgorithm): Buffer {
  return derSequence(
    derContext(0, derInteger(version3)),
    derInteger(BigInt(`0x${plan.serialNumber}`)),
    algorithm.identifier,
    plan.issuerName,
    derSequence(derTime(plan.notBefore), derTime(plan.notAfter)),
    encodeName(plan.commonName),
    plan.publicKey.der,
    derContext(3, derSequence(...encodeExtensions(plan))),
  );
}

/** The certificate of a TBSCertificate and the signature over it. */
export function encodeCertificate(tbs: Buffer, algorithm: SignatureAlgorithm, signature: Buffer): Buffer {
  return derSequence(tbs, algorithm.identifier, derBitString(signature));
}

function encodeExtensions(plan: CertificatePlan): Buffer[] {
  const { keyUsages, extendedKeyUsages, subjectAltNames, nameConstraints } = plan;
  const purposes = extendedKeyUsages.map((usage) => derOid(extendedKeyUsageOids[usage]));
  const extensions = [
    criticalExtension(oids.basicConstraints, encodeBasicConstraints(plan)),
    criticalExtension(oids.keyUsage, derNamedBits(keyUsages.map((usage) => keyUsageBits[usage]))),
    extension(oids.subjectKeyIdentifier, derOctetString(plan.subjectKeyId)),
    extension(oids.authorityKeyIdentifier, derSequence(derContextPrimitive(0, plan.authorityKeyId))),
  ];
  if (purposes.length > 0) extensions.push(extension(oids.extendedKeyUsage, derSequence(...purposes)));
  if (subjectAltNames.length > 0) {
    extensions.push(extension(oids.subjectAltName, encodeSubjectAltNames(subjectAltNames)));
  }
  // Whoever asks a responder about a certificate cannot ask it about its own (RFC 6960 §4.2.2.2.1).
  if (extendedKeyUsages.includes('OCSPSigning')) extensions.push(extension(oids.ocspNoCheck, derNull));
  if (nameConstraints !== undefined) {
    extensions.push(criticalExtension(oids.nameConstraints, encodeNameConstraints(nameConstraints)));
  }
  return extensions;
}

function encodeBasicConstraints({ ca, pathLength }: CertificatePlan): Buffer {
  if (!ca) return derSequence();
  return pathLength === undefined ? derSequence(derTrue) : derSequence(derTrue, derInteger(pathLength));
}

function extension(oid: string, value: Buffer): Buffer {
  return derSequence(derOid(oid), derOctetString(value));
}

function criticalExtension(oid: string, value: Buffer): Buffer {
  return derSequence(derOid(oid), derTrue, derOctetString(value));
}
