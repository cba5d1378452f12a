/** Folders between two members on real sockets and disks, right ones and tricks. */
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmod, mkdir, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { deliver } from '../../src/conversation/deliver.js';
import { encodeManifest, type FolderEntry } from '../../src/protocol/folder-manifest.js';
import type { Identity } from '../../src/store/identities.js';
import { makeCircle } from '../helpers/certificates.js';
import { Meeting, type TestConversation } from '../helpers/conversations.js';
import { makeIdentity } from '../helpers/identity.js';
import { type Answer, makeOffer, RogueMember } from '../helpers/rogue-files.js';

const meeting = new Meeting();
const rogues: RogueMember[] = [];
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

/** All that is in a folder, by path: contents of files, and what else there is by its kind. */
async function contentsOf(folder: string): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath ?? entry.path, entry.name);
    const mode = ((await stat(path)).mode & 0o777).toString(8);
    const content = entry.isFile() ? (await readFile(path)).toString('base64') : 'folder';
    found[relative(folder, path)] = `${mode} ${content}`;
  }
  return found;
}

async function makeFolder(path: string): Promise<void> {
  await mkdir(join(path, 'a', 'b'), { recursive: true, mode: 0o700 });
  await mkdir(join(path, 'empty'), { mode: 0o700 });
  await writeFile(join(path, 'a', 'b', 'large.bin'), randomBytes(3_000_000), { mode: 0o600 });
  await writeFile(join(path, 'a', 'nothing.txt'), '', { mode: 0o600 });
  await writeFile(join(path, '.hidden'), 'kept', { mode: 0o600 });
  await writeFile(join(path, 'run.sh'), 'echo ahoj', { mode: 0o700 });
  for (let index = 0; index < 40; index += 1) {
    await writeFile(join(path, `Übung ${index}.txt`), `${index}`, { mode: 0o600 });
  }
}

async function send(decided: Partial<Parameters<TestConversation['open']>[1]> = {}) {
  const a = await (await meeting.at('a')).open(alice, decided);
  const b = await (await meeting.at('b')).open(bob, { who: a.who });
  await b.event('connected');
  return { a, b };
}

describe('a folder', () => {
  it('arrives with all that is in it, as one file, under a name that is free', async () => {
    const { a, b } = await send();
    const path = join(b.home, 'album');
    await makeFolder(path);
    await mkdir(join(a.home, 'downloads', 'album'), { recursive: true });
    await b.door.files.send('alice', path);
    const { file, path: there = '' } = await a.event('fileDone');
    expect([file.name, file.isFolder]).toEqual(['album', true]);
    expect(there).toBe(join(a.home, 'downloads', 'album (2)'));
    expect(await contentsOf(there)).toEqual(await contentsOf(path));
    expect((await readdir(join(a.home, 'downloads'))).sort()).toEqual(['album', 'album (2)']);
    expect(await readdir(join(a.home, 'downloads', 'album'))).toEqual([]);
  });

  it('is sent by send, and one of nothing too', async () => {
    const a = await (await meeting.at('a')).open(alice);
    const b = await meeting.at('b');
    await mkdir(join(b.home, 'empty'), { recursive: true });
    const world = { home: { folder: b.home }, identity: bob, clock: () => new Date(), random: randomBytes };
    const { signal } = new AbortController();
    const delivery = { who: a.who, files: [join(b.home, 'empty')], timeoutMs: 5_000 };
    const { files } = await deliver(delivery, { ...world, signal, downloads: b.home, onEvent: () => {} });
    expect(files).toMatchObject([{ name: 'empty', sha256: null }]);
    expect(await contentsOf(join(a.home, 'downloads', 'empty'))).toEqual({});
  });

  it('brings no links and pipes, and nothing that they lead to', async () => {
    const { a, b } = await send();
    const path = join(b.home, 'album');
    await mkdir(path);
    await writeFile(join(b.home, 'secret'), 'secret');
    await writeFile(join(path, 'right'), 'right');
    await symlink(join(b.home, 'secret'), join(path, 'link'));
    await symlink(b.home, join(path, 'home'));
    expect(spawnSync('mkfifo', [join(path, 'pipe')]).status).toBe(0);
    await b.door.files.send('alice', path);
    const { path: there = '' } = await a.event('fileDone');
    expect(await readdir(there)).toEqual(['right']);
  });

  it('without a name is refused before anything is sent', async () => {
    const a = await (await meeting.at('a')).open(alice);
    await expect(a.door.files.send('bob', '/')).rejects.toMatchObject({ code: 'ERR_STORE_UNREADABLE' });
  });

  it('with a name that not every system takes is not offered, and the name is said', async () => {
    const { b } = await send();
    const path = join(b.home, 'album');
    await mkdir(path);
    await writeFile(join(path, 'a:b'), '');
    await b.door.files.send('alice', path);
    expect((await b.event('fileFailed')).error.message).toMatch(/a:b/);
  });

  it('of which a file cannot be read is not offered', async () => {
    if (process.getuid?.() === 0) return;
    const { b } = await send();
    const path = join(b.home, 'album');
    await mkdir(path);
    await writeFile(join(path, 'x'), 'x');
    await chmod(join(path, 'x'), 0);
    await b.door.files.send('alice', path);
    expect((await b.event('fileFailed')).error.code).toBe('ERR_STORE_UNREADABLE');
  });

  it.each<[string, Buffer]>([
    ['no list', Buffer.alloc(100)],
    ['not even the length of one', Buffer.alloc(2)],
    ['a list that is longer than all of it', Buffer.from('7fffffff00', 'hex')],
    ['a list of millions of nothings, which would take all memory', nothings(16_000_000)],
    ['a list that leads out of it', trick([{ path: 'x' }, { path: '../x', sizeBytes: 1 }], 1)],
    ['a list that promises more than comes', trick([{ path: 'x', sizeBytes: 2 }], 1)],
    [
      'one name for two files',
      trick(
        [
          { path: 'x', sizeBytes: 1 },
          { path: 'x', sizeBytes: 0 },
        ],
        1,
      ),
    ],
    ['a file where a folder was', trick([{ path: 'x' }, { path: 'x', sizeBytes: 1 }], 1)],
  ])('with %s is refused, and nothing is left', async (_, content) => {
    const a = await (await meeting.at('a')).open(alice);
    const rogue = new RogueMember(a.door.listeningPort ?? 0, bob);
    rogues.push(rogue);
    const file = await makeOffer('album', content);
    await rogue.serve({ ...file, offer: { ...file.offer, isFolder: true } });
    expect((await a.event('fileFailed')).error.code).toBe('ERR_PROTOCOL');
    expect(await readdir(join(a.home, 'downloads'))).toEqual([]);
  });
});

