/** Files given and shown in the window: what arrives, what is left behind, and what is never shown. */
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, stat, utimes, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { makeCircle, type TestCircle } from '../helpers/certificates.js';
import { Meeting } from '../helpers/conversations.js';
import { ask, type WindowClient } from '../helpers/window-client.js';
import { type TestWindow, Windows } from '../helpers/windows.js';

const meeting = new Meeting();
const windows = new Windows(meeting);
let circle: TestCircle;

beforeAll(async () => {
  circle = await makeCircle();
});

afterEach(async () => {
  await windows.end();
  await meeting.end();
});

/** The smallest picture there is. */
const picture = Buffer.from(
  '89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c626001000000ffff03000006000557bfabd40000000049454e44ae426082',
  'hex',
);

const meet = () => windows.pair(circle);

const put = (client: WindowClient, name: string, body: Buffer | string, member = 'alice') =>
  client.ask(`files?member=${member}&name=${encodeURIComponent(name)}`, { method: 'PUT', body });

/** What is in the folder of given files of a home. */
async function given({ conversation }: TestWindow): Promise<string[]> {
  const names = await readdir(join(conversation.home, 'sent'), { recursive: true }).catch(() => []);
  return names.sort();
}

/** Resolves when nothing is left of what was given. */
async function nothingLeft(window: TestWindow): Promise<void> {
  while ((await given(window)).length > 0) await new Promise((resolve) => setImmediate(resolve));
}

describe('a picture that would fill the memory of the browser', () => {
  it('has no address, however small its file is', async () => {
    const { alice, bob } = await meet();
    const huge = Buffer.from(picture);
    huge.writeUInt32BE(10_001, 16);
    huge.writeUInt32BE(10_000, 20);
    await put(bob.client, 'huge.png', huge);
    const { id } = await alice.client.event('fileDone');
    expect(await alice.client.answer('media', { member: 'bob', id })).toMatchObject({ code: 'ERR_OPEN_FAILED' });
  });
});

