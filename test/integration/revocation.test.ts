import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { fetchCrl } from '../../src/enroll/fetch-crl.js';
import { revokeCertificate } from '../../src/ledger/certificates.js';
import { toPem } from '../../src/pki/pem.js';
import { privateKeyToPem } from '../../src/pki/private-key.js';
import { type Identity, loadIdentity, saveIdentity } from '../../src/store/identities.js';
import { controlProtocol } from '../../src/transport/tls-options.js';
import { Meeting, type TestConversation } from '../helpers/conversations.js';
import { enrollInMemory, TestHost } from '../helpers/enrollment.js';

let host: TestHost;
let offsetMs = 0;
let meeting: Meeting;
let folder: string;
let members = 0;

const clock = (): Date => new Date(Date.now() + offsetMs);
const deps = { clock, random: randomBytes };

beforeAll(async () => {
  const limits = { hellosPerSecond: 1000, helloBurst: 1000 };
  host = await TestHost.start(limits, deps, { tlsPort: 0 });
});
afterAll(() => host.stop());
beforeEach(async () => {
  meeting = new Meeting();
  folder = await mkdtemp(join(tmpdir(), 'qtchat-revoked-'));
});
afterEach(async () => {
  offsetMs = 0;
  await meeting.end();
  await rm(folder, { recursive: true, force: true });
});

async function enrolled(by = host): Promise<Identity> {
  members += 1;
  const names = [{ type: 'ip' as const, value: '127.0.0.1' }];
  const invite = await by.invite({ member: `member-${members}`, names });
  return (await enrollInMemory(invite, { localKey: true, deps })).enrolled.identity;
}

const credentialOf = ({ privateKey, chain, trustAnchor }: Identity) => ({
  key: privateKeyToPem(privateKey),
  cert: toPem(...chain),
  ca: toPem(trustAnchor),
  ALPNProtocols: [controlProtocol],
});
const leafOf = (one: Identity) => one.chain[0] as NonNullable<Identity['chain'][0]>;
const revoke = (one: Identity) => revokeCertificate(host.ledger, leafOf(one).serialNumber, 'keyCompromise', deps);

async function listening(identity: Identity, change = {}): Promise<TestConversation> {
  return (await meeting.at(identity.member)).open(identity, { clock, ...change });
}

describe('a revoked member', () => {
  it('is not let in by one who knows the list, and told apart from others', async () => {
    const [alice, bob, eve] = [await enrolled(), await enrolled(), await enrolled()];
    await revoke(eve);
    const at = await listening(alice, { keepIdentity: {} });
    await at.event('revocation', ({ freshness }) => freshness === 'fresh');
    await listening(eve, { who: at.who });
    const { error } = await at.event('refused');
    expect(error).toMatchObject({ code: 'ERR_PEER_REFUSED', message: expect.stringMatching(/revoked on .*keyComp/) });
    await listening(bob, { who: at.who });
    expect((await at.event('connected')).peer.member).toBe(bob.member);
  });

  it('is not reached by one who knows the list', async () => {
    const [alice, eve] = [await enrolled(), await enrolled()];
    await revoke(eve);
    const at = await listening(eve);
    const dialling = await meeting.at(alice.member);
    await fetchCrl({ folder: dialling.home }, alice);
    await dialling.open(alice, { clock, who: at.who, giveUpWhenRefused: true });
    expect((await dialling.event('stopped')).error.message).toMatch(/its certificate was revoked/);
  });

  it('is put out of a session that is open', async () => {
    const [alice, bob, eve] = [await enrolled(), await enrolled(), await enrolled()];
    const at = await listening(alice, { keepIdentity: { intervalMs: 20 } });
    await listening(bob, { who: at.who });
    const out = await listening(eve, { who: at.who });
    await at.event('connected', ({ peer }) => peer.member === bob.member);
    await at.event('connected', ({ peer }) => peer.member === eve.member);
    await revoke(eve);
    expect(await at.event('disconnected')).toMatchObject({
      member: eve.member,
      reason: expect.stringMatching(/its certificate was revoked/),
    });
    await out.event('disconnected');
    expect(at.events.filter(({ type }) => type === 'disconnected')).toHaveLength(1);
  });
});

describe('a member that requires a fresh list', () => {
  it('lets nobody in without one, and says why', async () => {
    const [alice, bob] = [await enrolled(), await enrolled()];
    const at = await listening(alice, { requireFreshCrl: true });
    expect(await at.event('revocation')).toMatchObject({ freshness: 'none' });
    await listening(bob, { who: at.who });
    expect((await at.event('refused')).error.message).toMatch(/there is no fresh revocation list/);
  });

  it('lets others in with one', async () => {
    const [alice, bob] = [await enrolled(), await enrolled()];
    const at = await listening(alice, { requireFreshCrl: true, keepIdentity: {} });
    await at.event('revocation', ({ freshness }) => freshness === 'fresh');
    await listening(bob, { who: at.who });
    expect((await at.event('connected')).peer.member).toBe(bob.member);
  });
});

describe('a certificate at two thirds of its life', () => {
  // TLS judges by the real time: so what is old now was issued by a clock that was behind.
  async function atTwoThirds(): Promise<{ old: TestHost; alice: Identity; bob: Identity }> {
    offsetMs = -21 * 86_400_000;
    const old = await TestHost.start({}, deps, { tlsPort: 0 });
    const alice = await enrolled(old);
    offsetMs = 0;
    await old.members.maintain();
    return { old, alice, bob: await enrolled(old) };
  }

  it('is renewed while the member chats, and shown from then on', async () => {
    const { old, alice, bob } = await atTwoThirds();
    try {
      const { home } = await meeting.at(alice.member);
      await saveIdentity({ folder: home }, alice, { replace: false });
      const at = await listening(alice, { keepIdentity: {} });
      const { notAfter } = await at.event('renewed');
      expect(notAfter.getTime()).toBeGreaterThan(Date.parse(leafOf(alice).validTo));
      const { serialNumber } = leafOf(await loadIdentity({ folder: home }, alice.member));
      expect(serialNumber).not.toBe(leafOf(alice).serialNumber);
      const socket = connect({
        host: '127.0.0.1',
        port: at.door.listeningPort ?? 0,
        ...credentialOf(bob),
        checkServerIdentity: () => undefined,
      });
      await once(socket, 'secureConnect');
      expect(socket.getPeerX509Certificate()?.serialNumber).toBe(serialNumber);
      socket.destroy();
      await listening(bob, { who: at.who });
      await at.event('connected');
    } finally {
      await old.stop();
    }
  });

  it('stays, and says why, where the Auto CA is away', async () => {
    const { old, alice } = await atTwoThirds();
    await old.stop();
    const at = await listening(alice, { keepIdentity: {} });
    expect(await at.event('renewalFailed')).toMatchObject({ error: { code: 'ERR_ENROLL_UNREACHABLE' } });
  });
});
