/** `/open` of what has arrived, and of what still arrives, with the programs of a desktop that only write down what they get. */
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Identity } from '../../src/store/identities.js';
import { type OpenableFile, Opener } from '../../src/ui/desktop/opener.js';
import { makeCircle } from '../helpers/certificates.js';
import { Meeting, type TestConversation } from '../helpers/conversations.js';
import { FakeDesktop } from '../helpers/fake-desktop.js';
import { makeFilm } from '../helpers/films.js';
import { GatedLine } from '../helpers/gated-line.js';
import { makeIdentity } from '../helpers/identity.js';

const MiB = 1024 * 1024;
const film = makeFilm(8 * MiB);
const meeting = new Meeting();
let alice: Identity;
let bob: Identity;
let bin: string;
let player: string;
let line: GatedLine;
let a: TestConversation;

beforeAll(async () => {
  const circle = await makeCircle();
  alice = await makeIdentity(circle, { member: 'alice', ips: ['127.0.0.1'] });
  bob = await makeIdentity(circle, { member: 'bob' });
});

beforeEach(async () => {
  bin = await mkdtemp(join(tmpdir(), 'qtchat-open-'));
  player = join(bin, 'mpv');
  await writeFile(player, '', { mode: 0o755 });
  line = new GatedLine();
  a = await (await meeting.at('a')).open(alice);
});

afterEach(async () => {
  await meeting.end();
  await rm(bin, { recursive: true });
});

/** Bob's file begins to arrive. */
async function receive(name: string, content: Buffer): Promise<OpenableFile> {
  const b = await (await meeting.at('b')).open(bob, { who: a.who, dialler: line });
  await b.event('connected');
  await mkdir(b.home, { recursive: true });
  await writeFile(join(b.home, name), content);
  await b.door.files.send('alice', join(b.home, name));
  // The first range, of a MiB, with all that is around it.
  line.allow(2 * MiB);
  const { file } = await a.event('fileStarted');
  return { member: 'bob', name, id: file.id, isFolder: false, direction: 'in', state: 'moving' };
}

describe('a file that is opened', () => {
  it('while it arrives is played to its end, and may be jumped in when it has arrived', async () => {
    const desktop = new FakeDesktop({ DISPLAY: ':0', PATH: bin });
    const opener = new Opener(desktop);
    let file = await receive('film.mp4', film);
    expect(await opener.open(() => file, a.door.files)).toBe(`film.mp4 plays while it arrives, in ${player}`);
    const [{ path } = { path: '' }] = desktop.launched;
    const url = (await readFile(path, 'utf8')).split('\n')[2] ?? '';
    const response = await fetch(url);
    expect([response.status, response.headers.get('content-type')]).toEqual([200, 'video/mp4']);
    line.allow(film.length);
    expect(Buffer.from(await response.arrayBuffer()).equals(film)).toBe(true);
    file = { ...file, state: 'done', path: (await a.event('fileDone')).path };
    const jump = await fetch(url, { headers: { Range: `bytes=${7 * MiB}-` } });
    expect(Buffer.from(await jump.arrayBuffer()).equals(film.subarray(7 * MiB))).toBe(true);
    expect(await opener.open(() => file, a.door.files)).toBe(`opened ${file.path}`);
    expect(desktop.launched.slice(1)).toEqual([{ path: file.path }]);
    await opener.close();
    await expect(fetch(url)).rejects.toThrow();
    await expect(readFile(path)).rejects.toThrow('ENOENT');
  });

  it('when its transfer has just ended is read from where it is', async () => {
    const opener = new Opener(new FakeDesktop({ DISPLAY: ':0', PATH: bin }));
    const file = await receive('film.mp4', film);
    line.allow(film.length);
    const { path } = await a.event('fileDone');
    const done: OpenableFile = { ...file, state: 'done', path };
    const states = [file, file];
    expect(await opener.open(() => states.shift() ?? done, a.door.files)).toBe(
      `film.mp4 plays while it arrives, in ${player}`,
    );
    await opener.close();
  });

  it('is not played while it arrives where that is no film, or where there is no desktop', async () => {
    const desktop = new FakeDesktop({ DISPLAY: ':0', PATH: bin });
    const opener = new Opener(desktop);
    const file = await receive('film.mp4', Buffer.alloc(5 * MiB, '<!doctype html>'));
    await expect(opener.open(() => file, a.door.files)).rejects.toMatchObject({ code: 'ERR_OPEN_FAILED' });
    await expect(opener.open(() => ({ ...file, isFolder: true }), a.door.files)).rejects.toMatchObject({
      code: 'ERR_OPEN_FAILED',
    });
    const console = new Opener(new FakeDesktop({ PATH: bin }));
    await expect(console.open(() => file, a.door.files)).rejects.toMatchObject({
      code: 'ERR_OPEN_FAILED',
      hint: 'Open it when it has arrived',
    });
    line.allow(8 * MiB);
    const path = (await a.event('fileDone')).path ?? '';
    expect(await opener.open(() => ({ ...file, state: 'done', path }), a.door.files)).toMatch(
      `opened ${dirname(path)}: only`,
    );
    expect(desktop.launched).toEqual([{ path: dirname(path) }]);
    await opener.close();
    await console.close();
  });
});
