/** Films that are read over HTTP while they still arrive, on real sockets; and who may not read them. */
import { spawn, spawnSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { type IncomingMessage, type RequestOptions, request } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { openStoredFile, type ReadableFile } from '../../src/store/arriving-file.js';
import type { Identity } from '../../src/store/identities.js';
import { MediaRoute } from '../../src/ui/media-route/media-route.js';
import { makeCircle } from '../helpers/certificates.js';
import { Meeting, type TestConversation } from '../helpers/conversations.js';
import { box, makeFilm, mp4Head } from '../helpers/films.js';
import { GatedLine } from '../helpers/gated-line.js';
import { makeIdentity } from '../helpers/identity.js';
import { describeWith } from '../helpers/require-program.js';

const MiB = 1024 * 1024;
const film = makeFilm(12 * MiB + 5);
const meeting = new Meeting();
let alice: Identity;
let bob: Identity;
let route: MediaRoute;

beforeAll(async () => {
  const circle = await makeCircle();
  alice = await makeIdentity(circle, { member: 'alice', ips: ['127.0.0.1'] });
  bob = await makeIdentity(circle, { member: 'bob' });
});

beforeEach(async () => {
  route = await MediaRoute.start();
});

afterEach(async () => {
  await route.close();
  await meeting.end();
});

function ask(url: string, options: RequestOptions = {}): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    request(url, { agent: false, ...options }, resolve)
      .on('error', reject)
      .end();
  });
}

/** The first `sizeBytes` octets of an answer, or all; the rest is left where it is. */
async function take(response: IncomingMessage, sizeBytes = Number.POSITIVE_INFINITY): Promise<Buffer> {
  const pieces: Buffer[] = [];
  let taken = 0;
  while (taken < sizeBytes) {
    const piece: Buffer | null = response.read();
    if (piece !== null) {
      pieces.push(piece);
      taken += piece.length;
    } else if (response.readableEnded) {
      break;
    } else if (response.errored !== null) {
      throw response.errored;
    } else {
      await new Promise<void>((resolve) => {
        for (const event of ['readable', 'end', 'error', 'close']) response.once(event, () => resolve());
      });
    }
  }
  return Buffer.concat(pieces).subarray(0, sizeBytes);
}

async function get(url: string, range?: string, more: RequestOptions = {}): Promise<[IncomingMessage, Buffer]> {
  const response = await ask(url, {
    ...more,
    headers: { ...(range !== undefined && { Range: range }), ...more.headers },
  });
  return [response, await take(response)];
}

function sha256(octets: Buffer): string {
  return createHash('sha256').update(octets).digest('hex');
}

/** Bob sends a file to Alice as fast as the test lets him. */
async function meet(
  name = 'film.mp4',
  content = film,
): Promise<{ a: TestConversation; b: TestConversation; line: GatedLine; id: string }> {
  const line = new GatedLine();
  const a = await (await meeting.at('a')).open(alice);
  const b = await (await meeting.at('b')).open(bob, { who: a.who, dialler: line });
  await b.event('connected');
  await mkdir(b.home, { recursive: true });
  await writeFile(join(b.home, name), content);
  await b.door.files.send('alice', join(b.home, name));
  // What opens a connection: TLS, the token.
  line.allow(16 * 1024);
  const { file } = await a.event('fileStarted');
  return { a, b, line, id: file.id };
}

