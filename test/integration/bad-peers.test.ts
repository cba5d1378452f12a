/**
 * Bad peers at a listener with a good one beside them. Every row is the good peer with one thing changed: it is refused, the
 * reason is told, nothing of it is written, and the good one talks on.
 */
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { TLSSocket } from 'node:tls';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { issueCrl } from '../../src/pki/crl.js';
import { createIssuer } from '../../src/pki/issuer.js';
import { signSuccession } from '../../src/pki/key-succession.js';
import { spkiOf } from '../../src/pki/spki.js';
import { type CborMap, type CborValue, encodeCbor } from '../../src/protocol/cbor.js';
import { maximumFileBytes } from '../../src/protocol/file-chunks.js';
import { encodeRange } from '../../src/protocol/file-stream.js';
import { encodeFrame, maximumFrameBytes } from '../../src/protocol/frame.js';
import { type Message, maximumSequence } from '../../src/protocol/messages.js';
import { ContactBook } from '../../src/store/contacts.js';
import { type ConversationDatabase, openConversationStore } from '../../src/store/conversation-store.js';
import { keepCrl } from '../../src/store/crl.js';
import { storeEpoch } from '../../src/store/cursors.js';
import type { RecordCipher } from '../../src/store/home-key.js';
import type { Identity } from '../../src/store/identities.js';
import { MessageStore } from '../../src/store/messages.js';
import { fileToken } from '../../src/transport/exporter.js';
import { fileProtocol } from '../../src/transport/tls-options.js';
import { makeCircle, makeKey, type TestCircle } from '../helpers/certificates.js';
import { Meeting, type TestConversation } from '../helpers/conversations.js';
import { makeIdentity } from '../helpers/identity.js';
import { type BareOptions, closeOf, dialBare, frameHeader, frameOf, goodHello, Rogue } from '../helpers/rogue.js';
import { makeOffer, RogueMember } from '../helpers/rogue-files.js';
import { type WrongWorld, wrongMembers } from '../helpers/wrong-members.js';

/** What a peer is and does; a row changes one of these. */
interface Peer {
  readonly identity: (world: WrongWorld) => Identity | Promise<Identity>;
  readonly tls: () => BareOptions | Promise<BareOptions>;
  /** The octets that it begins with. */
  readonly hello: () => Buffer | Promise<Buffer>;
  /** Done after the hello. */
  readonly does: (rogue: Rogue) => void | Promise<void>;
}

/** Where the reason is told. */
type Told = 'refused' | 'disconnected' | 'fileDeclined';
type Row = [what: string, change: Partial<Peer>, told: Told, why: RegExp];

const text = {
  type: 'text',
  id: '6f1c2a3e-0b1d-4c2a-9d3e-4f5a6b7c8d9e',
  sequence: 1,
  sentAt: 1,
  text: 'let me in',
} as const;
const change = {
  id: '0a1b2c3d-0b1d-4c2a-9d3e-4f5a6b7c8d9e',
  sequence: 1,
  sentAt: 1,
  target: '9f8e7d6c-0b1d-4c2a-9d3e-4f5a6b7c8d9e',
} as const;
const id = '0f'.repeat(16);
const call = { type: 'call-offer', id } as const;
const offer = { type: 'file-offer', id, name: 'note.txt', sizeBytes: 1, version: Buffer.alloc(32, 1) } as const;

const goodPeer: Peer = {
  identity: ({ circle: own, member }) => makeIdentity(own, { member }),
  tls: () => ({}),
  hello: () => frameOf(goodHello),
  does: (rogue) => rogue.say(text),
};

const frame = (value: CborValue): Buffer => encodeFrame(encodeCbor(value));
const helloWith = (fields: CborMap): Partial<Peer> => ({ hello: () => frame({ ...goodHello, ...fields } as CborMap) });
const writes = (octets: Buffer): Partial<Peer> => ({ does: (rogue) => rogue.write(octets) });
const says = (...messages: CborMap[]): Partial<Peer> => writes(Buffer.concat(messages.map(frame)));
const cbor = (hex: string): Partial<Peer> => writes(encodeFrame(Buffer.from(hex, 'hex')));

const meeting = new Meeting();
const sockets: TLSSocket[] = [];
let circle: TestCircle;
let rogueCircle: TestCircle;
let alice: Identity;
let revoked: Identity;
const carolsKey = makeKey();
let a: TestConversation;
let b: TestConversation;
let database: ConversationDatabase;
let downloads: string;
let rows = 0;
let member = '';

