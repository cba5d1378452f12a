/** Calls between programs over real connections; the sound alone is none. */
import { randomBytes } from 'node:crypto';
import type { TLSSocket } from 'node:tls';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { OpenMedia } from '../../src/calls/media.js';
import type { ConversationEvent } from '../../src/conversation/events.js';
import type { ConversationOptions } from '../../src/conversation/options.js';
import type { CallMessage, Hello, Message } from '../../src/protocol/messages.js';
import type { Identity } from '../../src/store/identities.js';
import { describeEvent } from '../../src/ui/text/describe-event.js';
import { makeCircle, type TestCircle } from '../helpers/certificates.js';
import { Meeting, type TestConversation } from '../helpers/conversations.js';
import { candidateOf, descriptionOf, FakeSound, makeFingerprint } from '../helpers/fake-media.js';
import { makeIdentity } from '../helpers/identity.js';
import { dialBare, frameOf, goodHello, Rogue } from '../helpers/rogue.js';
import { Switchboard } from '../helpers/switchboard.js';

const meeting = new Meeting();
const sockets: TLSSocket[] = [];
let circle: TestCircle;
let alice: Identity;
let bob: Identity;
let sound: FakeSound;

beforeEach(async () => {
  circle = await makeCircle();
  alice = await makeIdentity(circle, { member: 'alice', ips: ['127.0.0.1'] });
  bob = await makeIdentity(circle, { member: 'bob' });
  sound = new FakeSound();
});

afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await meeting.end();
});

async function openAlice(options: Partial<ConversationOptions> = {}): Promise<TestConversation> {
  return (await meeting.at('a')).open(alice, { openMedia: sound.open(), ...options });
}

async function openBob(who: string, options: Partial<ConversationOptions> = {}): Promise<TestConversation> {
  const b = await (await meeting.at('b')).open(bob, { openMedia: sound.open(), who, ...options });
  await b.event('connected');
  return b;
}

/** Alice and Bob, who can call each other. */
async function meet(ofBob: Partial<ConversationOptions> = {}, ofAlice: Partial<ConversationOptions> = {}) {
  const a = await openAlice(ofAlice);
  const b = await openBob(a.who, ofBob);
  await a.event('connected');
  return { a, b };
}

/** They talk, after a call of Bob's. */
async function talk(options: Partial<ConversationOptions> = {}) {
  const met = await meet(options, options);
  const id = await met.b.door.calls.call('alice');
  await met.a.event('callRinging');
  met.a.door.calls.answer();
  await Promise.all([met.a.event('callConnected'), met.b.event('callConnected')]);
  return { ...met, id };
}

/** The last call in the history of one with the other. */
async function kept(one: TestConversation, other: string) {
  const [entry] = await one.door.messages.recent(other, 1);
  return entry;
}

it('a call rings, is taken, ends, and stands in the history of both', async () => {
  const { a, b, id } = await talk();
  expect(sound.up).toHaveLength(2);
  expect(a.door.calls.current).toMatchObject({ id, member: 'bob', direction: 'in', state: 'connected' });
  a.door.calls.mute(true);
  expect(sound.all.map(({ isMuted }) => isMuted).sort()).toEqual([false, true]);
  b.door.calls.hangUp();
  const end = await a.event('callEnded');
  expect(end).toMatchObject({ id, reason: 'hung-up', by: 'peer', missed: false });
  await b.event('callEnded');
  await Promise.all([a.door.close(), b.door.close()]);
  expect(sound.all.every(({ isClosed }) => isClosed)).toBe(true);
  const [again, bAgain] = [await openAlice(), await (await meeting.at('b')).open(bob)];
  const { durationMs } = end;
  expect(await kept(again, 'bob')).toMatchObject({ id, direction: 'in', call: { reason: 'hung-up', durationMs } });
  expect(await kept(bAgain, 'alice')).toMatchObject({
    id,
    direction: 'out',
    call: { reason: 'hung-up', missed: false },
  });
});

it('a call that nobody takes is missed, and texts before and after keep their places', async () => {
  const { a, b } = await meet();
  await b.door.messages.send('alice', 'may I call?');
  await a.event('message');
  await b.door.calls.call('alice');
  await a.event('callRinging');
  b.door.calls.hangUp();
  expect(await a.event('callEnded')).toMatchObject({ reason: 'cancelled', missed: true });
  await b.door.messages.send('alice', 'later then');
  await a.event('message', ({ text }) => text === 'later then');
  const entries = await a.door.messages.recent('bob', 10);
  expect(entries.map(({ text, call }) => text ?? call?.missed)).toEqual(['may I call?', true, 'later then']);
});

