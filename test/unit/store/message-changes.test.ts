/** Who may change what, and what is left of it on disk. */
import { randomBytes, randomUUID } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { sql } from 'kysely';
import { type ConversationDatabase, openConversationStore } from '../../../src/store/conversation-store.js';
import { type HistoryEntry, lastEntries, readHistory } from '../../../src/store/history.js';
import { openHomeKey, type RecordCipher } from '../../../src/store/home-key.js';
import type { Change } from '../../../src/store/message-record.js';
import { MessageStore } from '../../../src/store/messages.js';
import { queueOne, receiveOne, tryToQueue } from '../../helpers/one-message.js';

const key = { circleId: 'a'.repeat(26), self: 'alice', peer: 'bob' };
const epoch = 'ee'.repeat(16);
const sentAt = new Date(5_000);
let home: { folder: string };
let database: ConversationDatabase;
let cipher: RecordCipher;
let store: MessageStore;
let received = 0;

beforeEach(async () => {
  home = { folder: await mkdtemp(join(tmpdir(), 'qtchat-changes-')) };
  database = await openConversationStore(home);
  cipher = await openHomeKey(home, { random: randomBytes });
  store = new MessageStore(database, cipher, key);
  received = 0;
});

afterEach(async () => {
  await database.destroy();
  await rm(home.folder, { recursive: true, force: true });
});

const place = () => ({ database, cipher, key });

async function theirs(text: string, id: string = randomUUID()): Promise<string> {
  received += 1;
  await receiveOne(store, epoch, { id, sequence: received, sentAt, kind: 'text', text });
  return id;
}

const ours = async (text: string): Promise<string> =>
  (await queueOne(store, { id: randomUUID(), sentAt, kind: 'text', text })).id;

/** The peer wants something changed. */
function theyWant(change: Change): Promise<string> {
  received += 1;
  return receiveOne(store, epoch, { id: randomUUID(), sequence: received, sentAt: new Date(9_000), ...change });
}

const weWant = (change: Change) => tryToQueue(store, { id: randomUUID(), sentAt, ...change });

async function entry(id: string): Promise<HistoryEntry | undefined> {
  for await (const one of readHistory(place())) if (one.id === id) return one;
  return undefined;
}

describe('a change by the peer', () => {
  it('takes effect in its own message, and nothing of the former text is left in the file', async () => {
    const id = await theirs('the very secret text');
    const [before] = await database.selectFrom('messages').select('body').execute();
    expect(await theyWant({ kind: 'edit', target: id, text: 'better' })).toBe('done');
    expect(await entry(id)).toMatchObject({ text: 'better', editedAt: new Date(9_000) });
    await sql`pragma wal_checkpoint(truncate)`.execute(database);
    for (const name of await readdir(join(home.folder, 'store'))) {
      const octets = await readFile(join(home.folder, 'store', name));
      expect(octets.includes(before?.body ?? '')).toBe(false);
      expect(octets.includes('better')).toBe(false);
    }
  });

  it.each<[string, (target: string) => Change]>([
    ['edit', (target) => ({ kind: 'edit', target, text: 'I owe you' })],
    ['deletion', (target) => ({ kind: 'delete', target })],
  ])('is refused where it is the %s of our message', async (_, change) => {
    const id = await ours('mine');
    expect(await theyWant(change(id))).toBe('not-author');
    expect(await entry(id)).toMatchObject({ text: 'mine', editedAt: undefined });
  });

  it('of a message that has the id of ours means its own', async () => {
    const id = await ours('mine');
    await theirs('theirs', id);
    expect(await theyWant({ kind: 'edit', target: id, text: 'I owe you' })).toBe('done');
    expect((await lastEntries(place(), 9)).map(({ text }) => text)).toEqual(['mine', 'I owe you']);
  });

  it('is refused for a message that is not here, or in another conversation', async () => {
    const elsewhere = new MessageStore(database, cipher, { ...key, peer: 'carol' });
    const id = randomUUID();
    await receiveOne(elsewhere, epoch, { id, sequence: 1, sentAt, kind: 'text', text: 'by carol' });
    for (const target of [randomUUID(), id]) {
      expect(await theyWant({ kind: 'edit', target, text: 'x' })).toBe('unknown');
      expect(await theyWant({ kind: 'reaction', target, emoji: '👍' })).toBe('unknown');
    }
  });

  it('cannot bring a deleted message back, by an edit or by sending it again', async () => {
    const id = await theirs('gone');
    await theyWant({ kind: 'reaction', target: id, emoji: '👍' });
    expect(await theyWant({ kind: 'delete', target: id })).toBe('done');
    expect(await theyWant({ kind: 'edit', target: id, text: 'back' })).toBe('deleted');
    expect(await theyWant({ kind: 'reaction', target: id, emoji: '👍' })).toBe('deleted');
    await theirs('back', id);
    expect(await entry(id)).toMatchObject({ text: undefined, reactions: [] });
  });

  it('is done once, however often it comes', async () => {
    const id = await theirs('one');
    const change = { id: randomUUID(), sequence: 9, sentAt, kind: 'edit', target: id } as const;
    expect(await receiveOne(store, epoch, { ...change, text: 'two' })).toBe('done');
    expect(await receiveOne(store, epoch, { ...change, text: 'three' })).toBe('known');
    expect(await receiveOne(store, epoch, { ...change, sequence: 8, text: 'four' })).toBe('known');
    expect(await entry(id)).toMatchObject({ text: 'two' });
    expect(await store.receivedCursors(4)).toEqual([{ epoch, sequence: 9 }]);
  });
});