beforeAll(async () => {
  circle = await makeCircle();
  rogueCircle = await makeCircle();
  alice = await makeIdentity(circle, { member: 'alice', ips: ['127.0.0.1'] });
  revoked = await makeIdentity(circle, { member: 'revoked' });
  a = await meeting.at('a');
  const now = new Date();
  const entries = [
    { serialNumber: revoked.chain[0]?.serialNumber ?? '', revokedAt: now, reason: 'superseded' as const },
  ];
  const plan = { number: 1n, thisUpdate: now, nextUpdate: new Date(now.getTime() + 86_400_000), entries };
  const list = await issueCrl(plan, createIssuer(circle.key, [circle.certificate]));
  await keepCrl({ folder: a.home }, circle.circleId, list, circle.certificate);
  // A refusal that repeats is told once a minute: every row has minutes of its own.
  const clock = (): Date => new Date(Date.now() + rows * 120_000);
  await a.open(alice, { clock, timing: { helloTimeoutMs: 5_000 } });
  b = await meeting.at('b');
  await b.open(await makeIdentity(circle, { member: 'bob' }), { who: a.who, decideOffer: () => 'ask' });
  await Promise.all([a.event('connected'), b.event('connected')]);
  database = await openConversationStore({ folder: a.home });
  const carol = await makeIdentity(circle, { member: 'carol', key: carolsKey });
  const known = await (await meeting.at('carol')).open(carol, { who: a.who });
  await Promise.all([known.event('connected'), a.event('connected', ({ peer }) => peer.member === 'carol')]);
  await known.door.close();
  await a.event('disconnected');
  downloads = join(a.home, 'downloads');
  await b.door.files.send('alice', await fileWith('there before'));
  await a.event('fileDone');
});

afterEach(() => {
  for (const socket of sockets.splice(0)) socket.destroy();
});

afterAll(async () => {
  await database.destroy();
  await meeting.end();
});

async function fileWith(content: string): Promise<string> {
  const path = join(b.home, 'note.txt');
  await writeFile(path, content);
  return path;
}

function dial(identity: Identity, tls: BareOptions = {}): TLSSocket {
  const socket = dialBare(a.door.listeningPort ?? 0, identity, { ca: circle.rootPem, ...tls });
  sockets.push(socket);
  return socket;
}

/** Comes as the good peer, with that one change. */
async function come(change: Partial<Peer>): Promise<Rogue> {
  const peer = { ...goodPeer, ...change };
  rows += 1;
  for (const { events } of [a, b]) events.splice(0);
  member = `mallory-${rows}`;
  const identity = await peer.identity({ circle, rogue: rogueCircle, member });
  member = identity.member;
  const rogue = new Rogue(dial(identity, await peer.tls()), identity);
  rogue.write(await peer.hello());
  await peer.does(rogue);
  return rogue;
}

/** Why a peer was refused, as it was told. */
async function toldBy(told: Told, why: RegExp): Promise<void> {
  if (told === 'refused') await a.event(told, ({ error }) => why.test(error.message));
  if (told === 'disconnected') await a.event(told, (event) => event.member === member && why.test(event.reason));
  if (told === 'fileDeclined') await a.event(told, (event) => event.member === member && why.test(event.reason));
}

/** Everything that a peer could have had written. */
async function written(of: string): Promise<object> {
  const names = await readdir(downloads);
  const files = await Promise.all(names.map(async (name) => [name, await readFile(join(downloads, name), 'utf8')]));
  const key = { circleId: circle.circleId, self: 'alice', peer: of };
  const texts = await new MessageStore(database, {} as RecordCipher, key).receivedCursors(16);
  return { files, texts };
}

const good = ['alice', 'bob'];
const nothing = { files: [['note.txt', 'there before']], texts: [] };

/** Nothing is left of the bad one, and both ends of the good one have noticed nothing. */
async function expectUndisturbed(left: object = nothing): Promise<void> {
  expect(await written(member)).toEqual(left);
  await b.door.messages.send('alice', member);
  await a.event('message', (event) => event.member === 'bob' && event.text === member);
  await a.door.messages.send('bob', member);
  await b.event('message', (event) => event.text === member);
  const kept = ['message', 'edited', 'deleted', 'reaction'];
  expect(a.events.filter((event) => kept.includes(event.type) && 'member' in event && event.member !== 'bob')).toEqual(
    [],
  );
  for (const { events } of [a, b]) {
    expect(events.filter((event) => event.type === 'disconnected' && good.includes(event.member))).toEqual([]);
    expect(events.filter(({ type }) => type === 'stopped')).toEqual([]);
  }
}

const known = async (): Promise<boolean> =>
  (await new ContactBook(database, () => new Date()).find(circle.circleId, member)) !== undefined;

it('a good peer is let in, and what it says arrives', async () => {
  await come({});
  expect(await a.event('message', (event) => event.member === member)).toMatchObject({ text: 'let me in' });
  expect(await known()).toBe(true);
  expect(a.events.filter(({ type }) => type === 'refused')).toEqual([]);
});

