/** Files that are paused, that pass others, and of which somebody waits for a part. */
import { randomBytes } from 'node:crypto';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { ConversationEvent } from '../../src/conversation/events.js';
import { layoutOf } from '../../src/protocol/file-chunks.js';
import { contentLength, encodeRange, type FileRange } from '../../src/protocol/file-stream.js';
import { speakAs } from '../../src/store/home.js';
import { type Identity, saveIdentity } from '../../src/store/identities.js';
import { makeCircle } from '../helpers/certificates.js';
import { Meeting, type TestConversation } from '../helpers/conversations.js';
import { makeIdentity } from '../helpers/identity.js';
import { makeOffer, RogueMember } from '../helpers/rogue-files.js';
import { runCommand } from '../helpers/run-command.js';

const MiB = 1024 * 1024;
const content = randomBytes(48 * MiB);
const meeting = new Meeting();
const rogues: RogueMember[] = [];
const timing = { fileProgressIntervalMs: 0 };
let alice: Identity;
let bob: Identity;

beforeAll(async () => {
  const circle = await makeCircle();
  alice = await makeIdentity(circle, { member: 'alice', ips: ['127.0.0.1'] });
  bob = await makeIdentity(circle, { member: 'bob' });
});

afterEach(async () => {
  for (const rogue of rogues.splice(0)) rogue.end();
  await meeting.end();
});

/** Alice, and Bob who keeps no rules. */
async function meetRogue(): Promise<{ a: TestConversation; rogue: RogueMember }> {
  const a = await (await meeting.at('a')).open(alice, { timing });
  const rogue = new RogueMember(a.door.listeningPort ?? 0, bob);
  rogues.push(rogue);
  await a.event('connected');
  return { a, rogue };
}

async function fileOf(at: TestConversation, name = 'film.bin', octets = content): Promise<string> {
  await mkdir(at.home, { recursive: true });
  await writeFile(join(at.home, name), octets);
  return join(at.home, name);
}

