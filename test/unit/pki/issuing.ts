/** What the tests of issuing start from: a good issuer, a good request, a good plan. */
import { createPublicKey, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createIssuer, type Issuer } from '../../../src/pki/issuer.js';
import type { EndEntityRequest, PlanDeps } from '../../../src/pki/plan.js';
import { type Profile, parseProfile } from '../../../src/pki/profile.js';
import {
  makeCircle,
  makeIntermediate,
  makeKey,
  type TestCircle,
  type TestKeyType,
} from '../../helpers/certificates.js';

/** The moment at which the tests' clock stands. */
export const now = new Date('2026-06-15T12:00:00.500Z');

/** Clock and random source of the tests. */
export const deps: PlanDeps = { clock: () => now, random: randomBytes };

/** The shipped profile of members. */
export const peerProfile: Profile = parseProfile(
  JSON.parse(readFileSync(new URL('../../../templates/peer.json', import.meta.url), 'utf8')),
);

/** Validity of the tests' CAs: around `now`, long. */
export const longValidity = {
  notBefore: new Date('2026-01-01T00:00:00Z'),
  notAfter: new Date('2036-01-01T00:00:00Z'),
};

/** A circle that is valid at `now`, and its issuer. */
export async function makeIssuer(keyType: TestKeyType = 'p256'): Promise<{ circle: TestCircle; issuer: Issuer }> {
  const circle = await makeCircle({ keyType, ...longValidity });
  return { circle, issuer: createIssuer(circle.key, [circle.certificate]) };
}

/** The same with an intermediate CA between root and members. */
export async function makeIssuerBelowRoot(): Promise<{ root: TestCircle; circle: TestCircle; issuer: Issuer }> {
  const root = await makeCircle(longValidity);
  const circle = await makeIntermediate(root, longValidity);
  return { root, circle, issuer: createIssuer(circle.key, [circle.certificate, root.certificate]) };
}

/** A good request, with whatever is overridden. */
export function requestFor(fields: Partial<EndEntityRequest> = {}): EndEntityRequest {
  return { member: 'bob', names: [], publicKey: createPublicKey(makeKey()), validityDays: 365, ...fields };
}
