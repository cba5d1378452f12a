import 'reflect-metadata';
import {
  createPrivateKey,
  createPublicKey,
  type KeyObject,
  randomBytes,
  sign,
  verify,
  X509Certificate,
} from 'node:crypto';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { AsnConvert } from '@peculiar/asn1-schema';
import { Certificate } from '@peculiar/asn1-x509';
import * as x509 from '@peculiar/x509';
import fc from 'fast-check';
import { derContext, derInteger, derOctetString, derOid, derSequence, derTags } from '../../../src/pki/der.js';
import { DerReader } from '../../../src/pki/der-reader.js';
import { issueCertificate, issueRoot } from '../../../src/pki/issue.js';
import { createIssuer, type Issuer } from '../../../src/pki/issuer.js';
import { extendedKeyUsageOids } from '../../../src/pki/oids.js';
import { buildCertificatePlan, buildRootPlan, type CertificatePlan } from '../../../src/pki/plan.js';
import { signatureAlgorithmOf } from '../../../src/pki/signature-algorithm.js';
import { SubjectPublicKey } from '../../../src/pki/subject-public-key.js';
import { encodeTbsCertificate } from '../../../src/pki/tbs-certificate.js';
import { verifyIssued } from '../../../src/pki/verify-issued.js';
import { makeCircle, makeExplicitKey, makeIntermediate, makeKey, type TestCircle } from '../../helpers/certificates.js';
import { deps, makeIssuer, makeIssuerBelowRoot, peerProfile, requestFor } from './issuing.js';
import { asyncRefusalOf, refusalOf } from './refusal.js';

let circle: TestCircle;
let issuer: Issuer;
beforeAll(async () => {
  ({ circle, issuer } = await makeIssuer());
});

const member = fc.stringMatching(/^[a-z0-9][a-z0-9._-]{0,62}$/);
const names = fc.array(
  fc.oneof(
    fc.ipV4().map((value) => ({ type: 'ip' as const, value })),
    fc.domain().map((value) => ({ type: 'dns' as const, value: value.toLowerCase() })),
  ),
  { maxLength: 5 },
);
const memberKeys = [makeKey(), makeKey('p384'), makeKey('ed25519'), makeKey('rsa2048')];

/** The same TBSCertificate by @peculiar/x509, which signs with a key of its own. */
async function tbsByLibrary(plan: CertificatePlan, issuerKey: KeyObject): Promise<Buffer> {
  const { privateKey } = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign']);
  const spki = plan.publicKey.keyObject.export({ type: 'spki', format: 'der' });
  const issuerSpki = createPublicKey(issuerKey).export({ type: 'spki', format: 'der' });
  const names = plan.subjectAltNames.map(({ type, value }) => ({
    type: type === 'uri' ? ('url' as const) : type,
    value,
  }));
  const usages = extendedKeyUsageOids;
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: plan.serialNumber,
    subject: utf8Name(plan.commonName),
    issuer: utf8Name(new x509.Name(plan.issuerName).getField('CN')[0] ?? ''),
    notBefore: plan.notBefore,
    notAfter: plan.notAfter,
    publicKey: new x509.PublicKey(spki),
    signingKey: privateKey,
    signingAlgorithm: { name: 'ECDSA', hash: 'SHA-256' },
    extensions: [
      new x509.BasicConstraintsExtension(plan.ca, undefined, true),
      new x509.KeyUsagesExtension(
        plan.ca ? x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign : x509.KeyUsageFlags.digitalSignature,
        true,
      ),
      await x509.SubjectKeyIdentifierExtension.create(new x509.PublicKey(spki)),
      await x509.AuthorityKeyIdentifierExtension.create(new x509.PublicKey(issuerSpki)),
      ...(plan.ca ? [] : [new x509.ExtendedKeyUsageExtension(plan.extendedKeyUsages.map((usage) => usages[usage]))]),
      ...(plan.ca ? [] : [new x509.SubjectAlternativeNameExtension(names)]),
    ],
  });
  return Buffer.from(AsnConvert.serialize(AsnConvert.parse(certificate.rawData, Certificate).tbsCertificate));
}

function utf8Name(commonName: string): x509.Name {
  return new x509.Name([{ CN: [{ utf8String: commonName }] }]);
}

