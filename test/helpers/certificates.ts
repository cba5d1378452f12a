/**
 * Circles and member certificates for tests, right ones and wrong ones, made with @peculiar/x509
 * and so independently of src/pki. Every field of a certificate can be overridden.
 */
import 'reflect-metadata';
import {
  createHash,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  webcrypto,
  X509Certificate,
} from 'node:crypto';
import * as x509 from '@peculiar/x509';

/** extendedKeyUsage OIDs (RFC 5280 §4.2.1.12). */
export const serverAuth = '1.3.6.1.5.5.7.3.1';
export const clientAuth = '1.3.6.1.5.5.7.3.2';

/** The kinds of key a test may ask for; `rsa1024` is there to be refused. */
export type TestKeyType = 'p256' | 'p384' | 'ed25519' | 'rsa1024' | 'rsa2048';

/** A key with the certificate that speaks for it. */
export interface TestCredential {
  readonly key: KeyObject;
  /** Unencrypted PKCS #8. */
  readonly keyPem: string;
  readonly certificate: X509Certificate;
  readonly certificatePem: string;
}

/** A root and all that follows from it; also what signs members. */
export interface TestCircle extends TestCredential {
  readonly circleId: string;
  readonly rootPem: string;
  /** PEM certificates between a member and the root, issuer of members first; empty under a bare root. */
  readonly intermediatesPem: string;
}

/** A member's credential. */
export interface TestMember extends TestCredential {
  readonly member: string;
  /** The member's certificate, then any intermediates; what a TLS server sends. */
  readonly chainPem: string;
  readonly rootPem: string;
}

/** What may be overridden in any certificate. Dates are inclusive, as in X.509. */
export interface CertificateFields {
  /** The subject's common name; an empty string leaves the subject empty. */
  commonName?: string;
  keyType?: TestKeyType;
  /** Certifies this key instead of a fresh one. */
  key?: KeyObject;
  /** Signs with this key instead of the issuer's: a forgery. */
  signingKey?: KeyObject;
  /** The signature's hash, where the signing key is EC. */
  hash?: 'SHA-1' | 'SHA-256';
  notBefore?: Date;
  notAfter?: Date;
  /** Upper- or lower-case hex. */
  serialNumber?: string;
  ca?: boolean;
  pathLength?: number;
  /** False leaves the basicConstraints extension out. */
  basicConstraints?: boolean;
  keyUsages?: x509.KeyUsageFlags;
  /** extendedKeyUsage OIDs; an empty list leaves the extension out. */
  ekus?: readonly string[];
  uris?: readonly string[];
  dns?: readonly string[];
  ips?: readonly string[];
  extraExtensions?: readonly x509.Extension[];
}

/** What may be overridden in a member's certificate. */
export interface MemberFields extends CertificateFields {
  member: string;
}

/** The circle id, computed apart from the product's code: base32 of the first 16 octets of SHA-256 over the root's SPKI. */
export function circleIdForTest(root: X509Certificate): string {
  const digest = createHash('sha256')
    .update(root.publicKey.export({ type: 'spki', format: 'der' }))
    .digest();
  let bits = '';
  for (const octet of digest.subarray(0, 16)) bits += octet.toString(2).padStart(8, '0');
  const groups = bits.match(/.{1,5}/g) ?? [];
  return groups.map((group) => 'abcdefghijklmnopqrstuvwxyz234567'[Number.parseInt(group.padEnd(5, '0'), 2)]).join('');
}

/** A private key on a curve that is described by its parameters instead of its name. */
export function makeExplicitKey(namedCurve: 'P-256' | 'P-384'): KeyObject {
  return generateKeyPairSync('ec', { namedCurve, paramEncoding: 'explicit' }).privateKey;
}

/** A fresh private key. */
export function makeKey(type: TestKeyType = 'p256'): KeyObject {
  if (type === 'ed25519') return generateKeyPairSync('ed25519').privateKey;
  if (type === 'rsa1024') return generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey;
  if (type === 'rsa2048') return generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
  return generateKeyPairSync('ec', { namedCurve: type === 'p256' ? 'P-256' : 'P-384' }).privateKey;
}

/** A fresh circle under a self-signed root. */
export async function makeCircle(fields: CertificateFields = {}): Promise<TestCircle> {
  const root = await makeCertificate(undefined, {
    commonName: 'Test circle',
    ca: true,
    keyUsages: x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign,
    ekus: [],
    ...fields,
  });
  return {
    ...root,
    circleId: circleIdForTest(root.certificate),
    rootPem: root.certificatePem,
    intermediatesPem: '',
  };
}