describe('a film that arrives', () => {
  it('is served from any place before it is there, what is waited for first, and is the same in the end', async () => {
    const { a, line, id } = await meet();
    line.allow(2 * MiB);
    const { url, kind } = await route.add(() => a.door.files.open('bob', id));
    expect(kind.type).toBe('video/mp4');
    const whole = await ask(url, { headers: { Range: 'bytes=0-' } });
    expect(whole.statusCode).toBe(206);
    expect(whole.headers).toMatchObject({
      'content-range': `bytes 0-${film.length - 1}/${film.length}`,
      'content-length': String(film.length),
      'content-type': 'video/mp4',
      'accept-ranges': 'bytes',
    });
    const first = await take(whole, MiB);
    expect(first.equals(film.subarray(0, MiB))).toBe(true);
    // The index of a film that was not made for this is at its end.
    const tail = await ask(url, { headers: { Range: 'bytes=-1000' } });
    expect(tail.headers['content-range']).toBe(`bytes ${film.length - 1000}-${film.length - 1}/${film.length}`);
    const seek = await ask(url, { headers: { Range: `bytes=${9 * MiB}-${9 * MiB + 99}` } });
    // Less than the file has: what is asked for ahead, and what these two want.
    line.allow(8 * MiB);
    expect((await take(tail)).equals(film.subarray(-1000))).toBe(true);
    expect((await take(seek)).equals(film.subarray(9 * MiB, 9 * MiB + 100))).toBe(true);
    expect(a.events.filter(({ type }) => type === 'fileDone')).toEqual([]);
    line.allow(film.length);
    const rest = await take(whole);
    expect(sha256(Buffer.concat([first, rest]))).toBe(sha256(film));
    await a.event('fileDone');
    // The address leads to it on.
    const [, again] = await get(url, `bytes=${5 * MiB}-`);
    expect(again.equals(film.subarray(5 * MiB))).toBe(true);
  });

  it('that is cancelled ends its readers with an error, and its address leads nowhere', async () => {
    const { a, line, id } = await meet();
    line.allow(2 * MiB);
    const { url } = await route.add(() => a.door.files.open('bob', id));
    const response = await ask(url);
    expect(response.statusCode).toBe(200);
    await take(response, MiB);
    const waiting = take(response);
    expect(a.door.files.cancel('bob', 'film.mp4')).toBe(1);
    await expect(waiting).rejects.toThrow('aborted');
    expect((await ask(url)).statusCode).toBe(404);
  });

  it('that breaks off ends its readers, and is read on when it goes on', async () => {
    const { a, line, id } = await meet();
    line.allow(2 * MiB);
    let now = id;
    const { url } = await route.add(() => a.door.files.open('bob', now));
    const waiting = take(await ask(url));
    line.cut();
    await expect(waiting).rejects.toThrow('aborted');
    line.allow(MiB);
    now = (await a.event('fileStarted', ({ file }) => file.id !== id)).file.id;
    const response = await ask(url, { headers: { Range: 'bytes=1000-' } });
    expect(response.statusCode).toBe(206);
    line.allow(film.length);
    expect((await take(response)).equals(film.subarray(1000))).toBe(true);
  });

  it('does not hold up its sender when its reader does not read, and lets go of one that leaves', async () => {
    const { a, line, id } = await meet();
    line.allow(2 * MiB);
    const { url } = await route.add(() => a.door.files.open('bob', id));
    const reader = await ask(url);
    const leaving = await ask(url, { headers: { Range: 'bytes=-1' } });
    leaving.destroy();
    line.allow(film.length);
    await a.event('fileDone');
    expect((await take(reader)).equals(film)).toBe(true);
  });

  it('has no address when it is none', async () => {
    const { a, line, id } = await meet('film.mp4', randomBytes(5 * MiB));
    line.allow(2 * MiB);
    await expect(route.add(() => a.door.files.open('bob', id))).rejects.toMatchObject({ code: 'ERR_OPEN_FAILED' });
    await expect(route.add(() => a.door.files.open('bob', 'ab'.repeat(16)))).rejects.toMatchObject({
      code: 'ERR_OPEN_FAILED',
    });
  });

  it('in fragments is served from its beginning alone, until it is there', async () => {
    const movie = box('moov', box('mvex', box('trex')));
    const fragmented = Buffer.concat([mp4Head, movie, box('moof'), box('mdat', randomBytes(5 * MiB))]);
    const { a, line, id } = await meet('film.mp4', fragmented);
    line.allow(2 * MiB);
    const { url } = await route.add(() => a.door.files.open('bob', id));
    const early = await ask(url, { headers: { Range: 'bytes=1000-' } });
    expect([early.statusCode, early.headers['accept-ranges']]).toEqual([200, 'none']);
    line.allow(6 * MiB);
    expect((await take(early)).equals(fragmented)).toBe(true);
    await a.event('fileDone');
    expect((await get(url, 'bytes=1000-1001'))[0].statusCode).toBe(206);
  });
});

describeWith('ffmpeg', 'a program that plays films', () => {
  it('shows the first picture of one with its index at the end, before that is its turn', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'qtchat-film-'));
    const path = join(folder, 'film.mp4');
    const source = ['-f', 'lavfi', '-i', 'testsrc2=size=320x200:duration=1:rate=10', '-c:v', 'mpeg4'];
    spawnSync('ffmpeg', ['-nostdin', '-loglevel', 'error', ...source, path]);
    const short = await readFile(path);
    await rm(folder, { recursive: true });
    const index = short.indexOf('moov') - 4;
    const content = Buffer.concat([
      short.subarray(0, index),
      box('free', randomBytes(12 * MiB)),
      short.subarray(index),
    ]);
    const { a, line, id } = await meet('film.mp4', content);
    line.allow(2 * MiB);
    const { url } = await route.add(async () => {
      const file = await a.door.files.open('bob', id);
      const read: ReadableFile['read'] = async (start, end, signal) => {
        const octets = file?.read(start, end, signal);
        // No more passes before the player has jumped; then less than the file has.
        if (start > 12 * MiB) line.allow(8 * MiB);
        return (await octets) ?? Buffer.alloc(0);
      };
      return file && { ...file, read };
    });
    const show = ['-nostdin', '-loglevel', 'error', '-i', url, '-frames:v', '1', '-f', 'null', '-'];
    const player = spawn('ffmpeg', show, { stdio: ['ignore', 'ignore', 'inherit'] });
    expect(await once(player, 'exit')).toEqual([0, null]);
    expect(a.events.filter(({ type }) => type === 'fileDone')).toEqual([]);
  });
});