describe('encodeTbsCertificate', () => {
  it("equals @peculiar/x509's encoding octet by octet for random members", async () => {
    const key = makeKey();
    const root = await issueRoot(buildRootPlan({ name: 'Our family', key, validityDays: 9000 }, deps), key);
    const own = createIssuer(key, [root]);
    const requests = fc.record({ member, names, validityDays: fc.integer({ min: 1, max: 825 }), key: fc.nat(3) });
    await fc.assert(
      fc.asyncProperty(requests, async ({ key: index, ...request }) => {
        const publicKey = createPublicKey(memberKeys[index] ?? makeKey());
        const plan = buildCertificatePlan({ ...request, publicKey }, peerProfile, own, deps);
        const ours = encodeTbsCertificate(plan, signatureAlgorithmOf(key));
        expect(ours.toString('hex')).toBe((await tbsByLibrary(plan, key)).toString('hex'));
      }),
      { numRuns: 60 },
    );
  });

  it("equals @peculiar/x509's encoding for roots, also when they end after 2049", async () => {
    for (const validityDays of [1, 3650, 9132]) {
      const key = makeKey();
      const plan = buildRootPlan({ name: 'Familie Özdemir', key, validityDays }, deps);
      const ours = encodeTbsCertificate(plan, signatureAlgorithmOf(key));
      expect(ours.toString('hex')).toBe((await tbsByLibrary(plan, key)).toString('hex'));
    }
  });
});

describe('issueCertificate', () => {
  it.each(['p256', 'p384', 'ed25519', 'rsa2048'] as const)('issues with a CA key of type %s', async (type) => {
    const { circle, issuer } = await makeIssuer(type);
    const plan = buildCertificatePlan(requestFor(), peerProfile, issuer, deps);
    const certificate = await issueCertificate(plan, issuer);
    expect(certificate.verify(circle.certificate.publicKey)).toBe(true);
    expect(certificate.serialNumber).toBe(plan.serialNumber);
    expect(certificate.publicKey.equals(plan.publicKey.keyObject)).toBe(true);
    expect(certificate.ca).toBe(false);
  });

  it('issues below an intermediate CA', async () => {
    const { circle, issuer } = await makeIssuerBelowRoot();
    const certificate = await issueCertificate(buildCertificatePlan(requestFor(), peerProfile, issuer, deps), issuer);
    expect(certificate.checkIssued(circle.certificate)).toBe(true);
  });

  it('refuses what checkPlan refuses, and signs nothing then', async () => {
    let signed = 0;
    const counting: Issuer = {
      chain: issuer.chain,
      sign: async (tbs) => {
        signed += 1;
        return issuer.sign(tbs);
      },
    };
    const plan = buildCertificatePlan(requestFor(), peerProfile, issuer, deps);
    expect(await asyncRefusalOf(issueCertificate({ ...plan, ca: true }, counting))).toBe('ERR_PKI_PLAN_REFUSED');
    expect(signed).toBe(0);
  });

  it('throws the result away when the issuer signs wrongly', async () => {
    const wrong: Issuer = { chain: issuer.chain, sign: async (tbs) => sign('sha256', tbs, makeKey()) };
    const plan = buildCertificatePlan(requestFor(), peerProfile, issuer, deps);
    expect(await asyncRefusalOf(issueCertificate(plan, wrong))).toBe('ERR_PKI_PATH_INVALID');
  });

  it('throws a later result away too when the issuer begins to sign wrongly, or signs something else', async () => {
    let signing: Issuer['sign'] = issuer.sign;
    const turning: Issuer = { chain: issuer.chain, sign: (tbs) => signing(tbs) };
    const plan = buildCertificatePlan(requestFor(), peerProfile, issuer, deps);
    await issueCertificate(plan, turning);
    signing = async (tbs) => sign('sha256', tbs, makeKey());
    expect(await asyncRefusalOf(issueCertificate(plan, turning))).toBe('ERR_PKI_PATH_INVALID');
    signing = (tbs) => issuer.sign(Buffer.concat([tbs, Buffer.of(0)]));
    expect(await asyncRefusalOf(issueCertificate(plan, turning))).toBe('ERR_PKI_PATH_INVALID');
  });

  it('throws the result away when the CA above may not have CAs below it', async () => {
    const root = await makeCircle({
      pathLength: 0,
      notBefore: new Date('2026-01-01'),
      notAfter: new Date('2030-01-01'),
    });
    const ca = await makeIntermediate(root, { notBefore: new Date('2026-01-01'), notAfter: new Date('2030-01-01') });
    const below = createIssuer(ca.key, [ca.certificate, root.certificate]);
    const plan = buildCertificatePlan(requestFor(), peerProfile, below, deps);
    expect(await asyncRefusalOf(issueCertificate(plan, below))).toBe('ERR_PKI_PATH_INVALID');
  });
});