describe('a peer is not let in, and does not become a contact,', () => {
  it.each<[string, Partial<Peer>, RegExp]>([
    ...wrongMembers.map(([what, identity, why]): [string, Partial<Peer>, RegExp] => [what, { identity }, why]),
    ['whose certificate was revoked', { identity: () => revoked }, /revoked on/],
    [
      'with a copy of our own key',
      // From another address than ours: from there it would be our own call.
      { identity: () => alice, tls: () => ({ localAddress: '127.0.0.9' }) },
      /ourselves/,
    ],
    ['without a certificate', { tls: () => withoutCertificate }, /no certificate/],
    ['that resumes a session in place of a certificate', { tls: resuming }, /no certificate/],
    ['that speaks TLS 1.2', { tls: () => ({ minVersion: 'TLSv1.2', maxVersion: 'TLSv1.2' }) }, /TLS 1\.3/],
    ['without ALPN', { tls: () => ({ ALPNProtocols: undefined }) as unknown as BareOptions }, /ALPN/],
    ['with a wrong ALPN', { tls: () => ({ ALPNProtocols: ['h2'] }) }, /ALPN/],
    ['with the ALPN of a later version', { tls: () => ({ ALPNProtocols: ['qtchat/2'] }) }, /ALPN/],
    ['that says no hello', { hello: () => Buffer.alloc(0), does: () => {} }, /no hello in time/],
    ['that says half a hello', { hello: () => frameOf(goodHello).subarray(0, 60), does: () => {} }, /no hello in time/],
    ['whose hello is too big', { hello: () => frameHeader(4097) }, /4097 octets, expected 1 to 4096/],
    ['whose hello has no octets', { hello: () => frameHeader(0) }, /0 octets/],
    ['that speaks no frames', { hello: () => Buffer.from('GET / HTTP/1.1\r\n\r\n') }, /octets, expected/],
    ['that begins with something else', { hello: () => frameOf({ type: 'ping' }) }, /did not begin with hello/],
    ['that speaks another version', helloWith({ version: 2 }), /wrong field "version"/],
    ['whose hello lacks a field', helloWith({ epoch: undefined }), /wrong field "epoch"/],
    ['whose hello has a field too many', helloWith({ admin: true }), /wrong field "admin"/],
    [
      'whose hello has more cursors than a list may have',
      helloWith({ cursors: Array(17).fill({ epoch: id, sequence: 1 }) }),
      /wrong field "cursors"/,
    ],
    ['whose hello has a negative cursor', helloWith({ cursors: [{ epoch: id, sequence: -1 }] }), /cursors.0.sequence/],
    ['whose hello lists it in another form', helloWith({ session: id.toUpperCase() }), /wrong field "session"/],
    ['that takes leave before its hello', { hello: () => frameOf({ type: 'bye', reason: 'done' }) }, /left/],
  ])('%s', async (_, change, why) => {
    await come(change);
    await toldBy('refused', why);
    expect(await known()).toBe(false);
    await expectUndisturbed();
  });
});

const withoutCertificate = { key: undefined, cert: undefined } as unknown as BareOptions;

/** What the listener gave another connection to resume with, and no certificate. */
async function resuming(): Promise<BareOptions> {
  const first = dial(await makeIdentity(circle, { member: `${member}-before` }));
  first.resume();
  const [session] = (await once(first, 'session')) as [Buffer];
  return { ...withoutCertificate, session };
}

describe('a contact with another key is refused', () => {
  const carol = (): Promise<Identity> => makeIdentity(circle, { member: 'carol' });
  const holder = () => ({ circleId: circle.circleId, member: 'carol' });

  it.each<[string, (identity: Identity) => CborMap[]]>([
    ['that nobody has signed for', () => []],
    ['for which a signature is made up', () => [{ formerSpki: spkiOf(carolsKey), signature: Buffer.alloc(71, 1) }]],
    [
      'for which a third key has signed',
      ({ privateKey }) => [{ ...signSuccession(makeKey(), privateKey, holder()) } as unknown as CborMap],
    ],
    [
      'for which its own key was signed under another name',
      ({ privateKey }) => [
        { ...signSuccession(carolsKey, privateKey, { ...holder(), member: 'bob' }) } as unknown as CborMap,
      ],
    ],
    [
      'where the old key has signed for yet another one',
      () => [{ ...signSuccession(carolsKey, makeKey(), holder()) } as unknown as CborMap],
    ],
  ])('%s', async (_, successions) => {
    const identity = await carol();
    await come({ identity: () => identity, ...helloWith({ successions: successions(identity) }) });
    await toldBy('refused', /another key/);
    await expectUndisturbed();
  });
});

