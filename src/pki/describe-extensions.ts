/** Extensions of certificates, requests and revocation lists (RFC 5280 §4.2, §5.2) as text for people. Judges nothing. */
import { isQTChatError } from '../errors.js';
import { basicConstraintsOf, type Extended, extendedKeyUsagesOf, keyUsagesOf } from './certificate-fields.js';
import { derTags } from './der.js';
import { DerError, DerReader } from './der-reader.js';
import { generalNamesText, generalNameText } from './general-name.js';
import { oids } from './oids.js';

/** One extension. */
export interface ExtensionDescription {
  readonly oid: string;
  /** As RFC 5280 calls it; the OID where it has no name here. */
  readonly name: string;
  readonly critical: boolean;
  /** What it says; hex where that is not known here. Nobody checked the text. */
  readonly text: string;
}

/** A name, and how to put the value into words; hex without. */
type Known = readonly [name: string, describe?: (value: Buffer, all: Extended) => string];

const known: Readonly<Record<string, Known>> = {
  [oids.subjectKeyIdentifier]: ['subjectKeyIdentifier', (value) => hex(new DerReader(value).read(derTags.octetString))],
  [oids.authorityKeyIdentifier]: ['authorityKeyIdentifier', describeAuthority],
  [oids.keyUsage]: ['keyUsage', (_, all) => (keyUsagesOf(all) ?? []).join(', ')],
  [oids.extendedKeyUsage]: ['extendedKeyUsage', (_, all) => (extendedKeyUsagesOf(all) ?? []).join(', ')],
  [oids.basicConstraints]: ['basicConstraints', describeConstraints],
  [oids.subjectAltName]: ['subjectAltName', (value) => generalNamesText(new DerReader(value).enter())],
  '2.5.29.18': ['issuerAltName', (value) => generalNamesText(new DerReader(value).enter())],
  [oids.nameConstraints]: ['nameConstraints', describeNameConstraints],
  [oids.crlNumber]: ['cRLNumber', (value) => String(new DerReader(value).integer())],
  '2.5.29.27': ['deltaCRLIndicator', (value) => String(new DerReader(value).integer())],
  '2.5.29.28': ['issuingDistributionPoint'],
  '2.5.29.31': ['cRLDistributionPoints', describeDistributionPoints],
  '2.5.29.32': ['certificatePolicies', (value) => listOf(value, (policy) => policy.enter().oid())],
  '2.5.29.36': ['policyConstraints'],
  '1.3.6.1.5.5.7.1.1': ['authorityInfoAccess', (value) => listOf(value, describeAccess)],
  '1.3.6.1.5.5.7.1.24': ['tlsFeature', (value) => listOf(value, (feature) => String(feature.integer()))],
  '1.3.6.1.4.1.11129.2.4.2': ['signedCertificateTimestamps'],
};

const accessMethods: Readonly<Record<string, string>> = {
  '1.3.6.1.5.5.7.48.1': 'OCSP',
  '1.3.6.1.5.5.7.48.2': 'issuer',
};

/** Longer values are cut; nobody reads them. */
const hexOctets = 48;

/** Describes every extension, in the order of the file. */
export function describeExtensions(all: Extended): ExtensionDescription[] {
  return [...all.extensions].map(([oid, { critical, value }]) => {
    const [name = oid, describe = hex] = known[oid] ?? [];
    return { oid, name, critical, text: wordsOr(value, () => describe(value, all)) };
  });
}

/** Malformed extensions are shown too: this is where one looks for the fault. */
function wordsOr(value: Buffer, describe: () => string): string {
  try {
    return describe();
  } catch (error) {
    if (!(error instanceof DerError) && !isQTChatError(error)) throw error;
    return `malformed (${hex(value)})`;
  }
}

function hex(octets: Buffer): string {
  const text = octets.subarray(0, hexOctets).toString('hex');
  return octets.length > hexOctets ? `${text}… (${octets.length} octets)` : text;
}

function listOf(value: Buffer, describe: (reader: DerReader) => string): string {
  const reader = new DerReader(value).enter();
  const texts: string[] = [];
  while (!reader.done) texts.push(describe(reader));
  return texts.join(', ');
}

function describeAuthority(value: Buffer): string {
  const reader = new DerReader(value).enter();
  const keyId = reader.optional(0x80);
  const parts = [...(keyId === undefined ? [] : [hex(keyId)]), ...(reader.done ? [] : ['issuer and serial number'])];
  return parts.join(', ');
}

function describeConstraints(_: Buffer, all: Extended): string {
  const { ca, pathLength } = basicConstraintsOf(all);
  const below = pathLength === undefined ? '' : `, at most ${pathLength} CAs below it`;
  return (ca ? 'CA' : 'no CA') + below;
}

/** NameConstraints (RFC 5280 §4.2.1.10). */
function describeNameConstraints(value: Buffer): string {
  const reader = new DerReader(value).enter();
  const kinds = [
    ['permitted', reader.optional(0xa0)],
    ['excluded', reader.optional(0xa1)],
  ] as const;
  return kinds
    .flatMap(([kind, subtrees]) => (subtrees === undefined ? [] : [`${kind} ${describeSubtrees(subtrees)}`]))
    .join('; ');
}

function describeSubtrees(content: Buffer): string {
  const subtrees = new DerReader(content);
  const names: string[] = [];
  while (!subtrees.done) names.push(generalNameText(subtrees.enter()));
  return names.join(', ');
}

/** CRLDistributionPoints (RFC 5280 §4.2.1.13): where a full name is given. */
function describeDistributionPoints(value: Buffer): string {
  return listOf(value, (points) => {
    const name = points.enter().optional(0xa0);
    const fullName = name === undefined ? undefined : new DerReader(name).optional(0xa0);
    return fullName === undefined ? 'relative to the issuer' : generalNamesText(new DerReader(fullName));
  });
}

function describeAccess(reader: DerReader): string {
  const access = reader.enter();
  const method = access.oid();
  return `${accessMethods[method] ?? method} ${generalNameText(access)}`;
}