describe('a file that is there', () => {
  let folder: string;
  let path: string;
  let url: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'qtchat-media-'));
    path = join(folder, 'film.mp4');
    await writeFile(path, film);
  });

  afterAll(() => rm(folder, { recursive: true, force: true }));

  beforeEach(async () => {
    ({ url } = await route.add(() => openStoredFile(path)));
  });

  it('is told about without its content, and can do nothing in a browser', async () => {
    const [{ statusCode, headers }, content] = await get(url, undefined, { method: 'HEAD' });
    expect([statusCode, headers['content-length'], content.length]).toEqual([200, String(film.length), 0]);
    expect(headers).toMatchObject({
      'content-type': 'video/mp4',
      'x-content-type-options': 'nosniff',
      'content-security-policy': expect.stringMatching(/^sandbox; default-src 'none'/),
      'referrer-policy': 'no-referrer',
    });
    expect(Object.keys(headers).filter((name) => name.startsWith('access-control'))).toEqual([]);
  });

  it.each([
    ['bytes=0-0', 206, 0, 1],
    ['bytes=5-9', 206, 5, 10],
    [`bytes=${film.length - 1}-`, 206, film.length - 1, film.length],
    ['bytes=100-999999999', 206, 100, film.length],
    ['bytes=-99999999', 206, 0, film.length],
    // Not understood, or more than one: all of it.
    ['bytes=9-5', 200, 0, film.length],
    ['bytes=0-1,5-6', 200, 0, film.length],
    ['lines=0-1', 200, 0, film.length],
    ['bytes=-', 200, 0, film.length],
  ])('answers %s with %d', async (range, status, start, end) => {
    const [response, content] = await get(url, range);
    expect(response.statusCode).toBe(status);
    expect(content.equals(film.subarray(start, end))).toBe(true);
  });

  it.each([`bytes=${film.length}-`, 'bytes=999999999-', 'bytes=-0'])('has nothing of %s', async (range) => {
    const [response, content] = await get(url, range);
    expect([response.statusCode, response.headers['content-range']]).toEqual([416, `bytes */${film.length}`]);
    expect(content.length).toBe(0);
  });

  it('is not given to one who asks wrongly', async () => {
    const { origin, host, pathname } = new URL(url);
    const statusOf = async (at: string, options?: RequestOptions): Promise<number | undefined> =>
      (await ask(at, options)).statusCode;
    const others = [
      '/',
      '',
      pathname.slice(0, -1),
      `${pathname}x`,
      `${pathname}/`,
      `${pathname}?x`,
      `/${pathname}`,
      `${pathname}/../${pathname.slice(1)}`,
      `/${randomBytes(32).toString('base64url')}`,
      `/..%2f..%2fetc%2fpasswd`,
      path,
    ];
    for (const other of others) expect([other, await statusOf(origin, { path: other })]).toEqual([other, 404]);
    expect(await statusOf(origin, { path: url })).toBe(404);
    for (const name of ['localhost', '127.0.0.1', 'evil.example', `evil.example:${host.split(':')[1]}`, `${host}.`]) {
      expect([name, await statusOf(url, { headers: { Host: name } })]).toEqual([name, 403]);
    }
    for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH']) {
      expect([method, await statusOf(url, { method })]).toEqual([method, 405]);
    }
    expect(await statusOf(url)).toBe(200);
  });

  it('is not served to more than sixteen at once', async () => {
    const readers = await Promise.all(Array.from({ length: 16 }, () => ask(url)));
    expect(readers.map(({ statusCode }) => statusCode)).toEqual(Array(16).fill(200));
    expect((await ask(url)).statusCode).toBe(503);
    const [first] = readers;
    expect((await take(first as IncomingMessage)).equals(film)).toBe(true);
    for (const reader of readers) reader.destroy();
  });

  it('is forgotten when the route closes, whoever reads', async () => {
    const reader = await ask(url);
    const { port } = new URL(url);
    await route.close();
    await expect(take(reader)).rejects.toThrow('aborted');
    const [error] = await once(connect(Number(port), '127.0.0.1'), 'error').catch((reason: unknown) => [reason]);
    expect(error).toMatchObject({ code: 'ECONNREFUSED' });
    route = await MediaRoute.start();
  });

  it('has no address when it is empty, a folder, a link, or something else', async () => {
    const [empty, page, link] = ['empty.mp4', 'page.mp4', 'link.mp4'].map((name) => join(folder, name)) as [
      string,
      string,
      string,
    ];
    await writeFile(empty, '');
    await writeFile(page, '<!doctype html><script>alert(1)</script>');
    await symlink(path, link);
    for (const one of [empty, page]) {
      await expect(route.add(() => openStoredFile(one))).rejects.toMatchObject({ code: 'ERR_OPEN_FAILED' });
    }
    for (const one of [folder, link]) {
      await expect(route.add(() => openStoredFile(one))).rejects.toMatchObject({ code: 'ERR_STORE_PERMISSIONS' });
    }
    await expect(route.add(() => openStoredFile(join(folder, 'none')))).rejects.toMatchObject({
      code: 'ERR_STORE_NOT_FOUND',
    });
  });
});