describe('a peer is cut off', () => {
  it.each<Row>([
    ['when it says hello twice', says(goodHello as unknown as CborMap), 'disconnected', /hello twice/],
    ['when it calls where no calls are taken', says({ ...call, sdp: 'v=0' }), 'disconnected', /no calls are taken/],
    ['when it describes a call at length', says({ ...call, sdp: 'x'.repeat(16_385) }), 'disconnected', /field "sdp"/],
    ['when it describes nothing', says({ ...call, sdp: '' }), 'disconnected', /wrong field "sdp"/],
    ['when a call is a path', says({ ...call, id: '../x', sdp: 'v=0' }), 'disconnected', /wrong field "id"/],
    [
      'when a candidate is long',
      says({ ...call, type: 'call-candidate', candidate: 'x'.repeat(1_025) }),
      'disconnected',
      /wrong field "candidate"/,
    ],
    [
      'when a call ends as none does',
      says({ ...call, type: 'call-end', reason: 'boredom' }),
      'disconnected',
      /wrong field "reason"/,
    ],
    ['when a frame has no octets', writes(frameHeader(0)), 'disconnected', /0 octets/],
    ['when a frame is one octet too long', writes(frameHeader(maximumFrameBytes + 1)), 'disconnected', /262145 octets/],
    ['when a frame has four gigabytes', writes(frameHeader(0xffff_ffff)), 'disconnected', /4294967295 octets/],
    [
      'when a frame is as long as may be, and filled with text',
      says({ ...text, text: 'x'.repeat(maximumFrameBytes - 99) }),
      'disconnected',
      /wrong field "text"/,
    ],
    [
      'when a frame is as long as may be, and empty',
      writes(encodeFrame(Buffer.alloc(maximumFrameBytes))),
      'disconnected',
      /octets follow/,
    ],
    ['when it speaks no CBOR', cbor('ff'), 'disconnected', /CBOR/],
    ['when it nests a hundred thousand lists', writes(encodeFrame(Buffer.alloc(1e5, 0x81))), 'disconnected', /nested/],
    ['when it nests one list too many', cbor(`a16474797065${'81'.repeat(8)}f6`), 'disconnected', /nested/],
    ['when a list is longer than the frame', cbor('9affffffff'), 'disconnected', /too early/],
    ['when it tags what it says', cbor('d9d9f7a1647479706564706f6e67'), 'disconnected', /a tag/],
    [
      'when it says something twice',
      cbor('a2647479706564706f6e67647479706564706f6e67'),
      'disconnected',
      /not in order/,
    ],
    ['when a length is longer than needed', cbor('a178047479706564706f6e67'), 'disconnected', /longer than needed/],
    ['when it says a list', writes(frame([text])), 'disconnected', /unknown type/],
    ['when it says what nobody knows', says({ type: 'shell', run: 'id' }), 'disconnected', /unknown type/],
    ['when it says what every object knows', says({ type: 'constructor' }), 'disconnected', /unknown type/],
    ['when a text is no text', says({ ...text, text: 7 }), 'disconnected', /wrong field "text"/],
    ['when a text is octets', says({ ...text, text: Buffer.from('x') }), 'disconnected', /wrong field "text"/],
    ['when a text is empty', says({ ...text, text: '' }), 'disconnected', /wrong field "text"/],
    ['when a text is too long', says({ ...text, text: 'ř'.repeat(33_000) }), 'disconnected', /wrong field "text"/],
    ['when an id is a path', says({ ...text, id: '../../etc/passwd' }), 'disconnected', /wrong field "id"/],
    ['when a sequence is text', says({ ...text, sequence: '1' }), 'disconnected', /wrong field "sequence"/],
    ['when a sequence is zero', says({ ...text, sequence: 0 }), 'disconnected', /wrong field "sequence"/],
    [
      'when a sequence leaves no room',
      says({ ...text, sequence: maximumSequence + 1 }),
      'disconnected',
      /wrong field "sequence"/,
    ],
    [
      'when a text counts as another device',
      says({ ...text, epoch: 'ee'.repeat(16) }),
      'disconnected',
      /wrong field "epoch"/,
    ],
    [
      'when it has what was never sent',
      says({ type: 'delivered', sequence: 1 }),
      'disconnected',
      /acknowledged.* never sent/,
    ],
    ['when it has read what was never sent', says({ type: 'read', sequence: 1 }), 'disconnected', /read.* never sent/],
    ['when it edits to nothing', says({ ...change, type: 'edit', text: '' }), 'disconnected', /wrong field "text"/],
    [
      'when it deletes what is no message',
      says({ ...change, type: 'delete', target: '*' }),
      'disconnected',
      /wrong field "target"/,
    ],
    [
      'when it reacts by a new line',
      says({ ...change, type: 'reaction', emoji: '\n' }),
      'disconnected',
      /wrong field "emoji"/,
    ],
    [
      'when its hello has what nobody can have written',
      { hello: helloWithCursor },
      'disconnected',
      /nobody can have written/,
    ],
    [
      'when it sends ever more revocation lists',
      says(...Array(17).fill({ type: 'revocation-list', list: Buffer.of(1) })),
      'disconnected',
      /too many lists/,
    ],
    [
      'when it asks for a file connection without a number',
      says({ type: 'file-connection', id }),
      'disconnected',
      /wrong field "number"/,
    ],
    [
      'when it asks for the first file connection once more',
      says({ type: 'file-connection', id, number: 0 }),
      'disconnected',
      /wrong field "number"/,
    ],
    [
      'when it asks for a file connection beyond the last',
      says({ type: 'file-connection', id, number: 256 }),
      'disconnected',
      /wrong field "number"/,
    ],
    [
      'when it asks for a connection for what was never offered',
      says({ type: 'file-connection', id, number: 1 }),
      'disconnected',
      /not offered/,
    ],
    [
      'when it leaves within a frame',
      { does: (rogue) => void rogue.socket.end(frameOf(text).subarray(0, 9)) },
      'disconnected',
      /within a frame/,
    ],
    [
      'also when it takes no texts, and so is not shown as here',
      { ...helloWith({ capabilities: [] }), does: (rogue) => rogue.write(frameOf(goodHello)) },
      'refused',
      /hello twice/,
    ],
  ])('%s', async (_, change, told, why) => {
    const rogue = await come(change);
    await Promise.all([toldBy(told, why), closeOf(rogue.socket)]);
    await expectUndisturbed();
  });
});

