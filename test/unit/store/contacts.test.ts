import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ContactBook, listContacts, saveContact } from '../../../src/store/contacts.js';
import { type ConversationDatabase, openConversationStore } from '../../../src/store/conversation-store.js';

const circleId = 'a'.repeat(26);
const clock = (): Date => new Date(1_000);
const address = (port: number) => ({ host: '192.168.1.7', port });
let home: { folder: string };
let database: ConversationDatabase;
let book: ContactBook;

beforeEach(async () => {
  home = { folder: await mkdtemp(join(tmpdir(), 'qtchat-contacts-')) };
  database = await openConversationStore(home);
  book = new ContactBook(database, clock);
});

afterEach(async () => {
  await database.destroy();
  await rm(home.folder, { recursive: true, force: true });
});

describe('contacts', () => {
  it('keep their addresses in order of trial, and what was there before', async () => {
    await book.save({ member: 'alice', circleId, addresses: [address(1), address(2)] });
    await book.save({ member: 'alice', circleId, addresses: [address(3)] });
    expect(await book.find(circleId, 'alice')).toEqual({
      member: 'alice',
      circleId,
      addresses: [address(3), address(1), address(2)],
    });
  });

  it('try a confirmed address before all hints', async () => {
    await book.save({ member: 'alice', circleId, addresses: [address(1), address(2)] });
    await book.confirmAddress(circleId, 'alice', address(2));
    await book.save({ member: 'alice', circleId, addresses: [address(3)] });
    expect((await book.find(circleId, 'alice'))?.addresses).toEqual([address(2), address(3), address(1)]);
  });

  it('forget the addresses seen longest ago, so that the list stays short', async () => {
    for (let port = 1; port <= 20; port += 1)
      await book.save({ member: 'alice', circleId, addresses: [address(port)] });
    const ports = (await book.find(circleId, 'alice'))?.addresses.map(({ port }) => port);
    expect(ports).toEqual([20, 19, 18, 17, 16, 15, 14, 13]);
  });

  it('pin the first key and never another', async () => {
    expect(await book.pin(circleId, 'bob', 'one')).toBe('pinned');
    expect(await book.pin(circleId, 'bob', 'one')).toBe('same');
    expect(await book.pin(circleId, 'bob', 'two')).toBe('changed');
    await book.save({ member: 'bob', circleId, addresses: [], spkiSha256: 'two' });
    expect((await book.find(circleId, 'bob'))?.spkiSha256).toBe('one');
  });

  it('are pinned for all processes of a home', async () => {
    const other = await openConversationStore(home);
    try {
      expect(await book.pin(circleId, 'bob', 'one')).toBe('pinned');
      expect(await new ContactBook(other, clock).pin(circleId, 'bob', 'two')).toBe('changed');
    } finally {
      await other.destroy();
    }
  });

  it('of other circles are other contacts', async () => {
    await book.pin(circleId, 'bob', 'one');
    expect(await book.pin('b'.repeat(26), 'bob', 'two')).toBe('pinned');
    expect(await book.find('c'.repeat(26), 'bob')).toBeUndefined();
  });

  it('are remembered by the address where they were confirmed, not by hints', async () => {
    await book.save({ member: 'alice', circleId, addresses: [address(1)] });
    expect(await book.lastConfirmedAt(circleId, address(1))).toBeUndefined();
    await book.confirmAddress(circleId, 'alice', address(1));
    expect(await book.lastConfirmedAt(circleId, address(1))).toBe('alice');
    expect(await book.lastConfirmedAt(circleId, address(2))).toBeUndefined();
  });

  it('can be saved and listed by home alone, in a file of the owner only', async () => {
    await saveContact(home, { member: 'carol', circleId, addresses: [address(1)] }, { clock });
    expect(await listContacts(home, { clock })).toEqual([{ member: 'carol', circleId, addresses: [address(1)] }]);
    expect((await stat(join(home.folder, 'store', 'conversation.db'))).mode & 0o777).toBe(0o600);
  });
});