describe('cannot be called:', () => {
  it('who is not here', async () => {
    const a = await openAlice();
    await expect(a.door.calls.call('bob')).rejects.toMatchObject({
      code: 'ERR_CALL_UNAVAILABLE',
      message: '"bob" is not here',
    });
  });

  it('whose program is older or has no sound', async () => {
    const a = await openAlice();
    const without = await (await meeting.at('b')).open(bob, { who: a.who });
    await Promise.all([without.event('connected'), a.event('connected')]);
    await expect(a.door.calls.call('bob')).rejects.toMatchObject({
      message: '"bob" cannot take calls: their program is older or has no sound',
    });
    await expect(without.door.calls.call('alice')).rejects.toThrow(/this program has no sound for calls/);
  });

  it('who is blocked', async () => {
    const { a } = await meet();
    await a.door.contacts.block(await a.door.contacts.named('bob'), true);
    await expect(a.door.calls.call('bob')).rejects.toMatchObject({ code: 'ERR_PEER_BLOCKED' });
  });

  it('anybody during a call', async () => {
    const { a } = await talk();
    await expect(a.door.calls.call('bob')).rejects.toMatchObject({ code: 'ERR_CALL_BUSY' });
  });
});

describe('a program without sound whose face brings some', () => {
  async function meetSilent() {
    const a = await (await meeting.at('a')).open(alice, { takesCalls: true });
    const b = await openBob(a.who);
    await a.event('connected');
    return { a, b };
  }

  it('calls with it, and not without', async () => {
    const { a, b } = await meetSilent();
    await expect(a.door.calls.call('bob')).rejects.toThrow(/this program has no sound for calls/);
    await a.door.calls.call('bob', sound.open());
    await b.event('callRinging');
    b.door.calls.answer();
    await Promise.all([a.event('callConnected'), b.event('callConnected')]);
  });

  it('is called, and takes the call with it alone', async () => {
    const { a, b } = await meetSilent();
    await b.door.calls.call('alice');
    await a.event('callRinging');
    expect(() => a.door.calls.answer()).toThrow(/this program has no sound for calls/);
    a.door.calls.answer(sound.open());
    await Promise.all([a.event('callConnected'), b.event('callConnected')]);
  });
});

it('what there is none of can be neither taken, refused, ended nor muted', async () => {
  const a = await openAlice();
  const { calls } = a.door;
  for (const attempt of [() => calls.answer(), () => calls.reject(), () => calls.hangUp(), () => calls.mute(true)]) {
    expect(attempt).toThrow(expect.objectContaining({ code: 'ERR_USAGE' }));
  }
});

it('both call at once: one call results', async () => {
  const { a, b } = await meet();
  await Promise.all([a.door.calls.call('bob'), b.door.calls.call('alice')]);
  await Promise.all([a.event('callConnected'), b.event('callConnected')]);
  expect(a.door.calls.current?.id).toBe(b.door.calls.current?.id);
  expect(sound.all.filter(({ isClosed }) => !isClosed)).toHaveLength(2);
  expect([...a.events, ...b.events].filter(({ type }) => type === 'callEnded')).toEqual([]);
});

it('a connection that breaks: the sound goes on, and so does the call over the next one', async () => {
  const a = await openAlice();
  const board = await Switchboard.start();
  try {
    board.leadTo(a.door.listeningPort ?? 0);
    const b = await openBob(`127.0.0.1:${board.port}`);
    const id = await a.door.calls.call('bob');
    await b.event('callRinging');
    b.door.calls.answer();
    await Promise.all([a.event('callConnected'), b.event('callConnected')]);
    board.cut();
    await Promise.all([a.event('callReconnecting'), b.event('callReconnecting')]);
    const again = ({ resumed }: { resumed: boolean }): boolean => resumed;
    await Promise.all([a.event('callConnected', again), b.event('callConnected', again)]);
    expect(b.door.calls.current).toMatchObject({ id, state: 'connected' });
    expect(sound.up).toHaveLength(2);
  } finally {
    await board.stop();
  }
});

it('who loses the microphone puts the other one on hold', async () => {
  const { a, b } = await talk();
  sound.all[0]?.emit({ type: 'devices', input: undefined, output: 'speaker' });
  const [caller] = b.events.filter(({ type }) => type === 'callDevices');
  const [other, member] = caller === undefined ? [b, 'alice'] : [a, 'bob'];
  expect(await other.event('callPeerDevices')).toMatchObject({ member, input: false, output: true });
  expect(other.door.calls.current?.peerDevices).toEqual({ input: false, output: true });
});

it('who becomes blocked during a call hears nothing any more, at once', async () => {
  // Nothing is said beside.
  const { a } = await talk({ timing: { pingIntervalMs: 3_600_000, silenceTimeoutMs: 7_200_000 } });
  await a.door.contacts.block(await a.door.contacts.named('bob'), true);
  expect(await a.event('callEnded')).toMatchObject({ reason: 'refused', error: { code: 'ERR_PEER_BLOCKED' } });
  expect(sound.all.filter(({ isClosed }) => isClosed)).toHaveLength(1);
});

