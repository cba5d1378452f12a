import type { KeyObject } from 'node:crypto';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { createIssuer, type Issuer } from '../../../src/pki/issuer.js';
import { buildCertificatePlan, buildReservedPlan, buildRootPlan } from '../../../src/pki/plan.js';
import { makeCircle, makeExplicitKey, makeIntermediate, makeKey, type TestCircle } from '../../helpers/certificates.js';
import { deps, makeIssuer, makeIssuerBelowRoot, now, peerProfile, requestFor } from './issuing.js';
import { refusalOf } from './refusal.js';

const dayMs = 86_400_000;

let circle: TestCircle;
let issuer: Issuer;
beforeAll(async () => {
  ({ circle, issuer } = await makeIssuer());
});

describe('buildCertificatePlan', () => {
  it('begins 60 s in the past and lasts exactly the days asked for, both ends counted', () => {
    const plan = buildCertificatePlan(requestFor({ validityDays: 365 }), peerProfile, issuer, deps);
    expect(plan.notBefore.toISOString()).toBe('2026-06-15T11:59:00.000Z');
    expect(plan.notAfter.getTime() + 1000 - plan.notBefore.getTime()).toBe(365 * dayMs);
    expect(plan.validityCut).toBeUndefined();
  });

  it('cuts the validity to 825 days and says so', () => {
    const plan = buildCertificatePlan(requestFor({ validityDays: 826 }), peerProfile, issuer, deps);
    expect(plan.notAfter.getTime() + 1000 - plan.notBefore.getTime()).toBe(825 * dayMs);
    expect(plan.validityCut).toContain('825 days');
  });

  it.each([true, false])(
    'cuts the validity to that of the nearest end above it (root first: %p)',
    async (rootFirst) => {
      const [early, late] = [new Date('2026-07-01T00:00:00Z'), new Date('2030-01-01T00:00:00Z')];
      const notBefore = new Date('2026-01-01T00:00:00Z');
      const root = await makeCircle({ notBefore, notAfter: rootFirst ? early : late });
      const ca = await makeIntermediate(root, { notBefore, notAfter: rootFirst ? late : early });
      const below = createIssuer(ca.key, [ca.certificate, root.certificate]);
      const plan = buildCertificatePlan(requestFor(), peerProfile, below, deps);
      expect(plan.notAfter).toEqual(early);
      expect(plan.validityCut).toContain('2026-07-01');
    },
  );

  it('does not begin before its issuer', async () => {
    const young = await makeCircle({ notBefore: new Date('2026-06-15T11:59:30Z') });
    const plan = buildCertificatePlan(requestFor(), peerProfile, createIssuer(young.key, [young.certificate]), deps);
    expect(plan.notBefore.toISOString()).toBe('2026-06-15T11:59:30.000Z');
  });

  it.each([0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY])('refuses a validity of %p days', (validityDays) => {
    const build = () => buildCertificatePlan(requestFor({ validityDays }), peerProfile, issuer, deps);
    expect(refusalOf(build)).toBe('ERR_PKI_VALIDITY');
  });

  it.each([
    ['expired', new Date('2036-01-01T00:00:01Z')],
    ['is not valid yet', new Date('2025-12-31T23:59:59Z')],
  ])('refuses when the issuer %s', (_, at) => {
    const build = () => buildCertificatePlan(requestFor(), peerProfile, issuer, { ...deps, clock: () => at });
    expect(refusalOf(build)).toBe('ERR_PKI_VALIDITY');
  });

  it('adds the URI of the circle of the root, not of the intermediate', async () => {
    const { root, issuer: below } = await makeIssuerBelowRoot();
    const plan = buildCertificatePlan(requestFor(), peerProfile, below, deps);
    expect(plan.subjectAltNames).toEqual([{ type: 'uri', value: `qtchat://${root.circleId}/bob` }]);
  });

  it('keeps the order of the names and drops repeats', () => {
    const names = [
      { type: 'ip', value: '1.2.3.4' },
      { type: 'dns', value: 'a.example' },
      { type: 'ip', value: '1.2.3.4' },
    ] as const;
    const plan = buildCertificatePlan(requestFor({ names }), peerProfile, issuer, deps);
    expect(plan.subjectAltNames).toEqual([
      { type: 'ip', value: '1.2.3.4' },
      { type: 'dns', value: 'a.example' },
      { type: 'uri', value: `qtchat://${circle.circleId}/bob` },
    ]);
  });

  it('takes 16 random octets as serial number, leading zeros dropped', () => {
    const random = (size: number) => Buffer.concat([Buffer.alloc(2), Buffer.alloc(size - 2, 0xab)]);
    const plan = buildCertificatePlan(requestFor(), peerProfile, issuer, { ...deps, random });
    expect(plan.serialNumber).toBe('AB'.repeat(14));
  });

  it('holds only the public part of a key', () => {
    const plan = buildCertificatePlan(requestFor({ publicKey: makeKey() }), peerProfile, issuer, deps);
    expect(plan.publicKey.keyObject.type).toBe('public');
  });

  it('refuses a kind of key that the profile does not allow, or that nobody should use', () => {
    const onlyP384 = { ...peerProfile, keyTypes: ['p384' as const] };
    const build = (key: KeyObject) =>
      refusalOf(() => buildCertificatePlan(requestFor({ publicKey: key }), onlyP384, issuer, deps));
    expect(build(makeKey('p384'))).toBeUndefined();
    expect(build(makeKey('p256'))).toBe('ERR_PKI_PLAN_REFUSED');
    expect(build(makeKey('rsa1024'))).toBe('ERR_PKI_PLAN_REFUSED');
    expect(build(makeExplicitKey('P-384'))).toBe('ERR_PKI_PLAN_REFUSED');
  });

  it('is at the time of the injected clock', () => {
    const plan = buildCertificatePlan(requestFor(), peerProfile, issuer, deps);
    expect(now.getTime() - plan.notBefore.getTime()).toBe(60_500);
  });
});