describe('a change of ours', () => {
  it('waits in the outbox behind the message, and is off the disk when it is delivered', async () => {
    const id = await ours('one');
    await weWant({ kind: 'edit', target: id, text: 'two' });
    await weWant({ kind: 'reaction', target: await theirs('hi'), emoji: '👍' });
    const waiting = await store.queuedAfter(0, 9);
    expect(waiting.map(({ sequence, kind }) => [sequence, kind])).toEqual([
      [1, 'text'],
      [2, 'edit'],
      [3, 'reaction'],
    ]);
    expect((await store.delivered(3)).ids).toHaveLength(3);
    expect(await database.selectFrom('messages').select('kind').execute()).toEqual([
      { kind: 'text' },
      { kind: 'text' },
    ]);
    expect(await store.countQueued()).toBe(0);
  });

  it.each<[string, (target: string) => Change]>([
    ['edit', (target) => ({ kind: 'edit', target, text: 'x' })],
    ['deletion', (target) => ({ kind: 'delete', target })],
  ])('is refused, and not sent, where it is the %s of a message of the peer', async (_, change) => {
    expect(await weWant(change(await theirs('theirs')))).toBe('not-author');
    expect(await weWant(change(randomUUID()))).toBe('unknown');
    expect(await store.countQueued()).toBe(0);
  });

  it('that deletes what was not delivered yet withdraws it', async () => {
    const id = await ours('a slip');
    await weWant({ kind: 'edit', target: id, text: 'a worse one' });
    await weWant({ kind: 'reaction', target: id, emoji: '🙈' });
    await weWant({ kind: 'delete', target: id });
    expect((await store.queuedAfter(0, 9)).map(({ kind }) => kind)).toEqual(['delete']);
    expect(await entry(id)).toMatchObject({ text: undefined, state: 'withdrawn' });
  });

  it('does not open in another place: reactions are sealed for their message', async () => {
    const [one, other] = [await theirs('one'), await theirs('other')];
    await weWant({ kind: 'reaction', target: one, emoji: '👍' });
    await database.updateTable('reactions').set({ uuid: other }).execute();
    await expect(lastEntries(place(), 9)).rejects.toMatchObject({ code: 'ERR_STORE_DAMAGED' });
  });
});

describe('a reaction', () => {
  it('is one of each side, the last one, until it is taken back', async () => {
    const id = await theirs('hi');
    for (const emoji of ['👎', '👍']) await weWant({ kind: 'reaction', target: id, emoji });
    await theyWant({ kind: 'reaction', target: id, emoji: '🎉' });
    expect((await entry(id))?.reactions).toMatchObject([
      { author: 'in', emoji: '🎉' },
      { author: 'out', emoji: '👍' },
    ]);
    await weWant({ kind: 'reaction', target: id, emoji: '' });
    expect((await entry(id))?.reactions).toMatchObject([{ author: 'in', emoji: '🎉' }]);
  });
});

describe('what was seen', () => {
  it('is known of delivered messages only, and told once', async () => {
    const [first] = [await ours('one'), await ours('two')];
    await store.delivered(1);
    expect(await store.seenByPeer(2)).toEqual([first]);
    expect(await store.seenByPeer(2)).toEqual([]);
    expect(await entry(first ?? '')).toMatchObject({ state: 'read' });
  });

  it('only goes forward, and only by messages that are here', async () => {
    const [first, second] = [await theirs('one'), await theirs('two')];
    expect(await store.markSeen(second)).toEqual({ epoch, sequence: 2 });
    expect(await store.markSeen(first)).toBeUndefined();
    expect(await store.markSeen(randomUUID())).toBeUndefined();
    expect(await store.seenUpTo(epoch)).toBe(2);
  });
});
