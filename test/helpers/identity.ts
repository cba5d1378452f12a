/** Identities for tests of what happens between members, made of test certificates. */
import { X509Certificate } from 'node:crypto';
import type { Identity } from '../../src/store/identities.js';
import { type MemberFields, makeMember, type TestCircle, type TestMember } from './certificates.js';

/** The identity that a test member would have in its home; `trust` is another circle's root where that is wanted. */
export function identityOf(member: TestMember, circle: TestCircle, trust: TestCircle = circle): Identity {
  return {
    member: member.member,
    circleId: circle.circleId,
    privateKey: member.key,
    chain: [member.certificate],
    trustAnchor: new X509Certificate(trust.rootPem),
    keyOrigin: 'local',
  };
}

/** A fresh member with its identity. */
export async function makeIdentity(circle: TestCircle, fields: MemberFields): Promise<Identity> {
  return identityOf(await makeMember(circle, fields), circle);
}