describe('buildReservedPlan', () => {
  const reserve = (change: object = {}) => {
    const request = requestFor({ names: [{ type: 'ip', value: '1.2.3.4' }] });
    const plan = buildCertificatePlan(request, peerProfile, issuer, deps);
    const { serialNumber, notBefore, notAfter } = plan;
    return { plan, reserved: { ...request, serialNumber, notBefore, notAfter, ...change } };
  };

  it('leads from what was reserved to the very same plan', () => {
    const { plan, reserved } = reserve();
    expect(buildReservedPlan(reserved, peerProfile, issuer)).toEqual(plan);
  });

  it('refuses a validity beyond that of the profile, instead of cutting it', () => {
    const { reserved } = reserve({ notAfter: new Date('2028-10-30T00:00:00Z') });
    expect(refusalOf(() => buildReservedPlan(reserved, peerProfile, issuer))).toBe('ERR_PKI_PLAN_REFUSED');
  });

  it('refuses a kind of key that the profile does not allow', () => {
    const { reserved } = reserve();
    const onlyP384 = { ...peerProfile, keyTypes: ['p384' as const] };
    expect(refusalOf(() => buildReservedPlan(reserved, onlyP384, issuer))).toBe('ERR_PKI_PLAN_REFUSED');
  });
});

describe('buildRootPlan', () => {
  it('names itself as its issuer and may only sign certificates and CRLs', () => {
    const plan = buildRootPlan({ name: 'Our family', key: makeKey(), validityDays: 3650 }, deps);
    expect(plan).toMatchObject({ ca: true, keyUsages: ['keyCertSign', 'cRLSign'], subjectAltNames: [] });
    expect(plan.authorityKeyId).toEqual(plan.subjectKeyId);
    expect(plan.publicKey.keyObject.type).toBe('public');
  });

  it.each([0, 1.5, 9133])('refuses a validity of %p days', (validityDays) => {
    const build = () => buildRootPlan({ name: 'Our family', key: makeKey(), validityDays }, deps);
    expect(refusalOf(build)).toBe('ERR_PKI_VALIDITY');
  });
});