it('sound that cannot be opened ends the call with the reason, and the chat goes on', async () => {
  const failing: OpenMedia = () => Promise.reject(new Error('no such device'));
  const { a, b } = await meet({}, { openMedia: failing });
  await b.door.calls.call('alice');
  await a.event('callRinging');
  a.door.calls.answer();
  expect(await a.event('callEnded')).toMatchObject({ reason: 'failed', error: { code: 'ERR_INTERNAL' } });
  expect(await b.event('callEnded')).toMatchObject({ reason: 'failed', by: 'peer' });
  await b.door.messages.send('alice', 'write then');
  await a.event('message');
});

/** A member without manners on a real connection, who takes calls. */
async function rogueAt(a: TestConversation, hello: Partial<Hello> = {}) {
  const identity = await makeIdentity(circle, { member: 'mallory' });
  const socket = dialBare(a.door.listeningPort ?? 0, identity, { ca: circle.rootPem });
  sockets.push(socket);
  const rogue = new Rogue(socket, identity);
  const said = { ...goodHello, session: randomBytes(16).toString('hex'), capabilities: ['text', 'calls'], ...hello };
  rogue.write(frameOf(said as Message));
  await a.event('connected', ({ peer }) => peer.member === 'mallory');
  return rogue;
}

const fingerprint = makeFingerprint();
const goodOffer = descriptionOf({ ufrag: 'evil', fingerprint });
const id = '0f'.repeat(16);

