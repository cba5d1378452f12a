import { beforeAll, describe, expect, it } from '@jest/globals';
import { checkIntermediate } from '../../../src/pki/check-ca-plan.js';
import { checkPlan } from '../../../src/pki/check-plan.js';
import { issueIntermediate, issueRoot } from '../../../src/pki/issue.js';
import { createIssuer, type Issuer } from '../../../src/pki/issuer.js';
import { buildIntermediatePlan, buildRootPlan, type CertificatePlan, encodeName } from '../../../src/pki/plan.js';
import { SubjectPublicKey } from '../../../src/pki/subject-public-key.js';
import { makeCircle, makeKey, type TestCircle } from '../../helpers/certificates.js';
import { deps, longValidity, makeIssuer } from './issuing.js';
import { asyncRefusalOf, refusalOf } from './refusal.js';

const profile = { purpose: 'test', validityDays: 1825, pathLength: 0 };

let circle: TestCircle;
let issuer: Issuer;
let good: CertificatePlan;

beforeAll(async () => {
  ({ circle, issuer } = await makeIssuer());
  good = buildIntermediatePlan({ name: 'Below', key: makeKey() }, profile, issuer, deps);
});

describe('checkIntermediate', () => {
  it('accepts the good plan', () => expect(refusalOf(() => checkIntermediate(good, issuer))).toBeUndefined());

  it.each<[string, string, () => Partial<CertificatePlan>]>([
    ['no right to issue', 'ERR_PKI_PLAN_REFUSED', () => ({ ca: false })],
    ['no bound to the CAs below', 'ERR_PKI_PLAN_REFUSED', () => ({ pathLength: undefined as never })],
    ['a usage of end entities', 'ERR_PKI_PLAN_REFUSED', () => ({ keyUsages: ['keyCertSign', 'digitalSignature'] })],
    ['purposes', 'ERR_PKI_PLAN_REFUSED', () => ({ extendedKeyUsages: ['serverAuth'] })],
    ['names', 'ERR_PKI_PLAN_REFUSED', () => ({ subjectAltNames: [{ type: 'dns', value: 'example.org' }] })],
    [
      'constraints that say nothing',
      'ERR_PKI_PLAN_REFUSED',
      () => ({ nameConstraints: { permitted: [], excluded: [] } }),
    ],
    ['another issuer name', 'ERR_PKI_PLAN_REFUSED', () => ({ issuerName: encodeName('Another') })],
    ['another authority key', 'ERR_PKI_PLAN_REFUSED', () => ({ authorityKeyId: Buffer.alloc(20) })],
    ["the root's own key", 'ERR_PKI_PLAN_REFUSED', () => withRootsKey()],
    ['a name with a line break', 'ERR_PKI_NAME_INVALID', () => ({ commonName: 'a\nb' })],
    ['an end behind that of the root', 'ERR_PKI_VALIDITY', () => ({ notAfter: new Date('2036-01-01T00:00:01Z') })],
    ['a beginning before the root', 'ERR_PKI_VALIDITY', () => ({ notBefore: new Date('2025-12-31T00:00:00Z') })],
  ])('refuses %s', (_, code, change) => {
    expect(refusalOf(() => checkIntermediate({ ...good, ...change() }, issuer))).toBe(code);
  });

  it.each([0, 1])('refuses a path length that is not below that of its issuer (%d)', async (pathLength) => {
    const limited = await makeCircle({ ...longValidity, pathLength });
    const own = createIssuer(limited.key, [limited.certificate]);
    const wanted = { ...profile, pathLength };
    const plan = buildIntermediatePlan({ name: 'Below', key: makeKey() }, wanted, own, deps);
    expect(refusalOf(() => checkIntermediate(plan, own))).toBe('ERR_PKI_PLAN_REFUSED');
  });

  it('is the only way to a CA: as the plan of a member it is refused', () => {
    expect(refusalOf(() => checkPlan(good, issuer))).toBe('ERR_PKI_NAME_INVALID');
    const named = { ...good, commonName: 'below' };
    expect(refusalOf(() => checkPlan({ ...named, notAfter: new Date(+good.notBefore + 86_400_000) }, issuer))).toBe(
      'ERR_PKI_PLAN_REFUSED',
    );
  });

  it("refuses the root's own name: the path could not be told from a loop", async () => {
    const key = makeKey();
    const root = await issueRoot(buildRootPlan({ name: 'Our family', key, validityDays: 3650 }, deps), key);
    const own = createIssuer(key, [root]);
    const plan = buildIntermediatePlan({ name: 'Our family', key: makeKey() }, profile, own, deps);
    expect(refusalOf(() => checkIntermediate(plan, own))).toBe('ERR_PKI_PLAN_REFUSED');
  });

  it('lets no intermediate make another', async () => {
    const key = makeKey();
    const plan = buildIntermediatePlan({ name: 'Below', key }, profile, issuer, deps);
    const below = createIssuer(key, [await issueIntermediate(plan, issuer), circle.certificate]);
    const next = buildIntermediatePlan({ name: 'Further below', key: makeKey() }, profile, below, deps);
    expect(await asyncRefusalOf(issueIntermediate(next, below))).toBe('ERR_PKI_PLAN_REFUSED');
  });
});

function withRootsKey() {
  const publicKey = SubjectPublicKey.of(circle.key);
  return { publicKey, subjectKeyId: publicKey.identifier };
}
