/** How much the user has not seen: texts of the peer behind the mark, of each epoch, and nothing else. */
import { randomBytes, randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { type ConversationDatabase, openConversationStore } from '../../../src/store/conversation-store.js';
import { openHomeKey } from '../../../src/store/home-key.js';
import { MessageStore } from '../../../src/store/messages.js';

let folder: string;
let database: ConversationDatabase;
let store: MessageStore;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'qtchat-unread-'));
  database = await openConversationStore({ folder });
  const cipher = await openHomeKey({ folder }, { random: randomBytes });
  store = new MessageStore(database, cipher, { circleId: 'c', self: 'alice', peer: 'bob' });
});

afterEach(async () => {
  await database.destroy();
  await rm(folder, { recursive: true, force: true });
});

/** Receives texts numbered so; returns their ids. */
async function receive(epoch: string, ...sequences: number[]): Promise<string[]> {
  const texts = sequences.map((sequence) => {
    return { kind: 'text' as const, id: randomUUID(), text: 'ahoj', sentAt: new Date(), sequence };
  });
  await store.receive(epoch.repeat(32), texts);
  return texts.map(({ id }) => id);
}

it('is what came after the last text that was seen, in each epoch', async () => {
  expect(await store.countUnread()).toBe(0);
  const [, second = ''] = await receive('a', 1, 2, 3);
  expect(await store.countUnread()).toBe(3);
  await store.markSeen(second);
  expect(await store.countUnread()).toBe(1);
  const [other = ''] = await receive('b', 1);
  expect(await store.countUnread()).toBe(2);
  await store.markSeen(other);
  expect(await store.countUnread()).toBe(1);
});

it('is neither ours, nor a call, nor a file, nor what was deleted', async () => {
  await store.queue([{ kind: 'text', id: randomUUID(), text: 'ours', sentAt: new Date() }]);
  const outcome = { reason: 'no-answer', durationMs: 0, missed: true } as const;
  await store.addCall({ id: 'c'.repeat(32), direction: 'in', startedAt: new Date(), ...outcome });
  const file = { name: 'a.txt', sizeBytes: 1, isFolder: false, path: '/a.txt' };
  await store.addFile({ id: 'f'.repeat(32), direction: 'in', at: new Date(), ...file });
  expect(await store.countUnread()).toBe(0);
  const [id = ''] = await receive('a', 1);
  await store.receive('a'.repeat(32), [
    { kind: 'delete', id: randomUUID(), target: id, sentAt: new Date(), sequence: 2 },
  ]);
  expect(await store.countUnread()).toBe(0);
});