/** A hello that claims the last of all our messages. */
async function helloWithCursor(sequence = maximumSequence): Promise<Buffer> {
  const epoch = await storeEpoch(database, randomBytes);
  return frameOf({ ...goodHello, cursors: [{ epoch, sequence }] });
}

describe('a message is changed by its author alone:', () => {
  const ours = (): Promise<string> => a.door.messages.send(member, 'I owe you 5');
  const bobs = (): Promise<string> => b.door.messages.send('alice', 'from bob');

  it.each<[string, () => Promise<string>, Message, 'not-author' | 'unknown']>([
    ['who received it cannot edit it', ours, { ...change, type: 'edit', text: 'I owe you 500' }, 'not-author'],
    ['who received it cannot delete it', ours, { ...change, type: 'delete' }, 'not-author'],
    ['who hears of it cannot edit it', bobs, { ...change, type: 'edit', text: 'to bob' }, 'unknown'],
    ['who hears of it cannot react to it', bobs, { ...change, type: 'reaction', emoji: '👎' }, 'unknown'],
  ])('%s', async (_, write, message, reason) => {
    const rogue = await come({ does: () => {} });
    await a.event('connected');
    const target = await write();
    const isIt = (event: { id: string }): boolean => event.id === target;
    await (write === ours ? a.event('sent', isIt) : a.event('message', isIt));
    rogue.say({ ...message, target } as Message);
    expect(await a.event('changeRefused')).toMatchObject({ member, id: target, kind: message.type, reason });
    const [last] = await a.door.messages.recent(write === ours ? member : 'bob', 1);
    expect(last).toMatchObject({ id: target, text: write === ours ? 'I owe you 5' : 'from bob', reactions: [] });
    // That it was heard is noted, and nothing else.
    await expectUndisturbed({ ...nothing, texts: [{ epoch: goodHello.epoch, sequence: 1 }] });
  });
});

const offers: Partial<Peer> = { does: (rogue) => rogue.say(offer) };
const tokenOf = ({ socket }: Rogue, transfer = id, number = 0): Buffer => fileToken(socket, transfer, number);
const opening = (token: Buffer, transfer = id): Buffer => Buffer.concat([token, Buffer.from(transfer, 'hex')]);

function openFile(as: Identity, octets: Buffer): TLSSocket {
  const socket = dial(as, { ALPNProtocols: [fileProtocol] });
  socket.write(octets);
  return socket;
}

/** Something that we offer to bob, who has not answered yet. */
async function bobsOffer(): Promise<string> {
  await a.door.files.send('bob', await fileWith('for bob alone'));
  return (await b.event('fileOffered')).file.id;
}

