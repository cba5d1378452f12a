/** Members that behave as no member should, and circumstances nobody wishes for, on real sockets. */
import { spawnSync } from 'node:child_process';
import { randomBytes, randomUUID } from 'node:crypto';
import { utimesSync } from 'node:fs';
import { mkdir, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { deliver } from '../../src/conversation/deliver.js';
import type { Message } from '../../src/protocol/messages.js';
import type { Identity } from '../../src/store/identities.js';
import { fileToken } from '../../src/transport/exporter.js';
import { fileProtocol } from '../../src/transport/tls-options.js';
import { makeCircle, type TestCircle } from '../helpers/certificates.js';
import { Meeting, type TestConversation } from '../helpers/conversations.js';
import { makeIdentity } from '../helpers/identity.js';
import { dialBare, frameOf, goodHello, Rogue } from '../helpers/rogue.js';

const meeting = new Meeting();
const rogues: Rogue[] = [];
let circle: TestCircle;
let alice: Identity;
let bob: Identity;
let mallory: Identity;

beforeAll(async () => {
  circle = await makeCircle();
  alice = await makeIdentity(circle, { member: 'alice', ips: ['127.0.0.1'] });
  bob = await makeIdentity(circle, { member: 'bob' });
  mallory = await makeIdentity(circle, { member: 'mallory' });
});

afterEach(async () => {
  for (const rogue of rogues.splice(0)) rogue.socket.destroy();
  await meeting.end();
});

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

function rogueAt(at: TestConversation, identity: Identity, answers?: (message: Message) => Message[]): Rogue {
  const rogue = new Rogue(dialBare(at.door.listeningPort ?? 0, identity), identity, answers);
  rogues.push(rogue);
  return rogue;
}

const world = (at: TestConversation, identity: Identity) => ({
  home: { folder: at.home },
  identity,
  clock: () => new Date(),
  random: randomBytes,
  signal: new AbortController().signal,
  downloads: at.home,
  onEvent: () => {},
});

describe('a member', () => {
  it('that says goodbye and stays does not keep us from leaving', async () => {
    const timing = { closeTimeoutMs: 200 };
    const a = await (await meeting.at('a')).open(alice, { timing });
    const rogue = rogueAt(a, mallory);
    rogue.say(goodHello, { type: 'bye', reason: 'done' });
    const pings = setInterval(() => rogue.say({ type: 'ping' }), 50);
    try {
      await a.event('connected');
      expect((await a.event('disconnected')).reason).toBe('left');
      await a.door.close();
    } finally {
      clearInterval(pings);
    }
  });

  it('that takes a file and never says that it has it is given up', async () => {
    const a = await (await meeting.at('a')).open(alice, { timing: { fileReceiverTimeoutMs: 200 } });
    const tokens = new Map<string, Buffer>();
    const rogue = rogueAt(a, mallory, (message) => {
      if (message.type !== 'file-offer') return [];
      tokens.set(message.id, fileToken(rogue.socket, message.id));
      return [{ type: 'file-accept', id: message.id, doneBytes: 0 }];
    });
    rogue.say(goodHello);
    await a.event('connected');
    const path = join(a.home, 'note.txt');
    await writeFile(path, 'a note');
    await a.door.files.send('mallory', path);
    await rogue.hears('file-ready');
    const [[id, token] = ['', Buffer.alloc(0)]] = tokens;
    const stream = dialBare(a.door.listeningPort ?? 0, mallory, { ALPNProtocols: [fileProtocol] });
    stream.write(Buffer.concat([token, Buffer.from(id, 'hex')]));
    stream.resume();
    expect((await a.event('fileInterrupted')).error.message).toMatch(/nothing moved/);
    stream.destroy();
  });

  it('that offers thousands of files is asked for four, and fills neither memory nor screen', async () => {
    const a = await (await meeting.at('a')).open(alice, { decideOffer: () => 'ask' });
    const rogue = rogueAt(a, mallory);
    rogue.say(goodHello);
    for (let one = 0; one < 3_000; one += 1) {
      const id = one.toString(16).padStart(32, '0');
      rogue.say({ type: 'file-offer', id, name: `${one}.txt`, sizeBytes: 1, version: Buffer.alloc(32) });
    }
    await rogue.hears('file-decline', 3_000 - 64);
    expect(a.events.filter(({ type }) => type === 'fileOffered')).toHaveLength(64);
    expect(a.events.filter(({ type }) => type === 'fileDeclined')).toEqual([]);
    while (a.door.files.answer('accept'));
    await rogue.hears('file-accept', 4);
    expect(rogue.heard.filter(({ type }) => type === 'file-accept')).toHaveLength(4);
  });

  it('that pings by the thousand, or has read one message a thousand times, is answered and noted once for many', async () => {
    const a = await (await meeting.at('a')).open(alice);
    const rogue = rogueAt(a, mallory);
    rogue.say(goodHello);
    await a.event('connected');
    await a.door.messages.send('mallory', 'one');
    await rogue.hears('text');
    const marks: Message[] = [{ type: 'delivered', sequence: 1 }, { type: 'read', sequence: 1 }, { type: 'ping' }];
    rogue.write(Buffer.concat(Array.from({ length: 1_000 }, () => marks.map(frameOf)).flat()));
    rogue.say({ type: 'text', id: randomUUID(), sequence: 1, sentAt: 0, text: 'the end' });
    await rogue.hears('delivered');
    expect(rogue.heard.filter(({ type }) => type === 'pong').length).toBeLessThan(100);
    expect(a.events.filter(({ type }) => type === 'delivered' || type === 'read')).toHaveLength(2);
  });

  it('has at most sixteen sessions, and leaves room for others', async () => {
    const a = await (await meeting.at('a')).open(alice);
    const one = (): Rogue => rogueAt(a, mallory);
    const all = Array.from({ length: 24 }, (_, index) => ({ rogue: one(), session: index }));
    for (const { rogue, session } of all) rogue.say({ ...goodHello, session: session.toString(16).padStart(32, '0') });
    const left = () => all.filter(({ rogue }) => !rogue.socket.destroyed);
    while (left().length > 16) await new Promise((resolve) => setTimeout(resolve, 20));
    await Promise.all(left().map(({ rogue }) => rogue.hears('hello')));
    expect(left()).toHaveLength(16);
    await a.event('refused', ({ error }) => error.message === '"mallory" has too many sessions');
    const b = await (await meeting.at('b')).open(bob, { who: a.who });
    await b.event('connected');
  });

  it('that calls from the host we dial is not taken for the one who was meant', async () => {
    const nobody = `127.0.0.1:${await freePort()}`;
    const a = await (await meeting.at('a')).open(alice, { who: nobody });
    const rogue = rogueAt(a, mallory);
    rogue.say(goodHello);
    await a.event('connected');
    expect(a.door.targetMember).toBeUndefined();
    expect(a.events.filter(({ type }) => type === 'target')).toEqual([]);
  });

  it('is shown once a minute while it is refused, with its address', async () => {
    const a = await (await meeting.at('a')).open(alice);
    const stranger = await makeIdentity(await makeCircle(), { member: 'stranger' });
    for (let attempt = 0; attempt < 10; attempt += 1) {
      const { socket } = rogueAt(a, { ...stranger, trustAnchor: alice.trustAnchor });
      await new Promise((resolve) => socket.once('close', resolve));
    }
    await a.event('refused');
    const refusals = a.events.filter(({ type }) => type === 'refused');
    expect(refusals).toMatchObject([{ host: '127.0.0.1', count: 1 }]);
  });
});

describe('a session', () => {
  it('that ends at once every time is not dialled in a tight loop', async () => {
    const a = await (await meeting.at('a')).open(alice, { timing: { silenceTimeoutMs: 1 } });
    const b = await (await meeting.at('b')).open(bob, { who: a.who });
    await b.event('disconnected');
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    expect(b.events.filter(({ type }) => type === 'disconnected').length).toBeLessThanOrEqual(4);
  });

  it('that fails for a reason of ours is not taken for a changed key', async () => {
    const events: string[] = [];
    const onEvent = ({ type }: { type: string }): void => {
      events.push(type);
      if (type === 'connected') throw new Error('unforeseen');
    };
    const a = await (await meeting.at('a')).open(alice, { onEvent });
    const rogue = rogueAt(a, mallory);
    rogue.say(goodHello);
    await new Promise((resolve) => rogue.socket.once('close', resolve));
    expect(rogue.heard.map(({ type }) => type)).not.toContain('bye');
    expect(events).toContain('stopped');
  });
});

describe('a text', () => {
  it.each([
    ['of nothing', ''],
    ['of more than 64 KiB', 'ř'.repeat(33_000)],
  ])('%s is refused before it blocks all that follow', async (_, text) => {
    const a = await (await meeting.at('a')).open(alice);
    const b = await (await meeting.at('b')).open(bob, { who: a.who });
    await b.event('connected');
    await expect(b.door.messages.send('alice', text)).rejects.toMatchObject({ code: 'ERR_USAGE' });
    await b.door.messages.send('alice', 'fine');
    expect((await a.event('message')).text).toBe('fine');
    const delivery = { who: a.who, text, files: [], timeoutMs: 5_000 };
    await expect(deliver(delivery, world(b, bob))).rejects.toMatchObject({ code: 'ERR_USAGE' });
  });
});

describe('files', () => {
  it('that vanished while they waited fail alone', async () => {
    const a = await meeting.at('a');
    const b = await (await meeting.at('b')).open(bob);
    const [gone, there] = [join(b.home, 'gone.txt'), join(b.home, 'there.txt')];
    await writeFile(gone, 'x');
    await writeFile(there, 'y');
    await b.door.files.send('alice', gone);
    await b.door.files.send('alice', there);
    await rm(gone);
    await a.open(alice, { who: b.who, confirmPeer: async () => true });
    await b.event('connected');
    expect((await a.event('fileDone')).file.name).toBe('there.txt');
    const { file, error } = await b.event('fileFailed');
    expect([file.name, error.code]).toEqual(['gone.txt', 'ERR_STORE_NOT_FOUND']);
    expect(b.events.filter(({ type }) => type === 'disconnected')).toEqual([]);
    await b.event('fileDone');
    expect(await b.door.countPending('alice')).toBe(0);
  });

  it('of which one fails while several are sent are told apart', async () => {
    const a = await (await meeting.at('a')).open(alice);
    const at = await meeting.at('b');
    await mkdir(at.home, { recursive: true });
    const files = ['note.txt', 'film.bin'].map((name) => join(at.home, name));
    for (const path of files) await writeFile(path, path);
    const delivery = deliver(
      { who: a.who, files, timeoutMs: 60_000 },
      {
        ...world(at, bob),
        onEvent: (event) => {
          if (event.type === 'fileStarted' && event.file.name === 'film.bin') utimesSync(files[1] ?? '', 1, 1);
        },
      },
    );
    await expect(delivery).rejects.toMatchObject({
      code: 'ERR_FILE_DIGEST',
      message: '"film.bin": it was changed while it was sent',
      hint: 'Send it again',
    });
  });

  it('that wait count as pending at every moment, so that nobody leaves before they are sent', async () => {
    const a = await meeting.at('a');
    const b = await meeting.at('b');
    const counts: Promise<number>[] = [];
    await b.open(bob, {
      onEvent: (event) => {
        b.events.push(event);
        if (event.type === 'connected') counts.push(b.door.countPending('alice'));
      },
    });
    await writeFile(join(b.home, 'note.txt'), 'x');
    await b.door.files.send('alice', join(b.home, 'note.txt'));
    await a.open(alice, { who: b.who, confirmPeer: async () => true });
    await a.event('fileDone');
    expect(await Promise.all(counts)).toEqual([1]);
  });

  it('by the hundred all arrive, whoever dialled', async () => {
    const a = await meeting.at('a');
    const b = await (await meeting.at('b')).open(bob);
    const names = Array.from({ length: 100 }, (_, index) => `file-${index}.bin`);
    for (const name of names) {
      await writeFile(join(b.home, name), randomBytes(20_000));
      await b.door.files.send('alice', join(b.home, name));
    }
    await a.open(alice, { who: b.who, confirmPeer: async () => true });
    await b.event('connected');
    while ((await b.door.countPending('alice')) > 0) await new Promise((resolve) => setTimeout(resolve, 50));
    const bad = [...a.events, ...b.events].filter(({ type }) => type === 'fileFailed' || type === 'fileDeclined');
    expect(bad).toEqual([]);
    for (const name of names) {
      const arrived = await readFile(join(a.home, 'downloads', name));
      expect(arrived.equals(await readFile(join(b.home, name)))).toBe(true);
    }
    expect(await readdir(join(a.home, 'downloads'))).toHaveLength(100);
    // Each file is flushed to the disk.
  }, 60_000);

  it('are plain ones: a pipe is refused at once, though nobody writes into it', async () => {
    const a = await (await meeting.at('a')).open(alice);
    const pipe = join(a.home, 'pipe');
    expect(spawnSync('mkfifo', [pipe]).status).toBe(0);
    await expect(a.door.files.send('bob', pipe)).rejects.toMatchObject({ code: 'ERR_STORE_UNREADABLE' });
  });

  it('that a killed process left unfinished are swept away, and nothing else', async () => {
    const a = await meeting.at('a');
    const downloads = join(a.home, 'downloads');
    await mkdir(downloads, { recursive: true });
    const [old, young, own] = ['film.0123456789abcdef.part', 'song.0123456789abcdef.part', 'notes.part'];
    for (const name of [old, young, own]) await writeFile(join(downloads, name), 'half');
    const before = new Date(Date.now() - 11 * 60_000);
    for (const name of [old, own]) await utimes(join(downloads, name), before, before);
    await a.open(alice);
    const b = await (await meeting.at('b')).open(bob, { who: a.who });
    await b.event('connected');
    await writeFile(join(b.home, 'new.txt'), 'x');
    await b.door.files.send('alice', join(b.home, 'new.txt'));
    await a.event('fileDone');
    expect((await readdir(downloads)).sort()).toEqual(['new.txt', own, young].sort());
  });
});
