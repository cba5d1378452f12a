import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { circleNamesOf } from '../../src/pki/circle.js';
import { enrollInMemory, TestHost } from '../helpers/enrollment.js';

describe('enrolment', () => {
  let host: TestHost;
  beforeEach(async () => {
    host = await TestHost.start();
  });
  afterEach(() => host.stop());

  it.each([
    [false, 'server'],
    [true, 'local'],
  ] as const)('gives a guest an identity (local key: %s)', async (localKey, keyOrigin) => {
    const invite = await host.invite({ names: [{ type: 'ip', value: '192.168.1.7' }] });
    const { enrolled, saved } = await enrollInMemory(invite, { localKey });
    const { identity } = enrolled;
    expect(saved).toEqual([enrolled]);
    expect(identity).toMatchObject({ member: 'bob', keyOrigin });
    expect(identity.chain).toHaveLength(1);
    expect(identity.chain[0]?.checkPrivateKey(identity.privateKey)).toBe(true);
    expect(identity.chain[0]?.subjectAltName).toContain('192.168.1.7');
    const [leaf] = identity.chain;
    if (leaf === undefined) throw new Error('no certificate');
    expect(circleNamesOf(leaf)).toEqual([{ circleId: identity.circleId, member: 'bob' }]);
    await host.event('enrolled');
    expect(await host.stateOf(invite)).toBe('done');
  });
});
