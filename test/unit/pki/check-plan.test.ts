import { createPublicKey } from 'node:crypto';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { checkPlan } from '../../../src/pki/check-plan.js';
import type { Issuer } from '../../../src/pki/issuer.js';
import { buildCertificatePlan, buildRootPlan, type CertificatePlan, encodeName } from '../../../src/pki/plan.js';
import { SubjectPublicKey } from '../../../src/pki/subject-public-key.js';
import { makeKey, type TestCircle } from '../../helpers/certificates.js';
import { deps, makeIssuer, peerProfile, requestFor } from './issuing.js';
import { refusalOf } from './refusal.js';

const dayMs = 86_400_000;

let circle: TestCircle;
let issuer: Issuer;
let good: CertificatePlan;
let goodRoot: CertificatePlan;
beforeAll(async () => {
  ({ circle, issuer } = await makeIssuer());
  const names = [{ type: 'ip' as const, value: '1.2.3.4' }];
  good = buildCertificatePlan(requestFor({ names }), peerProfile, issuer, deps);
  goodRoot = buildRootPlan({ name: 'Our family', key: makeKey(), validityDays: 3650 }, deps);
});

const withKey = (publicKey: SubjectPublicKey) => ({ publicKey, subjectKeyId: publicKey.identifier });
/** A key that passed no check, past the types. */
const unchecked = (): SubjectPublicKey => ({ ...good.publicKey }) as unknown as SubjectPublicKey;
const later = (date: Date, ms: number) => new Date(date.getTime() + ms);

describe("checkPlan of a member's certificate", () => {
  it('accepts the good plan', () => {
    expect(refusalOf(() => checkPlan(good, issuer))).toBeUndefined();
  });

  it.each<[string, string, () => Partial<CertificatePlan>]>([
    ['the right to issue', 'ERR_PKI_PLAN_REFUSED', () => ({ ca: true })],
    ['keyCertSign', 'ERR_PKI_PLAN_REFUSED', () => ({ keyUsages: ['digitalSignature', 'keyCertSign'] })],
    ['no keyUsage', 'ERR_PKI_PLAN_REFUSED', () => ({ keyUsages: [] })],
    ['a keyUsage twice', 'ERR_PKI_PLAN_REFUSED', () => ({ keyUsages: ['digitalSignature', 'digitalSignature'] })],
    ['no extendedKeyUsage', 'ERR_PKI_PLAN_REFUSED', () => ({ extendedKeyUsages: [] })],
    ['another issuer name', 'ERR_PKI_PLAN_REFUSED', () => ({ issuerName: encodeName('Another') })],
    ['another authority key', 'ERR_PKI_PLAN_REFUSED', () => ({ authorityKeyId: Buffer.alloc(20) })],
    ['another subject key identifier', 'ERR_PKI_PLAN_REFUSED', () => ({ subjectKeyId: Buffer.alloc(20) })],
    ['no serial number', 'ERR_PKI_PLAN_REFUSED', () => ({ serialNumber: '' })],
    ['a serial number of zero', 'ERR_PKI_PLAN_REFUSED', () => ({ serialNumber: '00'.repeat(16) })],
    ['a serial number that can be guessed', 'ERR_PKI_PLAN_REFUSED', () => ({ serialNumber: '01' })],
    ['a serial number of 21 octets', 'ERR_PKI_PLAN_REFUSED', () => ({ serialNumber: '01'.repeat(21) })],
    ['one of 21 octets with its sign', 'ERR_PKI_PLAN_REFUSED', () => ({ serialNumber: 'FF'.repeat(20) })],
    ['a key that was not checked', 'ERR_PKI_PLAN_REFUSED', () => ({ publicKey: unchecked() })],
    ["the CA's own key", 'ERR_PKI_PLAN_REFUSED', () => withKey(SubjectPublicKey.of(createPublicKey(circle.key)))],
    ['a bad member name', 'ERR_PKI_NAME_INVALID', () => ({ commonName: 'Bob' })],
    ['an end before its beginning', 'ERR_PKI_VALIDITY', () => ({ notAfter: later(good.notBefore, -1000) })],
    ['no duration', 'ERR_PKI_VALIDITY', () => ({ notAfter: good.notBefore })],
    ['one second over 825 days', 'ERR_PKI_VALIDITY', () => ({ notAfter: later(good.notBefore, 825 * dayMs) })],
    ['fractions of a second', 'ERR_PKI_PLAN_REFUSED', () => ({ notAfter: later(good.notAfter, 1) })],
    ['an impossible date', 'ERR_PKI_PLAN_REFUSED', () => ({ notAfter: new Date(Number.NaN) })],
    ['a beginning before its issuer', 'ERR_PKI_VALIDITY', () => ({ notBefore: new Date('2025-12-31T00:00:00Z') })],
  ])('refuses %s', (_, code, change) => {
    expect(refusalOf(() => checkPlan({ ...good, ...change() }, issuer))).toBe(code);
  });

  it('refuses an end behind that of its issuer', async () => {
    const notBefore = new Date('2035-12-01T00:00:00Z');
    const late = { ...good, notBefore, notAfter: new Date('2036-01-01T00:00:01Z') };
    expect(refusalOf(() => checkPlan(late, issuer))).toBe('ERR_PKI_VALIDITY');
  });

  it('accepts names of every kind beside its URI', () => {
    const names = [
      { type: 'dns', value: '*.example.org' },
      { type: 'ip', value: 'fd00::1' },
      { type: 'email', value: 'Bob@example.org' },
      { type: 'uri', value: 'https://example.org/bob' },
    ] as const;
    const plan = { ...good, subjectAltNames: [...names, ...good.subjectAltNames] };
    expect(refusalOf(() => checkPlan(plan, issuer))).toBeUndefined();
  });

  const other = 'a'.repeat(26);
  it.each<[string, string, (uri: string) => CertificatePlan['subjectAltNames']]>([
    ['without its URI', 'ERR_PKI_PLAN_REFUSED', () => []],
    ['with the URI of another member', 'ERR_PKI_PLAN_REFUSED', (uri) => [{ type: 'uri', value: `${uri}by` }]],
    ['with the URI of another circle', 'ERR_PKI_PLAN_REFUSED', () => [{ type: 'uri', value: `qtchat://${other}/bob` }]],
    [
      'with a second URI of ours',
      'ERR_PKI_PLAN_REFUSED',
      (uri) => [
        { type: 'uri', value: uri },
        { type: 'uri', value: `qtchat://${other}/bob` },
      ],
    ],
    [
      'with the URI of an Auto CA',
      'ERR_PKI_PLAN_REFUSED',
      (uri) => [
        { type: 'uri', value: uri },
        { type: 'uri', value: `qtchat-ca://${other}` },
      ],
    ],
    [
      'with such a URI in capitals',
      'ERR_PKI_PLAN_REFUSED',
      (uri) => [
        { type: 'uri', value: uri },
        { type: 'uri', value: `QTCHAT://${other}/bob` },
      ],
    ],
    [
      'with a URI not in its canonical form',
      'ERR_PKI_PLAN_REFUSED',
      (uri) => [
        { type: 'uri', value: uri },
        { type: 'uri', value: 'HTTPS://host.example/' },
      ],
    ],
    [
      'with a name instead of an e-mail address',
      'ERR_PKI_SAN_INVALID',
      (uri) => [
        { type: 'uri', value: uri },
        { type: 'email', value: 'bob' },
      ],
    ],
    [
      'with its URI hidden in a DNS name',
      'ERR_PKI_SAN_INVALID',
      (uri) => [
        { type: 'uri', value: uri },
        { type: 'dns', value: uri },
      ],
    ],
    [
      'with a DNS name with a space',
      'ERR_PKI_SAN_INVALID',
      (uri) => [
        { type: 'uri', value: uri },
        { type: 'dns', value: 'a b' },
      ],
    ],
    [
      'with a network',
      'ERR_PKI_SAN_INVALID',
      (uri) => [
        { type: 'uri', value: uri },
        { type: 'ip', value: '10.0.0.0/8' },
      ],
    ],
    [
      'with an address not in its canonical form',
      'ERR_PKI_PLAN_REFUSED',
      (uri) => [
        { type: 'uri', value: uri },
        { type: 'ip', value: 'FD00::1' },
      ],
    ],
    [
      'with a name twice',
      'ERR_PKI_PLAN_REFUSED',
      (uri) => [
        { type: 'uri', value: uri },
        { type: 'ip', value: '1.2.3.4' },
        { type: 'ip', value: '1.2.3.4' },
      ],
    ],
    [
      'with more than 100 names',
      'ERR_PKI_PLAN_REFUSED',
      (uri) => [
        { type: 'uri', value: uri },
        ...Array.from({ length: 100 }, (_, index) => ({ type: 'ip' as const, value: `10.0.0.${index}` })),
      ],
    ],
  ])('refuses a plan %s', (_, code, names) => {
    const uri = `qtchat://${circle.circleId}/bob`;
    expect(refusalOf(() => checkPlan({ ...good, subjectAltNames: names(uri) }, issuer))).toBe(code);
  });
});

