/** Members whose certificate differs from a good one in a single thing, and what is said about each. */
import 'reflect-metadata';
import { KeyUsageFlags } from '@peculiar/x509';
import type { Identity } from '../../src/store/identities.js';
import {
  clientAuth,
  type MemberFields,
  makeCertificate,
  makeMember,
  serverAuth,
  type TestCircle,
} from './certificates.js';
import { identityOf, makeIdentity } from './identity.js';

/** Where a wrong member comes from. */
export interface WrongWorld {
  readonly circle: TestCircle;
  /** Another circle. */
  readonly rogue: TestCircle;
  /** The name in the certificate. */
  readonly member: string;
}

const hour = 3_600_000;
const signsAll = KeyUsageFlags.digitalSignature | KeyUsageFlags.keyCertSign;
const ago = (durationMs: number): Date => new Date(Date.now() - durationMs);

/** One thing changed in the certificate of a member of `circle`. */
const changed =
  (change: (world: WrongWorld) => Partial<MemberFields>) =>
  (world: WrongWorld): Promise<Identity> =>
    makeIdentity(world.circle, { member: world.member, ...change(world) });

/** What is wrong, the member, and what is said about it. */
export const wrongMembers: [what: string, make: (world: WrongWorld) => Promise<Identity>, why: RegExp][] = [
  ['of another circle', ({ rogue, member }) => makeIdentity(rogue, { member }), /another circle/],
  [
    'of another CA that claims our circle and the same names',
    ({ circle, rogue, member }) => makeIdentity(rogue, { member, uris: [`qtchat://${circle.circleId}/${member}`] }),
    /another circle/,
  ],
  ['with a self-signed certificate', selfSigned, /another circle/],
  ['with a forged signature', changed(({ rogue }) => ({ signingKey: rogue.key })), /another circle|forged/],
  ['whose certificate another member has issued', issuedByMember, /no CA|another circle/],
  ['with an expired certificate', changed(() => ({ notBefore: ago(2 * hour), notAfter: ago(hour) })), /expired/],
  ['with a certificate of tomorrow', changed(() => ({ notBefore: ago(-hour), notAfter: ago(-2 * hour) })), /not valid/],
  ['with a certificate for servers only', changed(() => ({ ekus: [serverAuth] })), /usage/],
  ['with a certificate for clients only', changed(() => ({ ekus: [clientAuth] })), /usage/],
  ['with a certificate for signing code', changed(() => ({ ekus: ['1.3.6.1.5.5.7.3.3'] })), /usage/],
  ['without extended key usages', changed(() => ({ ekus: [] })), /usage/],
  ['with a CA certificate', changed(() => ({ ca: true, keyUsages: signsAll })), /CA/],
  ['with CA:TRUE, without the usage to sign with', changed(() => ({ ca: true })), /CA/],
  ['without a circle URI', changed(() => ({ uris: [] })), /no qtchat: name/],
  [
    'with the name of the Auto CA',
    changed(({ circle }) => ({ uris: [`qtchat-ca://${circle.circleId}`] })),
    /no qtchat: name/,
  ],
  [
    "with another circle's URI",
    changed(({ rogue, member }) => ({ uris: [`qtchat://${rogue.circleId}/${member}`] })),
    /another circle/,
  ],
  [
    'with two circle URIs',
    changed(({ circle, member }) => ({
      uris: [`qtchat://${circle.circleId}/${member}`, `qtchat://${circle.circleId}/alice`],
    })),
    /more than one/,
  ],
  [
    'with a malformed circle URI',
    changed(({ circle, member }) => ({ uris: [`qtchat://${circle.circleId}/${member}/../alice`] })),
    /names a circle as/,
  ],
  [
    'with the circle URI in capitals',
    changed(({ circle, member }) => ({ uris: [`QTCHAT://${circle.circleId}/${member}`] })),
    /names a circle as/,
  ],
];

async function selfSigned({ circle, member }: WrongWorld): Promise<Identity> {
  const uris = [`qtchat://${circle.circleId}/${member}`];
  const usages = { ekus: [serverAuth, clientAuth], keyUsages: KeyUsageFlags.digitalSignature };
  const own = await makeCertificate(undefined, { commonName: member, ca: false, uris, ...usages });
  return identityOf({ ...own, member, chainPem: own.certificatePem, rootPem: circle.rootPem }, circle);
}

async function issuedByMember({ circle, member }: WrongWorld): Promise<Identity> {
  const issuer = await makeMember(circle, { member: 'bob' });
  const identity = await makeIdentity({ ...circle, ...issuer, intermediatesPem: issuer.certificatePem }, { member });
  return { ...identity, chain: [...identity.chain, issuer.certificate] };
}
