import { createHash, randomBytes } from 'node:crypto';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { type Expectation, openAnswer } from '../../../src/enroll/open-answer.js';
import type { EnrollmentAnswer } from '../../../src/enroll/wire.js';
import { generatedPasswordIterations, writePfx } from '../../../src/pki/pfx.js';
import {
  clientAuth,
  type MemberFields,
  makeCircle,
  makeIntermediate,
  makeKey,
  makeMember,
  serverAuth,
  type TestCircle,
} from '../../helpers/certificates.js';

const dayMs = 86_400_000;
const password = 'ab'.repeat(32);

describe('the answer of an Auto CA', () => {
  let circle: TestCircle;
  let other: TestCircle;
  beforeAll(async () => {
    [circle, other] = await Promise.all([makeCircle(), makeCircle()]);
  });

  const digestOf = (root: TestCircle): Buffer =>
    createHash('sha256')
      .update(root.certificate.publicKey.export({ type: 'spki', format: 'der' }))
      .digest();
  const expected = (change: Partial<Expectation> = {}): Expectation => ({
    rootSpkiSha256: digestOf(circle),
    localKey: undefined,
    pfxPassword: password,
    at: new Date(),
    ...change,
  });
  const pfxOf = async (fields: Partial<MemberFields> = {}, from = circle, root = circle): Promise<EnrollmentAnswer> => {
    const member = await makeMember(from, { member: 'bob', ...fields });
    const content = { key: member.key, chain: [member.certificate.raw, root.certificate.raw] };
    const options = { password, friendlyName: 'bob', iterations: generatedPasswordIterations, random: randomBytes };
    return { pfx: await writePfx(content, options) };
  };

  it('becomes an identity when all is right, as .pfx and as chain', async () => {
    const made = await openAnswer(await pfxOf(), expected());
    expect(made).toMatchObject({ member: 'bob', circleId: circle.circleId, keyOrigin: 'server' });
    const localKey = makeKey();
    const member = await makeMember(circle, { member: 'bob', key: localKey });
    const chain = [member.certificate.raw, circle.certificate.raw];
    const local = await openAnswer({ chain }, expected({ localKey }));
    expect(local).toMatchObject({ member: 'bob', keyOrigin: 'local', privateKey: localKey });
    expect(local.chain).toHaveLength(1);
  });

  it('may have an intermediate, which stays in the chain', async () => {
    const intermediate = await makeIntermediate(circle);
    const localKey = makeKey();
    const member = await makeMember(intermediate, { member: 'bob', key: localKey });
    const chain = [member.certificate, intermediate.certificate, circle.certificate].map(({ raw }) => raw);
    expect((await openAnswer({ chain }, expected({ localKey }))).chain).toHaveLength(2);
  });

  it.each<[string, () => Partial<MemberFields>, RegExp]>([
    [
      'has expired',
      () => ({ notBefore: new Date(Date.now() - 2 * dayMs), notAfter: new Date(Date.now() - dayMs) }),
      /expired/,
    ],
    [
      'is not valid yet',
      () => ({ notBefore: new Date(Date.now() + dayMs), notAfter: new Date(Date.now() + 2 * dayMs) }),
      /not valid before/,
    ],
    ['cannot serve', () => ({ ekus: [clientAuth] }), /serverAuth/],
    ['cannot dial', () => ({ ekus: [serverAuth] }), /clientAuth/],
    ['is that of a CA', () => ({ ca: true }), /of a CA/],
    ['names no member', () => ({ uris: [] }), /does not name one member/],
    [
      'names two members',
      () => ({ uris: ['bob', 'eve'].map((name) => `qtchat://${circle.circleId}/${name}`) }),
      /does not name one member/,
    ],
    [
      'names a member of another circle',
      () => ({ uris: [`qtchat://${other.circleId}/bob`] }),
      /does not name one member/,
    ],
    ['is signed by another key', () => ({ signingKey: makeKey() }), /not signed/],
  ])('is refused when its certificate %s', async (_title, fields, reason) => {
    await expect(openAnswer(await pfxOf(fields()), expected())).rejects.toMatchObject({
      code: 'ERR_PKI_PATH_INVALID',
      message: expect.stringMatching(reason),
    });
  });

  it('is refused when its root is not the one of the invite', async () => {
    await expect(openAnswer(await pfxOf({}, other, other), expected())).rejects.toMatchObject({
      code: 'ERR_PKI_PATH_INVALID',
      message: expect.stringContaining('another circle'),
    });
  });

  it('is refused when another CA issued below the right root', async () => {
    const uris = [`qtchat://${circle.circleId}/bob`];
    await expect(openAnswer(await pfxOf({ uris }, other, circle), expected())).rejects.toMatchObject({
      code: 'ERR_PKI_PATH_INVALID',
    });
  });

  it('is refused when it certifies another key than ours', async () => {
    const member = await makeMember(circle, { member: 'bob' });
    const chain = [member.certificate.raw, circle.certificate.raw];
    await expect(openAnswer({ chain }, expected({ localKey: makeKey() }))).rejects.toMatchObject({
      code: 'ERR_PKI_PATH_INVALID',
      message: expect.stringContaining('another key'),
    });
  });

  it('is refused when the .pfx does not open with the key of this handshake', async () => {
    await expect(openAnswer(await pfxOf(), expected({ pfxPassword: 'cd'.repeat(32) }))).rejects.toMatchObject({
      code: 'ERR_PASSWORD_WRONG',
    });
  });

  it.each<[string, boolean, () => Promise<EnrollmentAnswer>]>([
    ['a .pfx to a guest with a key of its own', true, () => pfxOf()],
    [
      'a chain to a guest without a key',
      false,
      async () => ({ chain: [circle.certificate.raw, circle.certificate.raw] }),
    ],
    ['both', false, async () => ({ ...(await pfxOf()), chain: [circle.certificate.raw, circle.certificate.raw] })],
    ['nothing', false, async () => ({})],
    ['a root alone', true, async () => ({ chain: [circle.certificate.raw] })],
    ['octets that are no certificate', true, async () => ({ chain: [randomBytes(50), circle.certificate.raw] })],
  ])('is refused when it brings %s', async (_title, hasKey, answer) => {
    const localKey = hasKey ? makeKey() : undefined;
    await expect(openAnswer(await answer(), expected({ localKey }))).rejects.toMatchObject({
      code: 'ERR_PKI_PATH_INVALID',
    });
  });
});