/** What people read of how a call has ended. */
function shown(end: ConversationEvent): string {
  const { text = '' } = describeEvent(end) ?? {};
  expect(text).toMatch(/^call (from|to) (bob|alice|mallory): (0:00, )?refused \(/);
  return text;
}

/** What a relay could make of a description, or of what follows it: the call ends, and says why. */
const tamperings: readonly [string, (sdp: string) => string, RegExp][] = [
  ['drops the fingerprint', (sdp) => sdp.replace(/a=fingerprint.*\r\n/, ''), /no fingerprint/],
  ['offers keys by SDES', (sdp) => `${sdp}a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:d0RmdmcmVCspeEc3\r\n`, /SDES/],
  ['puts SHA-1 in', (sdp) => sdp.replace(/sha-256 .*/, `sha-1 ${fingerprint.slice(0, 59)}`), /not by SHA-256/],
  ['adds video', (sdp) => `${sdp}m=video 9 UDP/TLS/RTP/SAVPF 96\r\na=rtpmap:96 VP8/90000\r\n`, /more than sound/],
  ['adds a data channel', (sdp) => `${sdp}m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\n`, /more than sound/],
  ['adds a relayed candidate', (sdp) => `${sdp}a=candidate:1 1 udp 1 203.0.113.9 3478 typ relay\r\n`, /host itself/],
  ['adds a name to be looked up', (sdp) => `${sdp}a=candidate:1 1 udp 1 evil.example 40000 typ host\r\n`, /a name/],
];

describe('one who', () => {
  it.each(tamperings)('%s in an offer does not ring', async (_, tamper, why) => {
    const a = await openAlice();
    const rogue = await rogueAt(a);
    rogue.say({ type: 'call-offer', id, sdp: tamper(goodOffer) });
    const end = await a.event('callEnded');
    expect(end.reason).toBe('refused');
    expect(shown(end)).toMatch(why);
    expect(await rogue.hears('call-end')).toMatchObject({ id, reason: 'refused' });
    expect(sound.all).toEqual([]);
  });

  it.each(tamperings)('%s in an answer is not connected', async (_, tamper, why) => {
    const a = await openAlice();
    const rogue = await rogueAt(a);
    const call = await a.door.calls.call('mallory');
    await rogue.hears('call-offer');
    rogue.say({ type: 'call-answer', id: call, sdp: tamper(goodOffer.replace('actpass', 'active')) });
    const end = await a.event('callEnded');
    expect(end.reason).toBe('refused');
    expect(shown(end)).toMatch(why);
    expect(sound.up).toEqual([]);
    expect(sound.all.map(({ isClosed, log }) => [isClosed, log.includes('accept')])).toEqual([[true, false]]);
  });

  it.each<[string, string, RegExp]>([
    [
      'a reflexive candidate',
      candidateOf(50_000).replace('typ host', 'typ srflx raddr 10.0.0.1 rport 9'),
      /host itself/,
    ],
    ['a relay', candidateOf(50_000).replace('typ host', 'typ relay raddr 10.0.0.1 rport 9'), /host itself/],
    ['a candidate over TCP', candidateOf(50_000).replace(' udp ', ' tcp '), /UDP/],
    ['a name', candidateOf(50_000).replace('127.0.0.1', 'b9c1.local'), /a name/],
    ['a port of a service', candidateOf(53), /a port/],
  ])('tells of %s is not connected', async (_, candidate, why) => {
    const a = await openAlice();
    const rogue = await rogueAt(a);
    rogue.say({ type: 'call-offer', id, sdp: goodOffer });
    await a.event('callRinging');
    a.door.calls.answer();
    await rogue.hears('call-answer');
    rogue.say({ type: 'call-candidate', id, candidate });
    expect(shown(await a.event('callEnded'))).toMatch(why);
    expect(sound.up).toEqual([]);
  });

  it('tells of 10,000 candidates is not connected, and the chat goes on', async () => {
    const a = await openAlice();
    const rogue = await rogueAt(a);
    rogue.say({ type: 'call-offer', id, sdp: goodOffer });
    await a.event('callRinging');
    const one = frameOf({ type: 'call-candidate', id, candidate: candidateOf(50_000) });
    rogue.write(Buffer.concat(Array.from({ length: 10_000 }, () => one)));
    expect(shown(await a.event('callEnded'))).toMatch(/too many candidates/);
    rogue.say({ type: 'ping' });
    await rogue.hears('pong');
    expect(sound.all).toEqual([]);
    expect(a.events.filter(({ type }) => type === 'callEnded')).toHaveLength(1);
  });

  it.each(['of the caller', 'of the one who is called'])(
    'changes one digit of the fingerprint %s: no sound flows',
    async (whose) => {
      const isCaller = whose === 'of the caller';
      const lying = sound.open((media) => {
        media.lie = (sdp) =>
          sdp.replace(/(sha-256 )(.)/, (_, head: string, digit: string) => head + (digit === '0' ? '1' : '0'));
      });
      const { a, b } = await meet({ openMedia: lying });
      const [from, to] = isCaller ? [b, a] : [a, b];
      await from.door.calls.call(to.door.self);
      await to.event('callRinging');
      to.door.calls.answer();
      const end = await a.event('callEnded');
      expect(end).toMatchObject({ reason: 'refused', error: { code: 'ERR_CALL_REFUSED' } });
      expect(shown(end)).toMatch(/not the one that the peer has announced/);
      const other = await b.event('callEnded');
      expect(other).toMatchObject({ reason: 'refused', by: 'peer' });
      expect(shown(other)).toMatch(/does not take what we say of it/);
      expect(sound.up).toEqual([]);
      expect(a.events.filter(({ type }) => type === 'callConnected')).toEqual([]);
    },
  );

  it('has an older program is not told of devices, which it knows nothing of', async () => {
    const a = await openAlice();
    const rogue = await rogueAt(a);
    rogue.say({ type: 'call-offer', id, sdp: goodOffer });
    await a.event('callRinging');
    a.door.calls.answer();
    await rogue.hears('call-answer');
    sound.all[0]?.emit({ type: 'devices', input: undefined, output: 'speaker' });
    sound.all[0]?.emit({ type: 'connected', remoteFingerprint: fingerprint });
    await a.event('callConnected');
    rogue.say({ type: 'ping' });
    await rogue.hears('pong');
    expect(rogue.heard.filter(({ type }) => type === 'call-devices')).toEqual([]);
  });

  it('calls where no calls are taken is cut off', async () => {
    const a = await openAlice();
    await a.door.close();
    const deaf = await (await meeting.at('c')).open(alice);
    const rogue = await rogueAt(deaf);
    rogue.say({ type: 'call-offer', id, sdp: goodOffer });
    expect((await deaf.event('disconnected')).reason).toMatch(/called where no calls are taken/);
  });

  it('says of itself that it takes no calls is not heard when it calls', async () => {
    const a = await openAlice();
    const rogue = await rogueAt(a, { capabilities: ['text'] });
    rogue.say({ type: 'call-offer', id, sdp: goodOffer }, { type: 'ping' });
    await rogue.hears('pong');
    expect(a.events.filter(({ type }) => type.startsWith('call'))).toEqual([]);
  });

  it('calls again and again rings six times, and is not cut off', async () => {
    const a = await openAlice();
    const rogue = await rogueAt(a);
    for (let count = 0; count < 100; count += 1) {
      const one = count.toString(16).padStart(32, '0');
      const messages: CallMessage[] = [
        { type: 'call-offer', id: one, sdp: goodOffer },
        { type: 'call-end', id: one, reason: 'cancelled' },
      ];
      rogue.say(...messages);
    }
    await rogue.hears('call-end', 94);
    expect(a.events.filter(({ type }) => type === 'callRinging')).toHaveLength(6);
  });
});