describe('a file connection is refused', () => {
  it.each<[string, (rogue: Rogue) => Promise<unknown> | unknown, RegExp]>([
    [
      'with a token of another transfer',
      (rogue) => openFile(rogue.identity, opening(tokenOf(rogue, 'ee'.repeat(16)))),
      /wrong token/,
    ],
    ['with a token that is made up', ({ identity }) => openFile(identity, opening(Buffer.alloc(32, 1))), /wrong token/],
    ['with a token of another session', withTokenOfAnotherSession, /wrong token/],
    [
      'with the right token, shown by another member',
      async (rogue) => openFile(await makeIdentity(circle, { member: 'thief' }), opening(tokenOf(rogue))),
      /no file is expected/,
    ],
    ['with a token that was used', withUsedToken, /no file is expected/],
    ['with half a token', (rogue) => openFile(rogue.identity, tokenOf(rogue).subarray(0, 20)).end(), /no token/],
    [
      'for a file that nobody agreed on',
      (rogue) => openFile(rogue.identity, opening(tokenOf(rogue, 'ee'.repeat(16)), 'ee'.repeat(16))),
      /no file is expected/,
    ],
    ['for a file that is offered to another member', forBobsFile, /no file is expected/],
    [
      'that is none at all',
      ({ identity }) => openFile(identity, Buffer.from('GET / HTTP/1.1\r\nHost: alice\r\nAccept: everything\r\n\r\n')),
      /no file is expected/,
    ],
  ])('%s', async (_, open, why) => {
    const rogue = await come(offers);
    await rogue.hears('file-accept');
    await open(rogue);
    await toldBy('refused', why);
    await expectUndisturbed();
  });

  async function withTokenOfAnotherSession({ identity }: Rogue): Promise<void> {
    const another = new Rogue(dial(identity), identity);
    another.say({ ...goodHello, session: '11'.repeat(16) });
    await another.hears('hello');
    openFile(identity, opening(tokenOf(another)));
  }

  async function withUsedToken(rogue: Rogue): Promise<void> {
    const first = openFile(rogue.identity, opening(tokenOf(rogue)));
    // It is asked for the file: it was let in.
    await once(first, 'data');
    openFile(rogue.identity, opening(tokenOf(rogue)));
    await toldBy('refused', /no file is expected/);
    first.destroy();
    await a.event('fileInterrupted', (event) => event.member === member);
  }

  async function forBobsFile(rogue: Rogue): Promise<void> {
    const bobs = await bobsOffer();
    openFile(rogue.identity, opening(tokenOf(rogue, bobs), bobs));
  }
});

describe('another connection for a file is refused', () => {
  /** A member that is sent a file, and has opened the first connection. */
  async function takes(): Promise<{ rogue: Rogue; transfer: string }> {
    const rogue = await come({ does: () => {} });
    await a.event('connected');
    await a.door.files.send(member, await fileWith('over several connections'));
    const { id: transfer } = await rogue.hears('file-offer');
    rogue.say({ type: 'file-accept', id: transfer, doneBytes: 0 });
    await rogue.hears('file-ready');
    await served(rogue, transfer);
    return { rogue, transfer };
  }

  /** Opens a connection with the right token; it is let in, since it is answered. */
  async function served(rogue: Rogue, transfer: string, number = 0): Promise<void> {
    const request = encodeRange({ kind: 'chunks', first: 0, count: 1 });
    const token = tokenOf(rogue, transfer, number);
    await once(openFile(rogue.identity, Buffer.concat([opening(token, transfer), request])), 'data');
  }

  async function asks(rogue: Rogue, transfer: string, ...numbers: number[]): Promise<void> {
    for (const number of numbers) {
      rogue.say({ type: 'file-connection', id: transfer, number });
      // The first was said before the first connection.
      expect((await rogue.hears('file-ready', 1 + number)).number).toBe(number);
    }
  }

  it.each<[string, (rogue: Rogue, transfer: string) => Promise<unknown> | unknown, RegExp]>([
    [
      'with the token of the first',
      async (rogue, transfer) => {
        await asks(rogue, transfer, 1);
        openFile(rogue.identity, opening(tokenOf(rogue, transfer), transfer));
      },
      /wrong token/,
    ],
    [
      'with the token of a later one',
      async (rogue, transfer) => {
        await asks(rogue, transfer, 1);
        openFile(rogue.identity, opening(tokenOf(rogue, transfer, 2), transfer));
      },
      /wrong token/,
    ],
    [
      'with a token of another session',
      async (rogue, transfer) => {
        await asks(rogue, transfer, 1);
        const another = new Rogue(dial(rogue.identity), rogue.identity);
        another.say({ ...goodHello, session: '11'.repeat(16) });
        await another.hears('hello');
        openFile(rogue.identity, opening(tokenOf(another, transfer, 1), transfer));
      },
      /wrong token/,
    ],
    [
      'with the right token, shown by another member',
      async (rogue, transfer) => {
        await asks(rogue, transfer, 1);
        const thief = await makeIdentity(circle, { member: 'thief' });
        openFile(thief, opening(tokenOf(rogue, transfer, 1), transfer));
      },
      /no file is expected/,
    ],
    [
      'with a token that was used',
      async (rogue, transfer) => {
        await asks(rogue, transfer, 1);
        await served(rogue, transfer, 1);
        openFile(rogue.identity, opening(tokenOf(rogue, transfer, 1), transfer));
      },
      /no file is expected/,
    ],
    [
      'that was not asked for',
      (rogue, transfer) => openFile(rogue.identity, opening(tokenOf(rogue, transfer, 1), transfer)),
      /no file is expected/,
    ],
    [
      'where there are four',
      async (rogue, transfer) => {
        for (const number of [1, 2, 3]) {
          await asks(rogue, transfer, number);
          await served(rogue, transfer, number);
        }
        rogue.say({ type: 'file-connection', id: transfer, number: 4 }, { type: 'ping' });
        await rogue.hears('pong');
        expect(rogue.heard.filter(({ type }) => type === 'file-ready')).toHaveLength(4);
        openFile(rogue.identity, opening(tokenOf(rogue, transfer, 4), transfer));
      },
      /no file is expected/,
    ],
  ])('%s', async (_, open, why) => {
    const { rogue, transfer } = await takes();
    await open(rogue, transfer);
    await toldBy('refused', why);
    await expectUndisturbed();
  });

  it('where it was asked for before, with the session', async () => {
    const { rogue, transfer } = await takes();
    await asks(rogue, transfer, 1);
    rogue.say({ type: 'file-connection', id: transfer, number: 1 });
    await Promise.all([toldBy('disconnected', /one file connection twice/), closeOf(rogue.socket)]);
    await expectUndisturbed();
  });
});