describe('verifyIssued', () => {
  it.each<[string, (plan: CertificatePlan) => Partial<CertificatePlan>]>([
    ['another serial number', () => ({ serialNumber: 'AB'.repeat(16) })],
    ['another member', () => ({ commonName: 'eve' })],
    ['another end', (plan) => ({ notAfter: new Date(plan.notAfter.getTime() - 1000) })],
    ['other names', () => ({ subjectAltNames: [] })],
    ['another key', () => ({ publicKey: SubjectPublicKey.of(makeKey()) })],
    ['another issuer', (plan) => ({ issuerName: plan.issuerName.subarray(1) })],
    ['other usages', () => ({ keyUsages: ['keyEncipherment'] })],
  ])('throws a certificate away whose plan had %s', async (_, change) => {
    const plan = buildCertificatePlan(requestFor(), peerProfile, issuer, deps);
    const certificate = await issueCertificate(plan, issuer);
    expect(refusalOf(() => verifyIssued(certificate.raw, plan, issuer))).toBeUndefined();
    const other = { ...plan, ...change(plan) };
    expect(refusalOf(() => verifyIssued(certificate.raw, other, issuer))).toBe('ERR_PKI_PATH_INVALID');
  });
});

describe('issueRoot', () => {
  it('issues a root that verifies itself', async () => {
    const key = makeKey();
    const root = await issueRoot(buildRootPlan({ name: 'Our, "family"', key, validityDays: 3650 }, deps), key);
    expect(root.ca && root.checkIssued(root) && root.verify(root.publicKey)).toBe(true);
  });

  it('throws the result away when the key is not that of the plan', async () => {
    const plan = buildRootPlan({ name: 'Our family', key: makeKey(), validityDays: 3650 }, deps);
    expect(await asyncRefusalOf(issueRoot(plan, makeKey()))).toBe('ERR_PKI_PATH_INVALID');
  });
});

/** The same P-256 key, its curve by name (RFC 5915). */
function withNamedCurve(key: KeyObject): KeyObject {
  const sec1 = new DerReader(key.export({ type: 'sec1', format: 'der' })).enter();
  sec1.integer();
  const secret = derOctetString(sec1.read(derTags.octetString));
  const named = derSequence(derInteger(1), secret, derContext(0, derOid('1.2.840.10045.3.1.7')));
  return createPrivateKey({ key: named, format: 'der', type: 'sec1' });
}

describe('createIssuer', () => {
  it('refuses a key that is not that of the certificate', () => {
    expect(refusalOf(() => createIssuer(makeKey(), [circle.certificate]))).toBe('ERR_PKI_KEY_INVALID');
  });

  it('refuses a chain that is empty, broken, without a root, or not of CAs', async () => {
    const { root, circle: ca } = await makeIssuerBelowRoot();
    const notCa = await makeCircle({ ca: false });
    const code = 'ERR_PKI_CERTIFICATE_INVALID';
    expect(refusalOf(() => createIssuer(ca.key, []))).toBe(code);
    expect(refusalOf(() => createIssuer(ca.key, [ca.certificate]))).toBe(code);
    expect(refusalOf(() => createIssuer(ca.key, [ca.certificate, circle.certificate]))).toBe(code);
    expect(refusalOf(() => createIssuer(ca.key, [ca.certificate, root.certificate, ca.certificate]))).toBe(code);
    expect(refusalOf(() => createIssuer(notCa.key, [notCa.certificate]))).toBe(code);
  });

  it('refuses a CA key that QTChat does not sign with', async () => {
    const weak = await makeCircle({ keyType: 'rsa1024' });
    expect(refusalOf(() => createIssuer(weak.key, [weak.certificate]))).toBe('ERR_PKI_KEY_TYPE');
  });

  it('refuses a CA whose key or certificate describes its curve by parameters', async () => {
    const key = makeExplicitKey('P-256');
    const named = withNamedCurve(key);
    const own = await makeCircle({ key });
    expect(refusalOf(() => createIssuer(key, [own.certificate]))).toBe('ERR_PKI_KEY_TYPE');
    expect(refusalOf(() => createIssuer(named, [own.certificate]))).toBe('ERR_PKI_KEY_TYPE');
  });

  it('signs so that OpenSSL verifies it', async () => {
    const tbs = randomBytes(100);
    expect(verify('sha256', tbs, new X509Certificate(circle.certificatePem).publicKey, await issuer.sign(tbs))).toBe(
      true,
    );
  });
});