describe('a file given in the window', () => {
  it('arrives, is told of in all faces, and is not kept where it is nothing that is shown', async () => {
    const { alice, bob } = await meet();
    const content = randomBytes(300_000);
    const { status, body } = await put(bob.client, 'notes & more.bin', content);
    expect({ status, body: JSON.parse(body.toString()) }).toEqual({ status: 200, body: { name: 'notes & more.bin' } });
    expect(await bob.client.event('outgoingFile')).toMatchObject({ member: 'alice', name: 'notes & more.bin' });
    const { path } = await alice.client.event('fileDone');
    expect(await readFile(String(path))).toEqual(content);
    expect(await bob.client.event('fileDone')).toMatchObject({ direction: 'out', path: null });
    await nothingLeft(bob);
  });

  it('is kept where it is a picture, and shown on both sides, also by those who come later', async () => {
    const { alice, bob } = await meet();
    expect(await put(bob.client, 'sun.png', picture)).toMatchObject({ status: 200 });
    await Promise.all([alice.client.event('fileDone'), bob.client.event('fileDone')]);
    for (const [{ client }, member] of [
      [alice, 'bob'],
      [bob, 'alice'],
    ] as const) {
      const later = await client.anotherTab();
      const { messages } = (await later.done('history', { member })) as { messages: { id: string; file: object }[] };
      expect(messages).toMatchObject([{ text: null, file: { name: 'sun.png', sizeBytes: picture.length } }]);
      const media = await later.done('media', { member, id: messages[0]?.id });
      expect(media).toMatchObject({ kind: 'picture', mediaType: 'image/png' });
      const { origin, pathname } = new URL(String(media.url));
      expect(origin).not.toBe(client.origin);
      const { status, headers, body } = await ask(origin, pathname);
      expect({ status, body }).toEqual({ status: 200, body: picture });
      expect(headers).toMatchObject({ 'content-type': 'image/png', 'x-content-type-options': 'nosniff' });
      expect(headers['content-security-policy']).toMatch(/^sandbox; default-src 'none'/);
      expect(headers['set-cookie']).toBeUndefined();
      // Another tab, or the same one loaded anew, is given the same address.
      expect(await client.done('media', { member, id: messages[0]?.id })).toMatchObject({ url: media.url });
      later.close();
    }
    expect(await given(bob)).toHaveLength(2);
  });

  it('waits for whoever is not here, and whoever comes later is told so', async () => {
    const { alice, bob } = await meet();
    await alice.conversation.door.close();
    await bob.client.event('disconnected');
    expect(await put(bob.client, 'later.bin', 'later')).toMatchObject({ status: 200 });
    const later = await bob.client.anotherTab();
    expect(await later.event('hello')).toMatchObject({
      files: [{ member: 'alice', id: null, direction: 'out', name: 'later.bin', state: 'waiting', doneBytes: 0 }],
    });
    expect(await given(bob)).toHaveLength(2);
    expect(await later.done('cancel', { member: 'alice' })).toMatchObject({ count: 1 });
    await nothingLeft(bob);
    later.close();
  });

  it('leaves nothing behind where it is declined', async () => {
    const alice = await windows.of(circle, 'alice', { decideOffer: () => 'declined' });
    const bob = await windows.of(circle, 'bob', { who: alice.conversation.who });
    await bob.conversation.event('connected');
    expect(await put(bob.client, 'sun.png', picture)).toMatchObject({ status: 200 });
    await bob.client.event('fileDeclined');
    await nothingLeft(bob);
  });

  it('is swept away where a run that had no window has sent it, and nothing else is', async () => {
    const { alice, bob } = await meet();
    const sent = join(bob.conversation.home, 'sent');
    for (const [folder, content] of [
      ['given-waits', 'x'],
      ['given-gone', 'x'],
      ['given-shown', picture],
      ['mine', 'x'],
    ] as const) {
      await mkdir(join(sent, folder), { recursive: true });
      await writeFile(join(sent, folder, 'file'), content);
    }
    await alice.conversation.door.close();
    await bob.client.event('disconnected');
    await bob.conversation.door.files.send('alice', join(sent, 'given-waits', 'file'));
    await bob.conversation.door.close();
    await bob.chat.close();
    const long = new Date(Date.now() - 2 * 60 * 60 * 1000);
    for (const folder of await readdir(sent)) await utimes(join(sent, folder), long, long);
    const later = await windows.of(circle, 'bob');
    await later.conversation.event('outgoingFile');
    while ((await readdir(sent)).includes('given-gone')) await new Promise((resolve) => setImmediate(resolve));
    expect((await readdir(sent)).sort()).toEqual(['given-shown', 'given-waits', 'mine']);
  });

  it.each([
    '',
    '.',
    '..',
    '../x',
    'a/b',
    'a\\b',
    '/etc/passwd',
    '.profile',
    'nul',
    'con.txt',
    'a\0b',
    'a\u202eb',
    ' x',
    'x.',
    'x'.repeat(300),
    `x.${'0'.repeat(16)}.part`,
  ])('may not be called %j', async (name) => {
    const { bob } = await meet();
    const { status, body } = await put(bob.client, name, 'x');
    expect(status).toBe(400);
    expect(JSON.parse(body.toString())).toMatchObject({ error: { code: 'ERR_USAGE' } });
    expect(await given(bob)).toEqual([]);
  });

  it('is for somebody that we know', async () => {
    const { bob } = await meet();
    expect(await put(bob.client, 'a.txt', 'x', 'nobody')).toMatchObject({ status: 404 });
    expect(await bob.client.ask('files?name=a.txt', { method: 'PUT', body: 'x' })).toMatchObject({ status: 400 });
    expect(await bob.client.ask('files?member=alice&member=bob&name=a', { method: 'PUT', body: 'x' })).toMatchObject({
      status: 400,
    });
    expect(await given(bob)).toEqual([]);
  });

  it('may not be longer than there is room for, nor of no known length', async () => {
    const { bob } = await meet();
    const path = 'files?member=alice&name=a.bin';
    const tooLong = { 'Content-Length': String(2 ** 50), Expect: '100-continue' };
    expect(await bob.client.ask(path, { method: 'PUT', headers: tooLong })).toMatchObject({ status: 400 });
    const chunked = { 'Transfer-Encoding': 'chunked' };
    expect(await bob.client.ask(path, { method: 'PUT', headers: chunked, body: 'x' })).toMatchObject({ status: 400 });
    expect(await given(bob)).toEqual([]);
  });

  it('that stands still is broken off, and nothing is left of it', async () => {
    const { client, ...bob } = await windows.of(circle, 'bob', {}, { timing: { silenceMs: 100 } });
    const meets = await windows.of(circle, 'alice', { who: bob.conversation.who });
    await meets.conversation.event('connected');
    const { hostname, port } = new URL(client.origin);
    const socket = connect({ host: hostname, port: Number(port) });
    const { Cookie, Origin } = client.headers;
    socket.write(`PUT ${client.base}files?member=alice&name=half.bin HTTP/1.1\r\nHost: ${hostname}:${port}\r\n`);
    socket.write(`Cookie: ${Cookie}\r\nOrigin: ${Origin}\r\nContent-Length: 1000000\r\n\r\nx`);
    await once(socket.resume(), 'close');
    await client.ask('folders/0123-4567-89ab/a.txt', { method: 'PUT', body: 'x' });
    await nothingLeft({ client, ...bob });
  });

  it('that is broken off is not sent, and nothing is left of it', async () => {
    const { bob, alice } = await meet();
    const { hostname, port } = new URL(bob.client.origin);
    const socket = connect({ host: hostname, port: Number(port) });
    const { Cookie, Origin } = bob.client.headers;
    socket.write(`PUT ${bob.client.base}files?member=alice&name=half.bin HTTP/1.1\r\nHost: ${hostname}:${port}\r\n`);
    socket.write(`Cookie: ${Cookie}\r\nOrigin: ${Origin}\r\nContent-Length: 1000000\r\n\r\n${'x'.repeat(1000)}`);
    while ((await given(bob)).length === 0) await new Promise((resolve) => setImmediate(resolve));
    socket.destroy();
    await once(socket, 'close');
    await nothingLeft(bob);
    expect(alice.client.events.some(({ event }) => String(event).startsWith('file'))).toBe(false);
  });
});

