/** Members meet on real sockets: who reaches whom, what is refused, and that nothing is lost or doubled. */
import { randomBytes } from 'node:crypto';
import { afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { deliver } from '../../src/conversation/deliver.js';
import { saveContact } from '../../src/store/contacts.js';
import type { Identity } from '../../src/store/identities.js';
import { type Dialler, tcpDialler } from '../../src/transport/dial.js';
import { makeCircle, type TestCircle } from '../helpers/certificates.js';
import { Meeting, type TestConversation } from '../helpers/conversations.js';
import { makeIdentity } from '../helpers/identity.js';
import { dialBare, goodHello, Rogue } from '../helpers/rogue.js';

const meeting = new Meeting();
let circle: TestCircle;
let alice: Identity;
let bob: Identity;

beforeAll(async () => {
  circle = await makeCircle();
  alice = await makeIdentity(circle, { member: 'alice', ips: ['127.0.0.1'] });
  bob = await makeIdentity(circle, { member: 'bob' });
});

afterEach(() => meeting.end());

describe('two members', () => {
  it('talk both ways, and both know that it was delivered', async () => {
    const a = await (await meeting.at('a')).open(alice);
    const b = await (await meeting.at('b')).open(bob, { who: a.who });
    const { peer } = await b.event('connected');
    expect(peer).toMatchObject({ member: 'alice', circleId: circle.circleId, keyOrigin: 'local' });
    expect(peer.security).toMatch(/^TLSv1\.3, .*TLS_AES_256_GCM_SHA384$/);
    const there = await b.door.messages.send('alice', 'Grüße \u202e');
    expect(await a.event('message')).toMatchObject({ member: 'bob', text: 'Grüße \u202e' });
    expect(await b.event('delivered')).toMatchObject({ id: there });
    await a.door.messages.send('bob', 'ahoj');
    expect(await b.event('message')).toMatchObject({ member: 'alice', text: 'ahoj' });
    expect(await b.door.countPending('alice')).toBe(0);
  });

  it('find each other when the one who dials is there first', async () => {
    const port = await freePort();
    const b = await (await meeting.at('b')).open(bob, { who: `127.0.0.1:${port}` });
    await b.event('waiting', ({ reason }) => reason !== undefined);
    const a = await (await meeting.at('a')).open(alice, { listen: { host: '127.0.0.1', ports: [port] } });
    await b.event('connected');
    await a.event('connected');
  });

  it('keep one connection when both dial at once, and lose nothing over it', async () => {
    const [one, two] = [await freePort(), await freePort()];
    const trusted = await makeIdentity(circle, { member: 'bob', ips: ['127.0.0.1'] });
    const a = await meeting.at('a');
    const b = await meeting.at('b');
    await Promise.all([
      a.open(alice, { who: `127.0.0.1:${two}`, listen: { host: '127.0.0.1', ports: [one] } }),
      b.open(trusted, { who: `127.0.0.1:${one}`, listen: { host: '127.0.0.1', ports: [two] } }),
    ]);
    await Promise.all([a.event('connected'), b.event('connected')]);
    for (let count = 0; count < 20; count += 1) await a.door.messages.send('bob', `message ${count}`);
    await b.event('message', ({ text }) => text === 'message 19');
    const texts = b.events.flatMap((event) => (event.type === 'message' ? [event.text] : []));
    expect(texts).toEqual(Array.from({ length: 20 }, (_, count) => `message ${count}`));
    expect(b.events.filter(({ type }) => type === 'disconnected')).toEqual([]);
  });

  it('meet again once it is lifted that the one who dials had blocked the other', async () => {
    const a = await (await meeting.at('a')).open(alice);
    const b = await (await meeting.at('b')).open(bob, { who: a.who });
    await b.event('connected');
    const contact = await b.door.contacts.named('alice');
    await b.door.contacts.block(contact, true);
    expect(await b.event('stopped')).toMatchObject({ error: { code: 'ERR_PEER_BLOCKED' } });
    const before = b.events.length;
    await b.door.contacts.block(contact, false);
    await b.event('connected', (event) => b.events.indexOf(event) >= before);
  });

  it('get what was written while the other was away, once, also after a restart', async () => {
    const first = await (await meeting.at('a')).open(alice);
    const b = await (await meeting.at('b')).open(bob, { who: first.who });
    await b.event('connected');
    const port = first.door.listeningPort ?? 0;
    await b.door.messages.send('alice', 'before');
    await first.event('message');
    await first.door.close();
    await b.event('disconnected');
    await b.door.messages.send('alice', 'while you were away');
    await b.door.close();
    const again = await (await meeting.at('b')).open(bob, { who: `127.0.0.1:${port}` });
    expect(await again.door.countPending('alice')).toBe(1);
    const a = await (await meeting.at('a')).open(alice, { listen: { host: '127.0.0.1', ports: [port] } });
    expect(await a.event('message')).toMatchObject({ text: 'while you were away' });
    await again.event('delivered');
    expect(a.events.filter(({ type }) => type === 'message')).toHaveLength(1);
  });

  it('are found under their own name and address without a fault: one just waits', async () => {
    const a = await (await meeting.at('a')).open(alice, { who: 'alice' });
    const port = await freePort();
    const listen = { host: '127.0.0.1', ports: [port] };
    const own = await (await meeting.at('own')).open(alice, { who: `127.0.0.1:${port}`, listen });
    const b = await (await meeting.at('b')).open(bob, { who: own.who });
    await b.event('connected');
    expect(await own.event('target')).toMatchObject({ member: 'bob' });
    expect(a.events.map(({ type }) => type)).toEqual(['revocation', 'listening']);
    expect(own.events.filter(({ type }) => type === 'refused')).toEqual([]);
  });
});

describe('trust', () => {
  it('is refused to a member whose certificate does not name the address dialled', async () => {
    const b = await (await meeting.at('b')).open(bob);
    const a = await (await meeting.at('a')).open(alice, { who: b.who });
    const { error } = await a.event('stopped');
    expect(error).toMatchObject({ code: 'ERR_PEER_NOT_TRUSTED', exitCode: 7 });
    expect(error.message).toMatch(/"bob"/);
    expect(b.events.filter(({ type }) => type === 'connected')).toEqual([]);
  });

  it('is given when the user confirms, and remembered for that address', async () => {
    const b = await (await meeting.at('b')).open(bob);
    const asked: string[] = [];
    const confirmPeer = async ({ member }: { member: string }): Promise<boolean> => asked.push(member) > 0;
    const a = await (await meeting.at('a')).open(alice, { who: b.who, confirmPeer });
    await a.event('connected');
    await a.door.close();
    const again = await (await meeting.at('a')).open(alice, { who: b.who, confirmPeer });
    await again.event('connected');
    expect(asked).toEqual(['bob']);
  });

  it('ends when a contact shows another key, on both sides, until somebody decides', async () => {
    const a = await (await meeting.at('a')).open(alice);
    const b = await (await meeting.at('b')).open(bob, { who: a.who });
    await b.event('connected');
    await b.door.close();
    await a.event('disconnected');
    const impostor = await makeIdentity(circle, { member: 'bob' });
    const c = await (await meeting.at('c')).open(impostor, { who: a.who });
    const { error } = await a.event('refused');
    expect(error).toMatchObject({ code: 'ERR_PEER_NOT_TRUSTED' });
    const { reason } = await c.event('disconnected');
    expect(reason).toMatch(/another one/);
    await c.door.messages.send('alice', 'I am Bob, honestly');
    await b.door.close();
    expect(a.events.filter(({ type }) => type === 'message')).toEqual([]);
  });

  it('stops a chat with a contact whose key has changed', async () => {
    const old = await (await meeting.at('old')).open(alice);
    const b = await (await meeting.at('b')).open(bob, { who: old.who });
    await b.event('connected');
    await Promise.all([old.door.close(), b.door.close()]);
    const changed = await makeIdentity(circle, { member: 'alice', ips: ['127.0.0.1'] });
    const a = await (await meeting.at('a')).open(changed);
    const again = await (await meeting.at('b')).open(bob, { who: a.who });
    expect((await again.event('stopped')).error).toMatchObject({ code: 'ERR_PEER_NOT_TRUSTED', exitCode: 7 });
  });

  it('does not take another member for the contact that was dialled by name', async () => {
    const b = await (await meeting.at('b')).open(bob);
    const a = await meeting.at('a');
    const port = b.door.listeningPort ?? 0;
    const addresses = [{ host: '127.0.0.1', port }];
    const carol = { member: 'carol', circleId: circle.circleId, addresses };
    await saveContact({ folder: a.home }, carol, { clock: () => new Date() });
    // The usual ports are tried as well, where any program of this computer may be.
    const dialler: Dialler = {
      dial: async (address, signal) => {
        if (address.port === port) return tcpDialler.dial(address, signal);
        throw Object.assign(new Error('nobody listens there'), { code: 'ECONNREFUSED' });
      },
    };
    await a.open(alice, { who: 'carol', dialler });
    const { reason } = await a.event('waiting', (event) => event.reason?.message.includes('bob') ?? false);
    expect(reason?.message).toMatch(/"bob" is there instead/);
  });

  it('is not even asked for with an expired certificate of our own', async () => {
    const notAfter = new Date(Date.now() - 60_000);
    const expired = await makeIdentity(circle, { member: 'bob', notBefore: new Date(0), notAfter });
    await expect((await meeting.at('b')).open(expired)).rejects.toMatchObject({
      code: 'ERR_PEER_REFUSED',
      message: expect.stringContaining('expired'),
    });
  });
});

describe('a member', () => {
  it('is given up after some seconds of silence', async () => {
    const a = await (await meeting.at('a')).open(alice, { timing: { silenceTimeoutMs: 300, pingIntervalMs: 100 } });
    const mallory = await makeIdentity(circle, { member: 'mallory' });
    const rogue = new Rogue(dialBare(a.door.listeningPort ?? 0, mallory), mallory);
    rogue.say(goodHello);
    expect((await a.event('disconnected')).reason).toMatch(/nothing was heard/);
  });

  it('is kept by pings that are answered', async () => {
    const timing = { silenceTimeoutMs: 300, pingIntervalMs: 50 };
    const a = await (await meeting.at('a')).open(alice, { timing });
    const b = await (await meeting.at('b')).open(bob, { who: a.who, timing });
    await b.event('connected');
    await new Promise((resolve) => setTimeout(resolve, 900));
    expect(b.events.filter(({ type }) => type === 'disconnected')).toEqual([]);
  });
});

describe('send', () => {
  const world = (at: TestConversation, identity: Identity) => ({
    home: { folder: at.home },
    identity,
    clock: () => new Date(),
    random: randomBytes,
    signal: new AbortController().signal,
    downloads: at.home,
    onEvent: () => {},
  });

  it('ends when the peer has the text, beside an open chat of the same home', async () => {
    const a = await (await meeting.at('a')).open(alice);
    const b = await (await meeting.at('b')).open(bob, { who: a.who });
    await b.event('connected');
    const delivery = { who: a.who, text: 'in passing', files: [], timeoutMs: 5_000 };
    expect(await deliver(delivery, world(b, bob))).toMatchObject({ member: 'alice', files: [] });
    expect(await a.event('message')).toMatchObject({ text: 'in passing' });
    await b.door.messages.send('alice', 'and on');
    await a.event('message', (event) => event.text === 'and on');
    expect(a.events.filter(({ type }) => type === 'message')).toHaveLength(2);
  });

  it('says after its time that nobody was there', async () => {
    const b = await meeting.at('b');
    const delivery = { who: `127.0.0.1:${await freePort()}`, text: 'x', files: [], timeoutMs: 300 };
    await expect(deliver(delivery, world(b, bob))).rejects.toMatchObject({
      code: 'ERR_PEER_UNREACHABLE',
      exitCode: 6,
      message: expect.stringContaining('nobody listens there'),
    });
  });

  it('is refused at once by a member of another circle', async () => {
    const rogue = await makeCircle();
    const a = await (await meeting.at('a')).open(await makeIdentity(rogue, { member: 'alice', ips: ['127.0.0.1'] }));
    const delivery = { who: a.who, text: 'x', files: [], timeoutMs: 5_000 };
    await expect(deliver(delivery, world(await meeting.at('b'), bob))).rejects.toMatchObject({
      code: 'ERR_PEER_REFUSED',
      exitCode: 7,
      message: expect.stringContaining('another circle'),
    });
  });

  it('is cancelled by its signal', async () => {
    const b = await meeting.at('b');
    const controller = new AbortController();
    const delivery = { who: `127.0.0.1:${await freePort()}`, text: 'x', files: [], timeoutMs: 60_000 };
    const sending = deliver(delivery, { ...world(b, bob), signal: controller.signal });
    controller.abort();
    await expect(sending).rejects.toMatchObject({ code: 'ERR_CANCELLED' });
  });
});

async function freePort(): Promise<number> {
  const { createServer } = await import('node:net');
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}