describe('a file that was offered to another member', () => {
  it.each<[string, (theirs: string) => Message]>([
    ['is not for one who takes it', (theirs) => ({ type: 'file-accept', id: theirs, doneBytes: 0 })],
    [
      'cannot be declined by one who hears of it',
      (theirs) => ({ type: 'file-decline', id: theirs, reason: 'declined' }),
    ],
    ['cannot be said to have arrived', (theirs) => ({ type: 'file-received', id: theirs })],
  ])('%s', async (_, answer) => {
    const rogue = await come({ does: () => {} });
    await rogue.hears('hello');
    const bobs = await bobsOffer();
    rogue.say(answer(bobs));
    await toldBy('disconnected', /not offered/);
    await expectUndisturbed();
    expect(a.events.filter((event) => 'file' in event && event.file.id === bobs)).toEqual([]);
    b.door.files.answer('accept', bobs);
    await b.event('fileDone', ({ file }) => file.id === bobs);
  });
});

describe('a file that was accepted is not given to one', () => {
  const asked = (kind: number, first: number, count: number): Buffer => {
    const request = encodeRange({ kind: 'chunks', first, count });
    request.writeUInt8(kind);
    return request;
  };

  it.each<[string, Buffer, RegExp]>([
    ['who asks for a chunk behind its end', asked(2, 1, 1), /chunks 1 to 1 of 1 were/],
    ['who asks for chunks beyond its end', asked(2, 0, 2), /chunks 0 to 1 of 1 were/],
    ['who asks for the highest index', asked(2, 0xffff_ffff, 1), /chunks 4294967295 to 4294967295/],
    ['who asks for an index that turns over', asked(2, 0xffff_ffff, 2), /chunks 4294967295 to 4294967296/],
    ['who asks for no chunk', asked(2, 0, 0), /0 chunks were/],
    ['who asks for more than may be asked for at once', asked(2, 0, 5), /5 chunks were/],
    ['who asks for digests beyond their end', asked(1, 0, 2), /digests 0 to 1 of 1 were/],
    ['who asks for something else', asked(0, 0, 1), /kind 0/],
  ])('%s', async (_, request, why) => {
    const rogue = await come({ does: () => {} });
    await a.event('connected');
    await a.door.files.send(member, await fileWith('for one who keeps the rules'));
    const { id: transfer } = await rogue.hears('file-offer');
    rogue.say({ type: 'file-accept', id: transfer, doneBytes: 0 });
    await rogue.hears('file-ready');
    const stream = openFile(rogue.identity, Buffer.concat([opening(tokenOf(rogue, transfer), transfer), request]));
    const given: Buffer[] = [];
    stream.on('data', (chunk: Buffer) => given.push(chunk));
    await closeOf(stream);
    expect(given).toEqual([]);
    await a.event('fileFailed', (event) => event.member === member && why.test(event.error.message));
    await expectUndisturbed();
  });
});