/** The same circle, its members signed by an intermediate CA below `circle`. */
export async function makeIntermediate(circle: TestCircle, fields: CertificateFields = {}): Promise<TestCircle> {
  const intermediate = await makeCertificate(circle, {
    commonName: 'Test intermediate',
    ca: true,
    keyUsages: x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign,
    ekus: [],
    ...fields,
  });
  return {
    ...intermediate,
    circleId: circle.circleId,
    rootPem: circle.rootPem,
    intermediatesPem: intermediate.certificatePem + circle.intermediatesPem,
  };
}

/** A member of `circle`; without overrides the certificate is exactly as profile `peer` has it. */
export async function makeMember(circle: TestCircle, fields: MemberFields): Promise<TestMember> {
  const { member, ...overrides } = fields;
  const credential = await makeCertificate(circle, {
    commonName: member,
    ca: false,
    keyUsages: x509.KeyUsageFlags.digitalSignature,
    ekus: [serverAuth, clientAuth],
    uris: [`qtchat://${circle.circleId}/${member}`],
    ...overrides,
  });
  return {
    ...credential,
    member,
    chainPem: credential.certificatePem + circle.intermediatesPem,
    rootPem: circle.rootPem,
  };
}

/** Any certificate: self-signed without an issuer. Names are taken as they are, wrong ones too. */
export async function makeCertificate(
  issuer: TestCredential | undefined,
  fields: CertificateFields,
): Promise<TestCredential> {
  const key = fields.key ?? makeKey(fields.keyType);
  const spki = createPublicKey(key).export({ type: 'spki', format: 'der' });
  const subject: x509.JsonName = fields.commonName ? [{ CN: [fields.commonName] }] : [];
  const signingKey = fields.signingKey ?? issuer?.key ?? key;
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: fields.serialNumber ?? `40${randomBytes(15).toString('hex')}`,
    subject,
    issuer: issuer === undefined ? subject : new x509.X509Certificate(issuer.certificate.raw).subjectName.toJSON(),
    notBefore: fields.notBefore ?? new Date(Date.now() - 60_000),
    notAfter: fields.notAfter ?? new Date(Date.now() + 30 * 86_400_000),
    publicKey: new x509.PublicKey(spki),
    signingKey: await signingCryptoKey(signingKey),
    signingAlgorithm: { name: 'ECDSA', hash: fields.hash ?? 'SHA-256' },
    extensions: await extensionsOf(fields, spki, createPublicKey(issuer?.key ?? key)),
  });
  const certificatePem = `${certificate.toString('pem')}\n`;
  return {
    key,
    keyPem: key.export({ type: 'pkcs8', format: 'pem' }).toString(),
    certificate: new X509Certificate(certificatePem),
    certificatePem,
  };
}

async function extensionsOf(fields: CertificateFields, spki: Buffer, issuerKey: KeyObject): Promise<x509.Extension[]> {
  const names: x509.JsonGeneralNames = [
    ...(fields.dns ?? []).map((value) => ({ type: 'dns' as const, value })),
    ...(fields.ips ?? []).map((value) => ({ type: 'ip' as const, value })),
    ...(fields.uris ?? []).map((value) => ({ type: 'url' as const, value })),
  ];
  const issuerSpki = issuerKey.export({ type: 'spki', format: 'der' });
  const extensions: x509.Extension[] = [
    await x509.SubjectKeyIdentifierExtension.create(new x509.PublicKey(spki)),
    await x509.AuthorityKeyIdentifierExtension.create(new x509.PublicKey(issuerSpki)),
    ...(fields.extraExtensions ?? []),
  ];
  if (fields.basicConstraints !== false) {
    extensions.push(new x509.BasicConstraintsExtension(fields.ca ?? false, fields.pathLength, true));
  }
  if (fields.keyUsages !== undefined) extensions.push(new x509.KeyUsagesExtension(fields.keyUsages, true));
  if (fields.ekus !== undefined && fields.ekus.length > 0) {
    extensions.push(new x509.ExtendedKeyUsageExtension([...fields.ekus], false));
  }
  if (names.length > 0) extensions.push(new x509.SubjectAlternativeNameExtension(names, fields.commonName === ''));
  return extensions;
}

async function signingCryptoKey(key: KeyObject): Promise<webcrypto.CryptoKey> {
  const der = key.export({ type: 'pkcs8', format: 'der' });
  return webcrypto.subtle.importKey('pkcs8', der, importAlgorithm(key), false, ['sign']);
}

function importAlgorithm(
  key: KeyObject,
): webcrypto.EcKeyImportParams | webcrypto.RsaHashedImportParams | { name: string } {
  if (key.asymmetricKeyType === 'ed25519') return { name: 'Ed25519' };
  if (key.asymmetricKeyType === 'rsa') return { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' };
  const p256 = key.asymmetricKeyDetails?.namedCurve === 'prime256v1';
  return { name: 'ECDSA', namedCurve: p256 ? 'P-256' : 'P-384' };
}
