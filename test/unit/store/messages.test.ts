import { randomBytes, randomUUID } from 'node:crypto';
import { chmod, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type ConversationDatabase, openConversationStore } from '../../../src/store/conversation-store.js';
import { storeEpoch } from '../../../src/store/cursors.js';
import { openHomeKey } from '../../../src/store/home-key.js';
import type { Numbered } from '../../../src/store/message-record.js';
import { MessageStore } from '../../../src/store/messages.js';
import { queueOne, receiveOne } from '../../helpers/one-message.js';

const key = { circleId: 'a'.repeat(26), self: 'alice', peer: 'bob' };
const epoch = 'ee'.repeat(16);
const deps = { random: randomBytes };
const sentAt = new Date(5_000);
let home: { folder: string };
let database: ConversationDatabase;
let store: MessageStore;

beforeEach(async () => {
  home = { folder: await mkdtemp(join(tmpdir(), 'qtchat-messages-')) };
  database = await openConversationStore(home);
  store = new MessageStore(database, await openHomeKey(home, deps), key);
});

afterEach(async () => {
  await database.destroy();
  await rm(home.folder, { recursive: true, force: true });
});

const draft = (text: string) => ({ id: randomUUID(), sentAt, kind: 'text', text }) as const;
const queue = (text: string) => queueOne(store, draft(text));
const texts = async (after = 0) => (await store.queuedAfter(after, 100)).map(textOf);
const textOf = (message: Numbered): string => (message.kind === 'text' ? message.text : message.kind);

describe('the outbox', () => {
  it('keeps messages in order until they are delivered', async () => {
    const first = await queue('one');
    await queue('two');
    await queue('three');
    expect(await store.delivered(2)).toMatchObject({ ids: expect.arrayContaining([first.id]), cursor: 2 });
    expect(await texts()).toEqual(['three']);
    expect(await store.countQueued()).toBe(1);
    expect(await store.delivered(2)).toMatchObject({ ids: [] });
  });

  it('is one for all processes of a home, and numbers without gaps', async () => {
    const other = await openConversationStore(home);
    try {
      const second = new MessageStore(other, await openHomeKey(home, deps), key);
      // One after the other: within one process a connection that waits for another would wait for ever.
      const sequences: number[] = [];
      for (const one of [store, second, store, second]) {
        sequences.push((await queueOne(one, draft('x'))).sequence);
      }
      expect(sequences).toEqual([1, 2, 3, 4]);
    } finally {
      await other.destroy();
    }
  });

  it('takes nothing for delivered that was never written, and numbers what waits anew behind the claim', async () => {
    await queue('one');
    await queue('two');
    expect(await store.delivered(50)).toEqual({ ids: [], cursor: 50 });
    expect((await store.queuedAfter(50, 10)).map((message) => [message.sequence, textOf(message)])).toEqual([
      [51, 'one'],
      [52, 'two'],
    ]);
    expect((await queue('three')).sequence).toBe(53);
  });

  it('of one conversation is not that of another', async () => {
    await queue('for bob');
    const other = new MessageStore(database, await openHomeKey(home, deps), { ...key, peer: 'carol' });
    expect(await other.countQueued()).toBe(0);
  });
});

describe('incoming messages', () => {
  it('are stored once, by the cursor of their epoch', async () => {
    const message = { ...draft('ahoj'), sequence: 1 };
    expect(await receiveOne(store, epoch, message)).toBe('done');
    expect(await receiveOne(store, epoch, message)).toBe('known');
    expect(await receiveOne(store, epoch, { ...message, sequence: 9 })).toBe('known');
    expect(await store.receivedCursors(4)).toEqual([{ epoch, sequence: 9 }]);
  });

  it('of two copies of a home, which count alike, are all stored, and not told to have arrived where they were dropped', async () => {
    await receiveOne(store, epoch, { ...draft('from the one'), sequence: 5 });
    const message = { ...draft('from the other'), sequence: 3 };
    expect(await receiveOne(store, epoch, message)).toBe('done');
    expect(await receiveOne(store, epoch, message)).toBe('known');
    expect(await store.receivedCursors(4)).toEqual([{ epoch, sequence: 5 }]);
  });

  it('change nothing where they come late: a later change may have been done', async () => {
    const message = { ...draft('ahoj'), sequence: 1 };
    const edit = { id: randomUUID(), sentAt: new Date(), kind: 'edit', target: message.id, text: 'x' } as const;
    await receiveOne(store, epoch, message);
    expect(await receiveOne(store, epoch, { ...edit, sequence: 3 })).toBe('done');
    expect(await receiveOne(store, epoch, { ...edit, id: randomUUID(), text: 'y', sequence: 2 })).toBe('known');
  });

  it('of a new epoch begin anew', async () => {
    await receiveOne(store, epoch, { ...draft('old store'), sequence: 7 });
    expect(await receiveOne(store, 'ff'.repeat(16), { ...draft('new store'), sequence: 1 })).toBe('done');
  });
});

describe('at rest', () => {
  it('no text stands in any file of the store', async () => {
    await queue('the very secret text');
    await receiveOne(store, epoch, { ...draft('another secret text'), sequence: 1 });
    for (const name of await readdir(join(home.folder, 'store'))) {
      expect((await readFile(join(home.folder, 'store', name))).includes('secret text')).toBe(false);
    }
  });

  it.each([
    ['altered', { body: randomBytes(40) }],
    ['cut', { body: Buffer.alloc(3) }],
    ['moved to another row', { uuid: randomUUID() }],
    ['moved to another conversation', { conversation: `${key.circleId}/alice/carol` }],
  ])('a record that was %s does not open', async (_, change) => {
    await queue('one');
    await database.updateTable('messages').set(change).execute();
    const reader = new MessageStore(database, await openHomeKey(home, deps), {
      ...key,
      peer: 'conversation' in change ? 'carol' : 'bob',
    });
    await expect(reader.queuedAfter(0, 9)).rejects.toMatchObject({ code: 'ERR_STORE_DAMAGED' });
  });

  it('the home key is made once, is readable by its owner only, and must be one', async () => {
    const path = join(home.folder, 'store', 'home.key');
    const before = await readFile(path, 'utf8');
    await Promise.all([openHomeKey(home, deps), openHomeKey(home, deps)]);
    expect(await readFile(path, 'utf8')).toBe(before);
    await chmod(path, 0o640);
    await expect(openHomeKey(home, deps)).rejects.toMatchObject({ code: 'ERR_STORE_PERMISSIONS' });
    await chmod(path, 0o600);
    await writeFile(path, 'AAAA\n');
    await expect(openHomeKey(home, deps)).rejects.toMatchObject({ code: 'ERR_STORE_DAMAGED' });
  });

  it('two processes that make the home key at once hold the same', async () => {
    const fresh = { folder: join(home.folder, 'fresh') };
    const [one, two] = await Promise.all([openHomeKey(fresh, deps), openHomeKey(fresh, deps)]);
    expect(two.open(one.seal('text', ['place']), ['place'])).toBe('text');
  });

  it('a store has one epoch, and another store another', async () => {
    const own = await storeEpoch(database, randomBytes);
    expect(own).toMatch(/^[0-9a-f]{32}$/);
    expect(await storeEpoch(database, randomBytes)).toBe(own);
  });
});