describe('a folder given in the window', () => {
  const folder = 'folders/0123-4567-89ab';

  it('arrives as it was', async () => {
    const { alice, bob } = await meet();
    for (const [path, body] of [
      ['a.txt', 'one'],
      ['deep%20er/b%20%C3%BC.txt', 'two'],
    ]) {
      expect(await bob.client.ask(`${folder}/${path}`, { method: 'PUT', body: body ?? '' })).toMatchObject({
        status: 200,
      });
    }
    const offered = await bob.client.ask(`${folder}?member=alice&name=summer`, { method: 'POST' });
    expect(offered).toMatchObject({ status: 200 });
    const { path, isFolder } = await alice.client.event('fileDone');
    expect(isFolder).toBe(true);
    expect(await readFile(join(String(path), 'a.txt'), 'utf8')).toBe('one');
    expect(await readFile(join(String(path), 'deep er', 'b ü.txt'), 'utf8')).toBe('two');
    await bob.client.event('fileDone');
    await nothingLeft(bob);
  });

  it.each(['..%2fx', '%2e%2e/x', 'a/..%2f..%2fx', 'a%00b', 'a//b', 'a/', 'a%5cb', 'con', '%zz', 'a/%2e/b'])(
    'holds nothing called %j',
    async (path) => {
      const { bob } = await meet();
      const { status } = await bob.client.ask(`${folder}/${path}`, { method: 'PUT', body: 'x' });
      expect([400, 404]).toContain(status);
      expect(await given(bob)).toEqual([]);
      expect(existsSync(join(bob.conversation.home, 'x'))).toBe(false);
    },
  );

  it('leaves nothing behind where it is offered to nobody, or under no name, or the window closes', async () => {
    const { bob } = await meet();
    for (const query of ['member=nobody&name=summer', 'member=alice&name=..', '']) {
      await bob.client.ask(`${folder}/a.txt`, { method: 'PUT', body: 'x' });
      expect((await bob.client.ask(`${folder}?${query}`, { method: 'POST' })).status).toBeGreaterThanOrEqual(400);
      expect(await given(bob)).toEqual([]);
    }
    await bob.client.ask(`${folder}/a.txt`, { method: 'PUT', body: 'x' });
    await bob.chat.close();
    expect(await given(bob)).toEqual([]);
  });

  it('is private while it waits', async () => {
    const { bob } = await meet();
    await bob.client.ask(`${folder}/a.txt`, { method: 'PUT', body: 'x' });
    for (const name of ['.', ...(await given(bob))]) {
      expect((await stat(join(bob.conversation.home, 'sent', name))).mode & 0o077).toBe(0);
    }
  });
});

describe('what a page may show', () => {
  it.each([
    ['x.html', '<!doctype html><script>fetch("/")</script>'],
    ['x.svg', '<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'],
    ['x.png', '<html><script>alert(1)</script>'],
    ['x.xml', '<?xml version="1.0"?><x/>'],
    ['x.js', 'alert(1)'],
    ['x.pdf', '%PDF-1.7\n'],
    ['empty.png', ''],
  ])('is not %s that holds %j', async (name, content) => {
    const { alice, bob } = await meet();
    await put(bob.client, name, content);
    const { id } = await alice.client.event('fileDone');
    expect(await alice.client.answer('media', { member: 'bob', id })).toMatchObject({
      event: 'error',
      code: 'ERR_OPEN_FAILED',
    });
  });

  it('is what its content says, whatever its name says', async () => {
    const { alice, bob } = await meet();
    await put(bob.client, 'page.html', picture);
    const { id } = await alice.client.event('fileDone');
    const { url } = await alice.client.done('media', { member: 'bob', id });
    const { origin, pathname } = new URL(String(url));
    expect((await ask(origin, pathname)).headers['content-type']).toBe('image/png');
  });

  it('is nothing but files of that conversation', async () => {
    const { alice } = await meet();
    for (const id of ['', '../../identities', '0'.repeat(32), '%2e%2e']) {
      expect(await alice.client.answer('media', { member: 'bob', id })).toMatchObject({ event: 'error' });
    }
  });

  it('is at addresses that nobody can guess, under one name alone', async () => {
    const { alice, bob } = await meet();
    await put(bob.client, 'sun.png', picture);
    const { id } = await alice.client.event('fileDone');
    const { url } = await alice.client.done('media', { member: 'bob', id });
    const { origin, pathname, port } = new URL(String(url));
    for (const path of [
      '/',
      `${pathname}/`,
      `${pathname}/../x`,
      '/..%2f',
      `${pathname}?x`,
      pathname.slice(0, -1),
      '//',
    ]) {
      expect(await ask(origin, path)).toMatchObject({ status: 404 });
    }
    const asEvil = { headers: { Host: `evil.example:${port}` } };
    expect(await ask(origin, pathname, asEvil)).toMatchObject({ status: 403 });
    expect(await ask(origin, pathname, { method: 'PUT', body: 'x' })).toMatchObject({ status: 405 });
  });
});