describe('an offered file is not taken', () => {
  it.each([
    ['..'],
    ['../note.txt'],
    ['../../.ssh/authorized_keys'],
    ['/etc/passwd'],
    ['folder/note.txt'],
    ['..\\note.txt'],
    ['C:\\Windows\\note.txt'],
    ['\\\\server\\share'],
    ['note.txt\u0000.exe'],
    ['note.txt:stream'],
    ['note\n.txt'],
    ['\u001b]0;title\u0007.txt'],
    ['CON'],
    ['nul.txt'],
    ['LPT¹.log'],
    ['ＣＯＮ.txt'],
    ['.bashrc'],
    ['note.txt.'],
    ['note.txt '],
    ['note.txt\u00a0'],
    ['gpj.\u202etxt.exe'],
    ['note\u200b.txt'],
    ['note.txt\ufeff'],
    ['..／note.txt'],
    ['‥∕note.txt'],
    ['．．＼note.txt'],
    ['／etc⁄passwd'],
    ['Ｃ：＼note.txt'],
    ['film.0123456789abcdef.part'],
    ['x'.repeat(216)],
    ['x'.repeat(255)],
  ])('under the name %j', async (name) => {
    await come({ does: (rogue) => rogue.say({ ...offer, name }) });
    await toldBy('fileDeclined', /^name$/);
    await expectUndisturbed();
  });

  it.each<Row>([
    ['under a name of 300 octets', says({ ...offer, name: 'x'.repeat(300) }), 'disconnected', /wrong field "name"/],
    ['under no name', says({ ...offer, name: '' }), 'disconnected', /wrong field "name"/],
    ['under a name that is a list', says({ ...offer, name: ['note.txt'] }), 'disconnected', /wrong field "name"/],
    ['when it has less than nothing', says({ ...offer, sizeBytes: -1 }), 'disconnected', /wrong field "sizeBytes"/],
    ['when it is offered twice under one id', says(offer, offer), 'disconnected', /one file twice/],
    [
      'when it is larger than any file',
      says({ ...offer, sizeBytes: maximumFileBytes + 1 }),
      'disconnected',
      /wrong field "sizeBytes"/,
    ],
  ])('%s', async (_, change, told, why) => {
    await come(change);
    await toldBy(told, why);
    await expectUndisturbed();
  });
});

describe('what cannot be told from honesty does no harm:', () => {
  it('a file under a name that is taken gets another one', async () => {
    rows += 1;
    member = `mallory-${rows}`;
    const rogue = new RogueMember(a.door.listeningPort ?? 0, await makeIdentity(circle, { member }));
    await rogue.serve(await makeOffer('note.txt', Buffer.from('another one')));
    const { path = '' } = await a.event('fileDone', (event) => event.member === member);
    rogue.end();
    expect(path).toBe(join(downloads, 'note (2).txt'));
    expect(await readFile(path, 'utf8')).toBe('another one');
    await rm(path);
    await expectUndisturbed();
  });

  it("who counts as another member's device is heard as itself alone", async () => {
    const [{ epoch = '' } = {}] = await new MessageStore(database, {} as RecordCipher, {
      circleId: circle.circleId,
      self: 'alice',
      peer: 'bob',
    }).receivedCursors(1);
    await come({ ...helloWith({ epoch }), does: (rogue) => rogue.say({ ...text, sequence: 1_000_000 }) });
    await a.event('message', (event) => event.member === member && event.text === 'let me in');
    await b.door.messages.send('alice', 'still counted from where I was');
    await a.event('message', (event) => event.member === 'bob' && /still counted/.test(event.text));
  });

  it('who claims to have more than was sent misses nothing by it', async () => {
    const rogue = await come({ hello: () => helloWithCursor(1_000_000), does: () => {} });
    await rogue.hears('hello');
    await a.event('connected');
    await a.door.messages.send(member, 'you do not have this');
    expect(await rogue.hears('text')).toMatchObject({ sequence: 1_000_001, text: 'you do not have this' });
    expect(await a.door.countPending(member)).toBe(1);
  });
});

describe('whoever answers at the address that was dialled is refused', () => {
  it.each<[string, object]>([
    ['with a certificate for no address', {}],
    ['with a certificate for another address', { ips: ['127.0.0.2'] }],
    ['with the address as a DNS name in a longer one', { dns: ['127.0.0.1.example.org'] }],
    ['with the address as common name', { commonName: '127.0.0.1' }],
    ['with the address as a URI', { uris: ['https://127.0.0.1/'] }],
  ])('%s', async (_, { uris = [], ...fields }: { uris?: string[] }) => {
    rows += 1;
    const names = [`qtchat://${circle.circleId}/other`, ...uris];
    const there = await meeting.at(`there-${rows}`);
    await there.open(await makeIdentity(circle, { member: 'other', uris: names, ...fields }));
    const dialling = await (await meeting.at(`dialling-${rows}`)).open(alice, { who: there.who });
    const { error } = await dialling.event('stopped');
    expect(error).toMatchObject({
      code: 'ERR_PEER_NOT_TRUSTED',
      message: expect.stringMatching(/"other".*not name that address/),
    });
    expect(there.events.filter(({ type }) => type === 'connected')).toEqual([]);
  });
});