describe('a file that is paused', () => {
  it.each([
    ['sender', 'out'],
    ['receiver', 'in'],
  ] as const)('by its %s goes on when that side lets it, and arrives whole', async (_, direction) => {
    const [a, b] = [await meeting.at('a'), await meeting.at('b')];
    const pauser = direction === 'out' ? b : a;
    const other = direction === 'out' ? a : b;
    const members = new Map([
      [a, 'bob'],
      [b, 'alice'],
    ]);
    let hasPaused = false;
    const pauseOnce = (event: ConversationEvent): void => {
      pauser.note(event);
      if (hasPaused || event.type !== 'fileProgress' || event.doneBytes < 4 * MiB) return;
      hasPaused = true;
      expect(pauser.door.files.pause(members.get(pauser) ?? '', true, 'film.bin')).toBe(1);
    };
    for (const [at, identity, how] of [
      [a, alice, {}],
      [
        b,
        bob,
        {
          get who() {
            return a.who;
          },
        },
      ],
    ] as const) {
      const onEvent = (event: ConversationEvent): void => (at === pauser ? pauseOnce(event) : at.note(event));
      await at.open(identity, { timing, onEvent, ...how });
    }
    await b.event('connected');
    await b.door.files.send('alice', await fileOf(b));
    expect((await pauser.event('filePaused')).by).toBe('self');
    expect((await other.event('filePaused')).by).toBe('peer');
    // The other side cannot end a pause that is not its own.
    other.door.files.pause(members.get(other) ?? '', false);
    expect(pauser.events.filter(({ type }) => type === 'fileResumed' || type === 'fileDone')).toEqual([]);
    pauser.door.files.pause(members.get(pauser) ?? '', false);
    expect((await other.event('fileResumed')).by).toBe('peer');
    const { path = '' } = await a.event('fileDone');
    expect((await readFile(path)).equals(content)).toBe(true);
    await b.event('fileDone');
  });

  it('by us is not asked for, and asked for to its end when it goes on', async () => {
    const { a, rogue } = await meetRogue();
    const asked: FileRange[] = [];
    const held: (() => void)[] = [];
    const file = await makeOffer('film.bin', content);
    const stream = await rogue.serve(file, (range, right) => {
      asked.push(range);
      if (asked.length === 1) a.door.files.pause('bob', true);
      held.push(() => stream.write(right));
      return undefined;
    });
    await rogue.hears('file-pause');
    const before = asked.length;
    for (const answer of held.splice(0)) answer();
    const layout = layoutOf(content.length);
    const bytesOf = (ranges: readonly FileRange[]): number =>
      ranges.reduce((sum, range) => sum + contentLength(layout, range), 0);
    const askedBytes = bytesOf(asked);
    await a.event('fileProgress', ({ doneBytes }) => doneBytes === askedBytes);
    expect(asked).toHaveLength(before);
    rogue.say({ type: 'file-resume', id: file.offer.id });
    rogue.say({ type: 'ping' });
    await rogue.hears('pong');
    expect(asked).toHaveLength(before);
    const answering = setInterval(() => {
      for (const answer of held.splice(0)) answer();
    }, 1);
    a.door.files.pause('bob', false);
    await rogue.hears('file-resume');
    await a.event('fileDone');
    clearInterval(answering);
    expect(bytesOf(asked)).toBe(content.length);
  });

  it('by us is not given to one who asks for it all the same', async () => {
    const { a, rogue } = await meetRogue();
    await a.door.files.send('bob', await fileOf(a));
    const { id } = await rogue.hears('file-offer');
    a.door.files.pause('bob', true);
    rogue.say({ type: 'file-accept', id, doneBytes: 0 });
    await rogue.hears('file-pause');
    await rogue.hears('file-ready');
    let received = 0;
    const stream = rogue.openStream(id).on('data', (octets: Buffer) => {
      received += octets.length;
    });
    stream.write(encodeRange({ kind: 'chunks', first: 0, count: 4 }));
    await a.event('fileStarted');
    rogue.say({ type: 'ping' });
    await rogue.hears('pong');
    expect(received).toBe(0);
    a.door.files.pause('bob', false);
    await rogue.hears('file-resume');
    await a.event('fileProgress', ({ doneBytes }) => doneBytes === MiB);
  });

  it('by its receiver is said to whoever sends it with send', async () => {
    const a = await meeting.at('a');
    const pauseOnce = (event: ConversationEvent): void => {
      a.note(event);
      if (event.type !== 'fileStarted') return;
      a.door.files.pause('bob', true);
      setImmediate(() => a.door.files.pause('bob', false));
    };
    await a.open(alice, { onEvent: pauseOnce });
    const b = await meeting.at('b');
    const path = await fileOf(b);
    await saveIdentity({ folder: b.home }, bob, { replace: false });
    await speakAs({ folder: b.home }, 'bob');
    const sent = await runCommand(['send', a.who, '--file', path], { home: b.home });
    expect(sent.exitCode).toBe(0);
    expect(sent.stderr).toMatch(/^film\.bin is paused by alice\nfilm\.bin goes on$/m);
  });

  it('is still paused when it goes on after a break, and does not keep others from moving', async () => {
    const a = await (await meeting.at('a')).open(alice, { timing });
    const b = await meeting.at('b');
    const names = ['1.bin', '2.bin', '3.bin', '4.bin'];
    const paths = await Promise.all(names.map((name) => fileOf(b, name, content.subarray(0, 6 * MiB))));
    let isPausing = true;
    const onEvent = (event: ConversationEvent): void => {
      b.note(event);
      if (isPausing && event.type === 'fileStarted') expect(b.door.files.pause('alice', true, event.file.name)).toBe(1);
    };
    await b.open(bob, { who: a.who, timing, onEvent });
    await b.event('connected');
    for (const path of paths) await b.door.files.send('alice', path);
    for (const name of names) await a.event('filePaused', ({ file }) => file.name === name);
    isPausing = false;
    await a.door.close();
    await b.event('fileInterrupted');
    const again = await (await meeting.at('a')).open(alice, { who: b.who, confirmPeer: async () => true, timing });
    for (const name of names) await again.event('filePaused', ({ file }) => file.name === name);
    await b.door.files.send('alice', await fileOf(b, '5.bin', content.subarray(0, 6 * MiB)));
    await again.event('fileDone', ({ file }) => file.name === '5.bin');
    expect(again.events.filter(({ type }) => type === 'fileDone')).toHaveLength(1);
    b.door.files.pause('alice', false);
    for (const name of names) await again.event('fileDone', ({ file }) => file.name === name);
    expect((await readdir(join(again.home, 'downloads'))).sort()).toEqual([...names, '5.bin']);
  });
});

describe('several files at once', () => {
  it('a short one passes as many long ones as may move', async () => {
    const a = await (await meeting.at('a')).open(alice);
    const b = await (await meeting.at('b')).open(bob, { who: a.who });
    await b.event('connected');
    const long = ['1.bin', '2.bin', '3.bin', '4.bin', '5.bin', '6.bin'];
    const paths = await Promise.all(long.map((name) => fileOf(b, name, content.subarray(0, 24 * MiB))));
    const short = await fileOf(b, 'note.txt', Buffer.from('read me first'));
    for (const path of [...paths, short]) await b.door.files.send('alice', path);
    for (const name of long) await a.event('fileDone', ({ file }) => file.name === name);
    const done = a.events.filter(({ type }) => type === 'fileDone') as { file: { name: string } }[];
    const names = done.map(({ file }) => file.name);
    // The last of the long ones cannot begin before two others have ended.
    expect(names.indexOf('note.txt')).toBeLessThan(names.indexOf('6.bin'));
  });
});
