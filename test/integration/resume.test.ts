/** Files that break off and go on: over broken connections, restarts of either side, and other addresses. */
import { randomBytes } from 'node:crypto';
import { mkdir, readdir, readFile, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { deliver } from '../../src/conversation/deliver.js';
import type { ConversationEvent } from '../../src/conversation/events.js';
import type { ConversationOptions } from '../../src/conversation/options.js';
import type { Identity } from '../../src/store/identities.js';
import { makeCircle } from '../helpers/certificates.js';
import { Meeting, type TestConversation } from '../helpers/conversations.js';
import { makeIdentity } from '../helpers/identity.js';
import { Switchboard } from '../helpers/switchboard.js';

const MiB = 1024 * 1024;
const content = randomBytes(48 * MiB);
const meeting = new Meeting();
const boards: Switchboard[] = [];
let alice: Identity;
let bob: Identity;

beforeAll(async () => {
  const circle = await makeCircle();
  alice = await makeIdentity(circle, { member: 'alice', ips: ['127.0.0.1'] });
  bob = await makeIdentity(circle, { member: 'bob', ips: ['127.0.0.1'] });
});

afterEach(async () => {
  await meeting.end();
  for (const board of boards.splice(0)) await board.stop();
});

async function switchboard(): Promise<Switchboard> {
  const board = await Switchboard.start();
  boards.push(board);
  return board;
}

/** Opens a conversation that calls `onEnough` once, when it has received 4 MiB of a file. */
async function openReceiver(
  at: TestConversation,
  identity: Identity,
  onEnough: () => void,
  options: Partial<ConversationOptions> = {},
): Promise<TestConversation> {
  let isEnough = false;
  const wake = (event: ConversationEvent): void => {
    at.note(event);
    if (isEnough || event.type !== 'fileProgress' || event.doneBytes < 4 * MiB) return;
    isEnough = true;
    onEnough();
  };
  return at.open(identity, { timing: { fileProgressIntervalMs: 0 }, ...options, onEvent: wake });
}

async function fileOf(at: TestConversation): Promise<string> {
  await mkdir(at.home, { recursive: true });
  await writeFile(join(at.home, 'film.bin'), content);
  return join(at.home, 'film.bin');
}

/** Lets alice receive a part of bob's file, then ends alice's conversation. Returns bob, who still offers it. */
async function breakOff(): Promise<TestConversation> {
  const a = await meeting.at('a');
  let onEnough = (): void => {};
  const enough = new Promise<void>((resolve) => {
    onEnough = resolve;
  });
  await openReceiver(a, alice, onEnough);
  const b = await meeting.at('b');
  const path = await fileOf(b);
  await b.open(bob, { who: a.who });
  await b.event('connected');
  await b.door.files.send('alice', path);
  await enough;
  await a.door.close();
  await b.event('fileInterrupted');
  return b;
}

async function unfinishedIn(home: string): Promise<string> {
  const [part = '', map] = (await readdir(join(home, 'downloads'))).sort();
  expect([part.endsWith('.part'), map]).toEqual([true, `${part}.map`]);
  return join(home, 'downloads', part);
}

async function expectWhole(a: TestConversation): Promise<void> {
  const { path = '' } = await a.event('fileDone');
  expect(path).toBe(join(a.home, 'downloads', 'film.bin'));
  expect((await readFile(path)).equals(content)).toBe(true);
  expect(await readdir(join(a.home, 'downloads'))).toEqual(['film.bin']);
}

const confirmPeer = async (): Promise<boolean> => true;

describe('a file', () => {
  it.each([
    ['receiver', 'accept'],
    ['receiver, whose user was asked before', 'ask'],
  ] as const)('goes on by itself when the line breaks, for the %s', async (_, decision) => {
    const board = await switchboard();
    const a = await openReceiver(await meeting.at('a'), alice, () => board.leadNowhere(), {
      decideOffer: () => decision,
    });
    board.leadTo(a.door.listeningPort ?? 0);
    const b = await meeting.at('b');
    const path = await fileOf(b);
    await b.open(bob, { who: `127.0.0.1:${board.port}` });
    await b.event('connected');
    await b.door.files.send('alice', path);
    if (decision === 'ask') {
      await a.event('fileOffered');
      a.door.files.answer('accept');
    }
    const interrupted = await a.event('fileInterrupted');
    expect(interrupted.error.code).toBe('ERR_FILE_INTERRUPTED');
    await b.event('fileInterrupted');
    expect(await b.door.countPending('alice')).toBe(1);
    board.leadTo(a.door.listeningPort ?? 0);
    const resumed = await a.event('fileStarted', ({ file }) => file.id !== interrupted.file.id);
    expect(resumed.doneBytes).toBeGreaterThanOrEqual(4 * MiB);
    await expectWhole(a);
    await b.event('fileDone');
    expect(await b.door.countPending('alice')).toBe(0);
    expect(a.events.filter(({ type }) => type === 'fileOffered')).toHaveLength(decision === 'ask' ? 1 : 0);
  });

  it('goes on after a restart of the receiver, at another address', async () => {
    const b = await breakOff();
    const part = await unfinishedIn(join(b.home, '..', 'a'));
    for (const path of [part, `${part}.map`]) expect((await stat(path)).mode & 0o777).toBe(0o600);
    // Nobody is asked, even where it would be too large: it was taken once.
    const a = await (await meeting.at('a')).open(alice, { who: b.who, confirmPeer, decideOffer: () => 'too-large' });
    expect((await a.event('fileStarted')).doneBytes).toBeGreaterThanOrEqual(4 * MiB);
    await expectWhole(a);
    await b.event('fileDone');
  });

  it('goes on by itself after a restart of both', async () => {
    const b = await breakOff();
    await b.door.close();
    const a = await (await meeting.at('a')).open(alice);
    const again = await (await meeting.at('b')).open(bob, { who: a.who });
    expect((await a.event('fileStarted')).doneBytes).toBeGreaterThanOrEqual(4 * MiB);
    await expectWhole(a);
    await again.event('fileDone');
    await again.door.close();
    // It has arrived: nobody sends it a third time.
    const third = await (await meeting.at('b')).open(bob, { who: a.who });
    await third.event('connected');
    expect(await third.door.countPending('alice')).toBe(0);
  });

  it('goes on when send, which was ended, is called again', async () => {
    const home = await meeting.at('b');
    const path = await fileOf(home);
    const a = await meeting.at('a');
    const stop = new AbortController();
    await openReceiver(a, alice, () => stop.abort());
    const world = {
      home: { folder: home.home },
      identity: bob,
      clock: () => new Date(),
      random: randomBytes,
      downloads: home.home,
      onEvent: () => {},
    };
    const delivery = { who: a.who, files: [path], timeoutMs: 5_000 };
    await expect(deliver(delivery, { ...world, signal: stop.signal })).rejects.toMatchObject({ code: 'ERR_CANCELLED' });
    const { file } = await a.event('fileInterrupted');
    const { signal } = new AbortController();
    expect(await deliver(delivery, { ...world, signal })).toMatchObject({ files: [{ name: 'film.bin' }] });
    const started = await a.event('fileStarted', (event) => event.file.id !== file.id);
    expect(started.doneBytes).toBeGreaterThanOrEqual(4 * MiB);
    await expectWhole(a);
  });

  it('begins anew when it has changed meanwhile, and what there was of the old one is never mixed in', async () => {
    const b = await breakOff();
    const changed = randomBytes(3 * MiB);
    await writeFile(join(b.home, 'film.bin'), changed);
    const a = await (await meeting.at('a')).open(alice, { who: b.who, confirmPeer });
    const { path = '' } = await a.event('fileDone');
    expect((await a.event('fileStarted')).doneBytes).toBe(0);
    expect((await readFile(path)).equals(changed)).toBe(true);
  });

  it('of another name, or from another member, is not taken for the one that broke off', async () => {
    const b = await breakOff();
    b.door.files.cancel('alice');
    await b.door.close();
    await writeFile(join(b.home, 'other.bin'), content);
    const a = await (await meeting.at('a')).open(alice);
    const again = await (await meeting.at('b')).open(bob, { who: a.who });
    await again.event('connected');
    await again.door.files.send('alice', join(b.home, 'other.bin'));
    expect((await a.event('fileStarted')).doneBytes).toBe(0);
    await a.event('fileDone');
  });
});

describe('a file that waits for its receiver', () => {
  it('is cancelled by the id that it was told of with, and is told of as the same file', async () => {
    const b = await breakOff();
    const { file } = await b.event('fileInterrupted');
    expect(b.door.files.cancel('alice', 'ab'.repeat(16))).toBe(0);
    expect(b.door.files.cancel('alice', file.id)).toBe(1);
    expect((await b.event('fileFailed')).file).toEqual(file);
    expect(await b.door.countPending('alice')).toBe(0);
  });
});

describe('what is there of a file', () => {
  it('is compared before it is believed', async () => {
    const b = await breakOff();
    const part = await unfinishedIn(join(b.home, '..', 'a'));
    const before = await readFile(part);
    await writeFile(part, before.fill(0, 0, MiB));
    const a = await (await meeting.at('a')).open(alice, { who: b.who, confirmPeer });
    expect((await a.event('fileStarted')).doneBytes).toBeGreaterThanOrEqual(3 * MiB);
    await expectWhole(a);
  });

  it.each<[string, (part: string) => Promise<void>]>([
    ['the map is damaged', (part) => writeFile(`${part}.map`, 'nonsense')],
    ['the map is gone', (part) => rm(`${part}.map`)],
    ['the file is gone', (part) => rm(part)],
    [
      'the file has become a link to something else',
      async (part) => {
        await writeFile(`${part}.victim`, 'precious');
        await rm(part);
        await symlink(`${part}.victim`, part);
      },
    ],
  ])('is left alone where %s, and the file begins anew', async (_, spoil) => {
    const b = await breakOff();
    const part = await unfinishedIn(join(b.home, '..', 'a'));
    await spoil(part);
    const a = await (await meeting.at('a')).open(alice, { who: b.who, confirmPeer });
    const { path = '' } = await a.event('fileDone');
    expect((await a.event('fileStarted')).doneBytes).toBe(0);
    expect((await readFile(path)).equals(content)).toBe(true);
    expect(await readFile(`${part}.victim`, 'utf8').catch(() => 'precious')).toBe('precious');
  });

  it('is swept away after a week, and not before', async () => {
    const b = await breakOff();
    b.door.files.cancel('alice');
    await b.door.close();
    const part = await unfinishedIn(join(b.home, '..', 'a'));
    const daysAgo = (days: number): Date => new Date(Date.now() - days * 24 * 60 * 60_000);
    for (const [days, isThere] of [
      [6, true],
      [8, false],
    ] as const) {
      for (const path of [part, `${part}.map`]) await utimes(path, daysAgo(days), daysAgo(days));
      const a = await (await meeting.at('a')).open(alice);
      const again = await (await meeting.at('b')).open(bob, { who: a.who });
      await again.event('connected');
      await writeFile(join(b.home, 'note.txt'), 'x');
      await again.door.files.send('alice', join(b.home, 'note.txt'));
      await a.event('fileDone');
      await again.door.close();
      await a.door.close();
      const names = await readdir(join(a.home, 'downloads'));
      expect(names.some((name) => name.endsWith('.part') || name.endsWith('.map'))).toBe(isThere);
    }
  });
});
