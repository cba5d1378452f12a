import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { fetchCrl } from '../../src/enroll/fetch-crl.js';
import { rekeyIdentity, renewIdentity } from '../../src/enroll/renew-identity.js';
import { revokeCertificate } from '../../src/ledger/certificates.js';
import { spkiFingerprint } from '../../src/pki/circle.js';
import { issueCrl } from '../../src/pki/crl.js';
import { createIssuer } from '../../src/pki/issuer.js';
import { toPem } from '../../src/pki/pem.js';
import { privateKeyToPem } from '../../src/pki/private-key.js';
import { crlIssuerOf, keepNewerCrl, loadCrl } from '../../src/store/crl.js';
import { type Identity, loadIdentity, saveIdentity } from '../../src/store/identities.js';
import { controlProtocol } from '../../src/transport/tls-options.js';
import { makeCircle } from '../helpers/certificates.js';
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

describe('a member revoked while we are the ones who dialled', () => {
  it('is put out of the session too', async () => {
    const [alice, eve] = [await enrolled(), await enrolled()];
    const out = await listening(eve);
    const at = await listening(alice, { who: out.who, keepIdentity: { intervalMs: 20 } });
    await at.event('connected');
    await revoke(eve);
    expect(await at.event('disconnected')).toMatchObject({
      member: eve.member,
      reason: expect.stringMatching(/its certificate was revoked/),
    });
  });
});

describe('a revocation list', () => {
  it('goes from member to member, where the Auto CA is away', async () => {
    const [alice, bob] = [await enrolled(), await enrolled()];
    const informed = await meeting.at(alice.member);
    await fetchCrl({ folder: informed.home }, alice);
    await informed.open(alice, { clock });
    const other = await listening(bob, { who: informed.who });
    expect(await other.event('revocation')).toMatchObject({ freshness: 'none' });
    await other.event('revocation', ({ freshness }) => freshness === 'fresh');
    const lists = [informed, other].map(({ home }) => loadCrl({ folder: home }, bob.circleId, bob.trustAnchor));
    const [first, second] = await Promise.all(lists);
    expect(second?.number).toBe(first?.number);
  });

  it('goes on to those who are here, and puts the revoked out there too', async () => {
    const [alice, bob, eve] = [await enrolled(), await enrolled(), await enrolled()];
    const at = await listening(alice, { keepIdentity: { intervalMs: 20 } });
    const other = await listening(bob, { who: at.who });
    await listening(eve, { who: other.who });
    await other.event('connected', ({ peer }) => peer.member === alice.member);
    await other.event('connected', ({ peer }) => peer.member === eve.member);
    await revoke(eve);
    const { reason } = await other.event('disconnected', ({ member }) => member === eve.member);
    expect(reason).toMatch(/its certificate was revoked/);
    expect(other.events.filter(({ type }) => type === 'disconnected')).toHaveLength(1);
  });

  it('of another circle changes nothing, and ends nothing', async () => {
    const [alice, bob] = [await enrolled(), await enrolled()];
    const other = await makeCircle();
    const plan = { number: 99n, thisUpdate: clock(), nextUpdate: new Date(Date.now() + 60_000), entries: [] };
    const list = await issueCrl(plan, createIssuer(other.key, [other.certificate]));
    const at = await listening(alice);
    const dialling = await meeting.at(bob.member);
    expect(await keepNewerCrl({ folder: at.home }, alice.circleId, list, crlIssuerOf(alice))).toBe(false);
    await dialling.open(bob, { clock, who: at.who });
    await at.event('connected');
    expect(await loadCrl({ folder: at.home }, alice.circleId, alice.trustAnchor)).toBeUndefined();
  });
});

describe('a contact with another key', () => {
  async function met(): Promise<{ alice: Identity; bob: Identity; home: string }> {
    const [alice, bob] = [await enrolled(), await enrolled()];
    const at = await listening(alice);
    const dialling = await listening(bob, { who: at.who });
    await at.event('connected');
    await at.door.close();
    await dialling.door.close();
    return { alice, bob, home: dialling.home };
  }

  async function rekeyed(identity: Identity): Promise<Identity> {
    const home = { folder: join(folder, identity.member) };
    await saveIdentity(home, identity, { replace: true });
    return rekeyIdentity(home, identity, deps);
  }

  it('is accepted when the old key has signed for it, also over several keys', async () => {
    const { alice, bob } = await met();
    const latest = await rekeyed(await rekeyed(bob));
    expect(latest.successions).toHaveLength(2);
    const at = await listening(alice);
    await listening(latest, { who: at.who });
    expect((await at.event('connected')).peer).toMatchObject({ spkiSha256: spkiFingerprint(leafOf(latest)) });
    // The old key is pinned no more.
    await listening(bob, { who: at.who });
    expect((await at.event('refused')).error).toMatchObject({ code: 'ERR_PEER_NOT_TRUSTED' });
  });

  it('is accepted so where we are the ones who dial', async () => {
    const [alice, bob] = [await enrolled(), await enrolled()];
    const at = await listening(bob);
    const dialling = await listening(alice, { who: at.who });
    await dialling.event('connected');
    await Promise.all([at.door.close(), dialling.door.close()]);
    const latest = await rekeyed(bob);
    const again = await listening(latest);
    const met = await listening(alice, { who: again.who });
    expect((await met.event('connected')).peer).toMatchObject({ spkiSha256: spkiFingerprint(leafOf(latest)) });
  });

  it.each<[string, (latest: Identity, other: Identity) => Identity]>([
    ['says nothing of the old one', ({ successions: _, ...latest }) => latest],
    [
      'shows the statement of somebody else',
      (latest, { successions }) => ({ ...latest, ...(successions && { successions }) }),
    ],
    [
      'shows an altered statement',
      (latest) => ({
        ...latest,
        successions: (latest.successions ?? []).map((one) => ({ ...one, signature: Buffer.alloc(70, 1) })),
      }),
    ],
  ])('is refused when it %s', async (_, change) => {
    const { alice, bob } = await met();
    const at = await listening(alice);
    await listening(change(await rekeyed(bob), await rekeyed(await enrolled())), { who: at.who });
    expect((await at.event('refused')).error).toMatchObject({ code: 'ERR_PEER_NOT_TRUSTED' });
    expect(at.events.filter(({ type }) => type === 'connected')).toEqual([]);
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

  it('is taken up when another process of the home has renewed it', async () => {
    const [alice, bob] = [await enrolled(), await enrolled()];
    const { home } = await meeting.at(alice.member);
    await saveIdentity({ folder: home }, alice, { replace: false });
    const at = await listening(alice, { keepIdentity: { intervalMs: 20 } });
    const renewed = await renewIdentity({ folder: home }, alice, deps);
    await at.event('renewed');
    await revoke(alice);
    const dialling = await listening(bob, { who: at.who, requireFreshCrl: true, keepIdentity: { intervalMs: 20 } });
    await dialling.event('connected');
    expect(leafOf(renewed).serialNumber).not.toBe(leafOf(alice).serialNumber);
  });

  it('stays, and says why, where the Auto CA is away', async () => {
    const { old, alice } = await atTwoThirds();
    await old.stop();
    const at = await listening(alice, { keepIdentity: {} });
    expect(await at.event('renewalFailed')).toMatchObject({ error: { code: 'ERR_ENROLL_UNREACHABLE' } });
  });
});
