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
  derTags,
  derTime,
  derTrue,
  encodeDer,
} from './der.js';
import { encodeNameConstraints } from './name-constraints.js';
import { type ExtendedKeyUsage, extendedKeyUsageOids, type KeyUsage, keyUsageBits, oids } from './oids.js';
import { type CertificatePlan, encodeName } from './plan.js';
import type { SignatureAlgorithm } from './signature-algorithm.js';
import { encodeSubjectAltNames } from './subject-alt-name.js';

const version3 = derContext(0, derInteger(2));

/** The TBSCertificate of `plan`, to be signed with `algorithm`. */
export function encodeTbsCertificate(plan: CertificatePlan, algorithm: SignatureAlgorithm): Buffer {
  return derSequence(
    version3,
    encodeSerialNumber(plan.serialNumber),
    algorithm.identifier,
    plan.issuerName,
    encodeValidity(plan),
    encodeName(plan.commonName),
    plan.publicKey.der,
    derContext(3, derSequence(...encodeExtensions(plan))),
  );
}

/** Certificates that are issued together mostly begin and end in the same second. */
let lastValidity = { startMs: Number.NaN, endMs: Number.NaN, encoding: derSequence() };

function encodeValidity({ notBefore, notAfter }: CertificatePlan): Buffer {
  const [startMs, endMs] = [notBefore.getTime(), notAfter.getTime()];
  if (lastValidity.startMs !== startMs || lastValidity.endMs !== endMs) {
    lastValidity = { startMs, endMs, encoding: derSequence(derTime(notBefore), derTime(notAfter)) };
  }
  return lastValidity.encoding;
}

/** Hex is an INTEGER's content already, but for the sign. */
function encodeSerialNumber(hex: string): Buffer {
  return encodeDer(derTags.integer, Buffer.from(hex >= '8' ? `00${hex}` : hex, 'hex'));
}

/** The certificate of a TBSCertificate and the signature over it. */
export function encodeCertificate(tbs: Buffer, algorithm: SignatureAlgorithm, signature: Buffer): Buffer {
  return derSequence(tbs, algorithm.identifier, derBitString(signature));
}

function encodeExtensions(plan: CertificatePlan): Buffer[] {
  const { keyUsages, extendedKeyUsages, subjectAltNames, nameConstraints } = plan;
  const extensions = [
    plan.ca ? encodeBasicConstraints(plan.pathLength) : memberConstraints,
    encodeKeyUsages(keyUsages),
    extension(oids.subjectKeyIdentifier, derOctetString(plan.subjectKeyId)),
    extension(oids.authorityKeyIdentifier, derSequence(derContextPrimitive(0, plan.authorityKeyId))),
  ];
  if (extendedKeyUsages.length > 0) extensions.push(encodeExtendedKeyUsages(extendedKeyUsages));
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

const memberConstraints = criticalExtension(oids.basicConstraints, derSequence());

function encodeBasicConstraints(pathLength: number | undefined): Buffer {
  const limit = pathLength === undefined ? [] : [derInteger(pathLength)];
  return criticalExtension(oids.basicConstraints, derSequence(derTrue, ...limit));
}

/** The usages of a profile, encoded once; there are no more of them than ways to choose from our closed lists. */
const knownUsages = new Map<string, Buffer>();

function encodeKeyUsages(usages: readonly KeyUsage[]): Buffer {
  return once(`keyUsage ${usages.join(' ')}`, () =>
    criticalExtension(oids.keyUsage, derNamedBits(usages.map((usage) => keyUsageBits[usage]))),
  );
}

function encodeExtendedKeyUsages(usages: readonly ExtendedKeyUsage[]): Buffer {
  return once(`extendedKeyUsage ${usages.join(' ')}`, () =>
    extension(oids.extendedKeyUsage, derSequence(...usages.map((usage) => derOid(extendedKeyUsageOids[usage])))),
  );
}

function once(name: string, encode: () => Buffer): Buffer {
  const known = knownUsages.get(name);
  if (known !== undefined) return known;
  const encoding = encode();
  knownUsages.set(name, encoding);
  return encoding;
}

function extension(oid: string, value: Buffer): Buffer {
  return derSequence(derOid(oid), derOctetString(value));
}

function criticalExtension(oid: string, value: Buffer): Buffer {
  return derSequence(derOid(oid), derTrue, derOctetString(value));
}
