/** What is known of files after the process that sent or received them was killed. */
import { randomBytes } from 'node:crypto';
import { link, mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { sha256 } from '../../../src/protocol/file-chunks.js';
import { ArrivedFiles } from '../../../src/store/arrived-files.js';
import { type ConversationDatabase, openConversationStore } from '../../../src/store/conversation-store.js';
import { DownloadFolder } from '../../../src/store/downloads.js';
import { openHomeKey } from '../../../src/store/home-key.js';
import { OutgoingFiles } from '../../../src/store/outgoing-files.js';

const octets = Buffer.from('ahoj');
const wanted = { sender: 'circle/bob', name: 'a.txt', sizeBytes: 4, isFolder: false, version: 'ab'.repeat(32) };
const [id, other] = ['0f'.repeat(16), '1e'.repeat(16)];
let home: { folder: string };
let path: string;
let database: ConversationDatabase;
let folder: DownloadFolder;

beforeEach(async () => {
  home = { folder: await mkdtemp(join(tmpdir(), 'qtchat-arrived-')) };
  path = join(home.folder, 'downloads');
  database = await openConversationStore(home);
  folder = restarted();
});

afterEach(async () => {
  await database.destroy();
  await rm(home.folder, { recursive: true, force: true });
});

/** The folder as the next process finds it. */
const restarted = (): DownloadFolder => new DownloadFolder(path, new ArrivedFiles(database));

async function receive(): Promise<void> {
  const download = await folder.begin(wanted, { id, interrupt: () => {} });
  await download.write(0, octets, sha256(octets));
  await download.finish();
}

describe('a file of which the sender does not know that it has arrived', () => {
  it('is known to have arrived after a restart, to that sender', async () => {
    await receive();
    expect(await restarted().hasArrived(wanted, id)).toBe(true);
    expect(await restarted().hasArrived(wanted, other)).toBe(false);
    expect(await restarted().hasArrived({ ...wanted, sender: 'circle/carol' }, id)).toBe(false);
    expect(await restarted().hasArrived({ ...wanted, version: 'cd'.repeat(32) }, id)).toBe(false);
    expect(await readdir(path)).toEqual(['a.txt']);
  });

  it('has arrived where it had its name and the process ended before it could note that', async () => {
    await receive();
    const unfinished = join(path, `a.txt.${other.slice(0, 16)}.part`);
    await link(join(path, 'a.txt'), unfinished);
    await writeFile(`${unfinished}.map`, 'whatever');
    expect(await restarted().hasArrived(wanted, other)).toBe(true);
    expect(await readdir(path)).toEqual(['a.txt']);
    expect(await restarted().hasArrived(wanted, other)).toBe(true);
  });

  it('is remembered while 256 others of the same sender arrive, and not for ever', async () => {
    const arrived = new ArrivedFiles(database);
    const ids = Array.from({ length: 300 }, () => randomBytes(16).toString('hex'));
    for (const one of ids) await arrived.add('circle/bob', one);
    await arrived.add('circle/carol', id);
    const known = await Promise.all(ids.map((one) => arrived.has('circle/bob', one)));
    expect(known.filter((isKnown) => isKnown)).toHaveLength(256);
    expect(known.slice(44).every((isKnown) => isKnown)).toBe(true);
    expect(await arrived.has('circle/carol', id)).toBe(true);
  });
});

describe('a file that broke off as its receiver was killed', () => {
  const large = { ...wanted, sizeBytes: 300_000 };
  const partOf = (transfer: string): string => join(path, `a.txt.${transfer.slice(0, 16)}.part`);

  async function breakOff(): Promise<void> {
    const download = await folder.begin(large, { id, interrupt: () => {} });
    const chunk = randomBytes(256 * 1024);
    await download.write(0, chunk, sha256(chunk));
    await download.keep();
  }

  it('leaves nothing behind where it cannot be gone on with', async () => {
    await folder.begin(wanted, { id, interrupt: () => {} });
    for (const name of ['.map.new', '.folder']) await writeFile(partOf(id) + name, '');
    expect(await restarted().hasArrived(wanted, id)).toBe(false);
    expect(await readdir(path)).toEqual([]);
  });

  it('is kept where it can', async () => {
    await breakOff();
    const after = restarted();
    expect(await after.hasArrived(large, id)).toBe(false);
    expect(await after.doneBytes(large)).toBe(256 * 1024);
  });

  it('leaves nothing behind where another transfer was about to go on with it', async () => {
    await breakOff();
    await rename(partOf(id), partOf(other));
    await writeFile(`${partOf(id)}.map.new`, '');
    const after = restarted();
    expect(await after.hasArrived(large, other)).toBe(false);
    expect(await after.doneBytes(large)).toBeUndefined();
    expect(await readdir(path)).toEqual([]);
  });
});

describe('a file that is to be sent', () => {
  it('is taken over with the transfer that began last', async () => {
    const sender = { circleId: 'circle', self: 'alice' };
    const files = new OutgoingFiles(database, await openHomeKey(home, { random: randomBytes }), sender);
    await files.add({ id: 'one', member: 'bob', path: '/a.txt' });
    await files.add({ id: 'two', member: 'bob', path: '/b.txt' });
    await files.begin('one', id);
    await files.begin('one', other);
    expect(await files.takeOver()).toEqual([
      { id: 'one', member: 'bob', path: '/a.txt', transfer: other },
      { id: 'two', member: 'bob', path: '/b.txt' },
    ]);
  });
});