describe('a folder that is unpacked while it arrives', () => {
  // Three ranges of 1 MiB, and the list.
  const entries = Array.from({ length: 750 }, (_, index) => ({ path: `${index}`, sizeBytes: 4096 }));
  const content = trick(entries, 750 * 4096);

  async function offered(answer: Answer) {
    const a = await (await meeting.at('a')).open(alice, { timing: { fileProgressIntervalMs: 0 } });
    const rogue = new RogueMember(a.door.listeningPort ?? 0, bob);
    rogues.push(rogue);
    const file = await makeOffer('album', content);
    await rogue.serve({ ...file, offer: { ...file.offer, isFolder: true } }, answer);
    return { a, rogue, downloads: join(a.home, 'downloads') };
  }

  /** Resolves when some of it is unpacked. */
  async function unpackedIn(downloads: string): Promise<void> {
    for (;;) {
      const names: string[] = await readdir(downloads, { recursive: true }).catch(() => []);
      if (names.some((name) => /\.part\.folder\/\d+$/.test(name))) return;
      await setImmediate();
    }
  }

  it('is not there before all of it is, and nothing of it stays unpacked when it breaks off', async () => {
    const { a, rogue, downloads } = await offered((range, right) =>
      range.kind !== 'chunks' || range.first >= 8 ? undefined : right,
    );
    await unpackedIn(downloads);
    expect(await readdir(downloads)).not.toContain('album');
    rogue.end();
    await a.event('fileInterrupted');
    expect((await readdir(downloads)).map((name) => name.replace(/^.*\.part/, '.part')).sort()).toEqual([
      '.part',
      '.part.map',
    ]);
  });

  it('is not there when it was false in the end', async () => {
    const { a, downloads } = await offered((range, right) =>
      range.kind === 'root' ? Buffer.concat([right.subarray(0, 9), Buffer.alloc(32)]) : right,
    );
    expect((await a.event('fileFailed')).error.code).toBe('ERR_FILE_DIGEST');
    expect(await readdir(downloads)).toEqual([]);
  });
});

function trick(entries: FolderEntry[], contentBytes: number): Buffer {
  return Buffer.concat([encodeManifest(entries), Buffer.alloc(contentBytes)]);
}

/** Each takes one octet here, and hundreds where it is read. */
function nothings(count: number): Buffer {
  const list = Buffer.from('a267656e74726965739a000000006776657273696f6e01', 'hex');
  list.writeUInt32BE(count, 10);
  const octets = Buffer.concat([Buffer.alloc(4), list.subarray(0, 14), Buffer.alloc(count, 0xa0), list.subarray(14)]);
  octets.writeUInt32BE(octets.length - 4);
  return octets;
}