describe("checkPlan of a root's certificate", () => {
  it('accepts the good plan', () => {
    expect(refusalOf(() => checkPlan(goodRoot))).toBeUndefined();
  });

  it("refuses a member's plan in its place", () => {
    expect(refusalOf(() => checkPlan({ ...good, notAfter: later(good.notBefore, dayMs) }))).toBe(
      'ERR_PKI_PLAN_REFUSED',
    );
  });

  it.each<[string, string, () => Partial<CertificatePlan>]>([
    ['no right to issue', 'ERR_PKI_PLAN_REFUSED', () => ({ ca: false })],
    ['digitalSignature', 'ERR_PKI_PLAN_REFUSED', () => ({ keyUsages: ['digitalSignature'] })],
    ['purposes', 'ERR_PKI_PLAN_REFUSED', () => ({ extendedKeyUsages: ['serverAuth'] })],
    ['names', 'ERR_PKI_PLAN_REFUSED', () => ({ subjectAltNames: [{ type: 'dns', value: 'a.example' }] })],
    ['another issuer', 'ERR_PKI_PLAN_REFUSED', () => ({ issuerName: encodeName('Another') })],
    ['another authority key', 'ERR_PKI_PLAN_REFUSED', () => ({ authorityKeyId: Buffer.alloc(20) })],
    ['no name', 'ERR_PKI_NAME_INVALID', () => ({ commonName: '' })],
    ['a name of 65 characters', 'ERR_PKI_NAME_INVALID', () => ({ commonName: 'a'.repeat(65) })],
    ['a name with a newline', 'ERR_PKI_NAME_INVALID', () => ({ commonName: 'a\nb' })],
    ['a name that turns text around', 'ERR_PKI_NAME_INVALID', () => ({ commonName: 'a\u202eb' })],
    ['a name of spaces', 'ERR_PKI_NAME_INVALID', () => ({ commonName: '  ' })],
    ['a validity above 9132 days', 'ERR_PKI_VALIDITY', () => ({ notAfter: later(goodRoot.notBefore, 9132 * dayMs) })],
  ])('refuses %s', (_, code, change) => {
    expect(refusalOf(() => checkPlan({ ...goodRoot, ...change() }))).toBe(code);
  });
});
