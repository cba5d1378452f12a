/** Files between two members on real sockets, right ones and tricks. */
import { randomBytes } from 'node:crypto';
import { mkdir, readdir, readFile, stat, truncate, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { deliver } from '../../src/conversation/deliver.js';
import type { ConversationEvent } from '../../src/conversation/events.js';
import { isQTChatError } from '../../src/errors.js';
import { chunkDigests, rootOf } from '../../src/protocol/file-chunks.js';
import type { Identity } from '../../src/store/identities.js';
import { dialPeer } from '../../src/transport/dial.js';
import { fileToken } from '../../src/transport/exporter.js';
import { FileDoor } from '../../src/transport/file-door.js';
import { listenForPeers, type PeerListener } from '../../src/transport/listen.js';
import type { PeerConnection } from '../../src/transport/peer-connection.js';
import { controlProtocol, fileProtocol, type PeerProtocol } from '../../src/transport/tls-options.js';
import { makeCircle, type TestCircle } from '../helpers/certificates.js';
import { Meeting, type TestConversation } from '../helpers/conversations.js';
import { makeIdentity } from '../helpers/identity.js';

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

describe('a file', () => {
  it.each([
    ['of nothing', 0],
    ['of one octet', 1],
    ['of exactly one chunk', 256 * 1024],
    ['of exactly one range', 1024 * 1024],
    ['of several ranges and a rest', 5_000_001],
  ])('%s arrives whole, whoever dialled', async (_, sizeBytes) => {
    const content = randomBytes(sizeBytes);
    const a = await (await meeting.at('a')).open(alice);
    const b = await (await meeting.at('b')).open(bob, { who: a.who });
    await b.event('connected');
    for (const [from, to, member] of [
      [a, b, 'bob'],
      [b, a, 'alice'],
    ] as const) {
      const path = join(from.home, 'film.bin');
      await writeFile(path, content);
      await from.door.files.send(member, path);
      const received = await to.event('fileDone', ({ file }) => file.direction === 'in');
      const sent = await from.event('fileDone', ({ file }) => file.direction === 'out');
      const digests = chunkDigests(content, 256 * 1024);
      expect([sent.root, received.root]).toEqual([rootOf(digests).toString('hex'), sent.root]);
      // Of one chunk it is what sha256sum says.
      const isOne = sizeBytes > 0 && sizeBytes <= 256 * 1024;
      expect([sent.sha256, received.sha256]).toEqual(Array(2).fill(isOne ? digests.toString('hex') : undefined));
      expect(received.path).toBe(join(to.home, 'downloads', 'film.bin'));
      expect((await readFile(received.path ?? '')).equals(content)).toBe(true);
      expect((await stat(received.path ?? '')).mode & 0o777).toBe(0o600);
    }
    expect(await readdir(join(a.home, 'downloads'))).toEqual(['film.bin']);
  });

  it('never takes the place of another', async () => {
    const a = await (await meeting.at('a')).open(alice);
    const b = await (await meeting.at('b')).open(bob, { who: a.who });
    const path = join(b.home, 'note.txt');
    await writeFile(path, 'new');
    await mkdir(join(a.home, 'downloads'));
    await writeFile(join(a.home, 'downloads', 'note.txt'), 'old');
    await b.door.files.send('alice', path);
    expect((await a.event('fileDone')).path).toBe(join(a.home, 'downloads', 'note (2).txt'));
    expect(await readFile(join(a.home, 'downloads', 'note.txt'), 'utf8')).toBe('old');
  });

  it('waits for the answer of the user, and is declined or taken', async () => {
    const a = await (await meeting.at('a')).open(alice, { decideOffer: () => 'ask' });
    const b = await (await meeting.at('b')).open(bob, { who: a.who });
    const path = join(b.home, 'note.txt');
    await writeFile(path, 'text');
    await b.door.files.send('alice', path);
    await a.event('fileOffered');
    expect(a.door.files.answer('decline')).toBe(true);
    expect(await b.event('fileDeclined')).toMatchObject({ reason: 'declined' });
    expect(a.door.files.answer('accept')).toBe(false);
    await b.door.files.send('alice', path);
    await a.event('fileOffered', ({ file }) =>
      a.events.some((e) => e.type === 'fileDeclined' && e.file.id !== file.id),
    );
    expect(a.door.files.answer('accept')).toBe(true);
    await b.event('fileDone');
    expect(await b.door.countPending('alice')).toBe(0);
  });

  it('makes send exit with 7 when it is declined', async () => {
    const a = await (await meeting.at('a')).open(alice, { decideOffer: () => 'too-large' });
    const b = await meeting.at('b');
    await mkdir(b.home);
    await writeFile(join(b.home, 'x'), 'x');
    const delivery = { who: a.who, files: [join(b.home, 'x')], timeoutMs: 5_000 };
    const world = { home: { folder: b.home }, identity: bob, clock: () => new Date(), random: randomBytes };
    const signal = new AbortController().signal;
    await expect(deliver(delivery, { ...world, signal, downloads: b.home, onEvent: () => {} })).rejects.toMatchObject({
      code: 'ERR_FILE_DECLINED',
      exitCode: 7,
    });
  });

  it.each([
    ['receiver', 'alice'],
    ['sender', 'bob'],
  ])('that is cancelled by its %s ends on both sides, and nothing of it is left', async (_, who) => {
    const timing = { fileProgressIntervalMs: 0 };
    const doors = new Map<string, TestConversation>();
    const cancel = (event: ConversationEvent, at: TestConversation): void => {
      at.note(event);
      if (event.type !== 'fileProgress' || event.file.direction !== 'in' || event.doneBytes < 4_000_000) return;
      doors.get(who)?.door.files.cancel(who === 'alice' ? 'bob' : 'alice', 'film.bin');
    };
    const a = await meeting.at('a');
    await a.open(alice, { timing, onEvent: (event) => cancel(event, a) });
    const b = await (await meeting.at('b')).open(bob, { who: a.who });
    doors.set('alice', a).set('bob', b);
    await b.event('connected');
    const path = join(b.home, 'film.bin');
    await writeFile(path, Buffer.alloc(64 * 1024 * 1024));
    await b.door.files.send('alice', path);
    const [atA, atB] = [await a.event('fileFailed'), await b.event('fileFailed')];
    expect(atA.error.code).toBe('ERR_CANCELLED');
    expect(atB.error.code).toBe(who === 'bob' ? 'ERR_CANCELLED' : 'ERR_FILE_DECLINED');
    expect(await readdir(join(a.home, 'downloads'))).toEqual([]);
    expect(await b.door.countPending('alice')).toBe(0);
    expect(a.events.filter(({ type }) => type === 'disconnected')).toEqual([]);
  });

  it.each<[string, (path: string) => Promise<void>]>([
    ['is written to', (path) => utimes(path, 1, 1)],
    ['becomes shorter', (path) => truncate(path, 5_000_000)],
  ])('that %s while it is sent fails on both sides, and nothing of it is left', async (_, change) => {
    const a = await meeting.at('a');
    const b = await meeting.at('b');
    const path = join(b.home, 'film.bin');
    let changing: Promise<void> | undefined;
    const onEvent = (event: ConversationEvent): void => {
      a.note(event);
      if (event.type === 'fileProgress' && event.doneBytes >= 4_000_000) changing ??= change(path);
    };
    await a.open(alice, { timing: { fileProgressIntervalMs: 0 }, onEvent });
    await b.open(bob, { who: a.who });
    await b.event('connected');
    await writeFile(path, Buffer.alloc(64 * 1024 * 1024));
    await b.door.files.send('alice', path);
    const [atA, atB] = [await a.event('fileFailed'), await b.event('fileFailed')];
    expect([atA.error.code, atB.error.code]).toEqual(['ERR_FILE_DIGEST', 'ERR_FILE_DIGEST']);
    expect(atB.error.message).toMatch(/changed while it was sent/);
    expect(await readdir(join(a.home, 'downloads'))).toEqual([]);
    expect(await b.door.countPending('alice')).toBe(0);
    await changing;
  });

  it('that is cancelled before it is answered is not asked about any more', async () => {
    const a = await (await meeting.at('a')).open(alice, { decideOffer: () => 'ask' });
    const b = await (await meeting.at('b')).open(bob, { who: a.who });
    const path = join(b.home, 'note.txt');
    await writeFile(path, 'text');
    await b.door.files.send('alice', path);
    await a.event('fileOffered');
    expect(b.door.files.cancel('alice', 'other.txt')).toBe(0);
    expect(b.door.files.cancel('alice')).toBe(1);
    await a.event('fileFailed');
    expect(a.door.files.answer('accept')).toBe(false);
  });

  it('is cancelled by its id, whatever others are called', async () => {
    const a = await (await meeting.at('a')).open(alice, { decideOffer: () => 'ask' });
    const b = await (await meeting.at('b')).open(bob, { who: a.who });
    const path = join(b.home, 'note.txt');
    await writeFile(path, 'text');
    await b.door.files.send('alice', path);
    const { file } = await a.event('fileOffered');
    await b.door.files.send('alice', path);
    const { file: other } = await a.event('fileOffered', (event) => event.file.id !== file.id);
    expect(a.door.files.cancel('bob', file.id)).toBe(1);
    expect(a.door.files.answer('accept', file.id)).toBe(false);
    expect(a.door.files.answer('accept', other.id)).toBe(true);
    await a.event('fileDone');
  });

  it('that is cancelled while its receiver is away is not sent later', async () => {
    const b = await (await meeting.at('b')).open(bob);
    const path = join(b.home, 'note.txt');
    await writeFile(path, 'text');
    await b.door.files.send('alice', path);
    expect(b.door.files.cancel('alice', 'note.txt')).toBe(1);
    await b.event('fileFailed');
    expect(await b.door.countPending('alice')).toBe(0);
    await b.door.close();
    const again = await (await meeting.at('b')).open(bob);
    expect(await again.door.countPending('alice')).toBe(0);
  });

  it('that waits for its receiver goes out after a restart of the sender', async () => {
    const b = await (await meeting.at('b')).open(bob);
    const path = join(b.home, 'note.txt');
    await writeFile(path, 'text');
    await b.door.files.send('alice', path);
    await b.door.close();
    const a = await (await meeting.at('a')).open(alice);
    await (await meeting.at('b')).open(bob, { who: a.who });
    expect((await a.event('fileDone')).file.name).toBe('note.txt');
  });

  it('is refused where there is none, before anything is sent', async () => {
    const a = await (await meeting.at('a')).open(alice);
    await expect(a.door.files.send('bob', join(a.home, 'nowhere'))).rejects.toMatchObject({
      code: 'ERR_STORE_NOT_FOUND',
    });
  });
});

describe('the door for file connections', () => {
  const id = 'ab'.repeat(16);
  const other = 'cd'.repeat(16);
  let door: FileDoor;
  let listener: PeerListener;
  let admitted: (result: Promise<boolean>) => void;
  let arrived: (connection: PeerConnection) => void;

  beforeEach(async () => {
    door = new FileDoor();
    const onPeer = (connection: PeerConnection): void => {
      if (connection.protocol === fileProtocol) admitted(door.admit(connection).then(() => true, isRefusal));
      else arrived(connection);
    };
    const clock = (): Date => new Date();
    listener = await listenForPeers({ identity: alice, host: '127.0.0.1', ports: [0], clock, onPeer });
  });

  afterEach(() => listener.close());

  async function dial(identity: Identity, protocol: PeerProtocol): Promise<PeerConnection> {
    const signal = new AbortController().signal;
    return dialPeer(listener.address, { identity, protocol, clock: () => new Date(), signal });
  }

  /** Both ends of a control session. */
  async function control(identity: Identity): Promise<{ near: PeerConnection; far: PeerConnection }> {
    const far = new Promise<PeerConnection>((resolve) => {
      arrived = resolve;
    });
    return { near: await dial(identity, controlProtocol), far: await far };
  }

  /** Shows `opening` at the door; tells whether it was let in. */
  async function show(identity: Identity, opening: Buffer): Promise<boolean> {
    const result = new Promise<boolean>((resolve) => {
      admitted = (promise) => void promise.then(resolve);
    });
    const { socket } = await dial(identity, fileProtocol);
    socket.resume();
    socket.write(opening.subarray(0, 7));
    socket.end(opening.subarray(7));
    return result;
  }

  function isRefusal(error: unknown): boolean {
    if (isQTChatError(error, 'ERR_PEER_REFUSED')) return false;
    throw error;
  }

  function expectFile(far: PeerConnection): { stream: Promise<Duplex>; stop: () => void } {
    const controller = new AbortController();
    const stream = door.expect(id, fileToken(far.socket, id), far.peer.spkiSha256, controller.signal);
    stream.catch(() => {});
    return { stream, stop: () => controller.abort(new Error('over')) };
  }

  const opening = (connection: PeerConnection, transfer = id): Buffer =>
    Buffer.concat([fileToken(connection.socket, transfer), Buffer.from(transfer, 'hex')]);

  it('opens to the token of the session, once', async () => {
    const { near, far } = await control(bob);
    const { stream } = expectFile(far);
    expect(await show(bob, opening(near))).toBe(true);
    await stream;
    expect(await show(bob, opening(near))).toBe(false);
  });

  it.each<[string, (near: PeerConnection, elsewhere: PeerConnection) => Buffer]>([
    ['a token of another session', (_, elsewhere) => opening(elsewhere)],
    ['a token of another transfer', (near) => Buffer.concat([fileToken(near.socket, other), Buffer.from(id, 'hex')])],
    ['a transfer nobody agreed on', (near) => opening(near, other)],
    ['an altered token', (near) => opening(near).map((octet, index) => (index === 0 ? octet ^ 1 : octet)) as Buffer],
    ['half a token', (near) => opening(near).subarray(0, 20)],
  ])('stays shut to %s', async (_, make) => {
    const { near, far } = await control(bob);
    const { near: elsewhere } = await control(bob);
    const { stop } = expectFile(far);
    expect(await show(bob, Buffer.from(make(near, elsewhere)))).toBe(false);
    stop();
  });

  it('stays shut to another member who has learnt the token, and open for the right one', async () => {
    const { near, far } = await control(bob);
    const { stream } = expectFile(far);
    const carol = await makeIdentity(circle, { member: 'carol' });
    expect(await show(carol, opening(near))).toBe(false);
    expect(await show(bob, opening(near))).toBe(true);
    await stream;
  });

  it('keeps the files of two members apart that chose one id', async () => {
    const { near, far } = await control(bob);
    const other = await control(await makeIdentity(circle, { member: 'carol' }));
    const { stream } = expectFile(far);
    const { stop } = expectFile(other.far);
    expect(await show(bob, opening(near))).toBe(true);
    await stream;
    stop();
  });

  it('spends a token that was guessed wrong', async () => {
    const { near, far } = await control(bob);
    const { stop } = expectFile(far);
    const wrong = Buffer.concat([Buffer.alloc(32), Buffer.from(id, 'hex')]);
    expect(await show(bob, wrong)).toBe(false);
    expect(await show(bob, opening(near))).toBe(false);
    stop();
  });
});
