/** Who gets in at the window's server, and what everybody else can do with it. */
import { once } from 'node:events';
import { readdir, readFile, stat } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { dirname, join } from 'node:path';
import { afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { WebSocket } from 'ws';
import { makeCircle, type TestCircle } from '../helpers/certificates.js';
import { Meeting } from '../helpers/conversations.js';
import { FakeDesktop } from '../helpers/fake-desktop.js';
import { type Asking, ask, upgradeStatus, WindowClient } from '../helpers/window-client.js';
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

const open = (): Promise<TestWindow> => windows.of(circle, 'alice');

describe('the link to a window', () => {
  it('lets a browser in and is gone from its address', async () => {
    const { client } = await open();
    const page = await client.ask('');
    expect(page.status).toBe(200);
    expect(page.headers['content-type']).toBe('text/html; charset=utf-8');
    expect(client.base).toMatch(/^\/[\w-]{22}\/$/);
    expect(client.events[0]).toMatchObject({
      event: 'hello',
      run: expect.stringMatching(/^[\w-]{22}$/),
      self: { member: 'alice' },
    });
  });

  it('gives a cookie that scripts do not see, and that goes nowhere else', async () => {
    const { chat } = await open();
    const { url } = await chat.open();
    const { origin, pathname, search, port } = new URL(url);
    const { headers } = await ask(origin, pathname + search);
    const base = /url=(\S+)/.exec(String(headers.refresh))?.[1];
    expect(headers['set-cookie']).toEqual([
      expect.stringMatching(new RegExp(`^qtchat-${port}=[\\w-]{43}; HttpOnly; SameSite=Strict; Path=${base}$`)),
    ]);
  });

  it('works once', async () => {
    const { chat } = await open();
    const { url } = await chat.open();
    await WindowClient.enter(url);
    await expect(WindowClient.enter(url)).rejects.toThrow('403');
  });

  it('is not used up by whoever only looks at it', async () => {
    const { chat } = await open();
    const { url } = await chat.open();
    const { origin, pathname, search } = new URL(url);
    expect(await ask(origin, pathname + search, { method: 'HEAD' })).toMatchObject({ status: 403 });
    await WindowClient.enter(url);
  });

  it('is void when there is a newer one', async () => {
    const { chat } = await open();
    const { url } = await chat.open();
    const { url: newer } = await chat.open();
    await expect(WindowClient.enter(url)).rejects.toThrow('403');
    await WindowClient.enter(newer);
  });

  it.each(['', 'x', 'A'.repeat(43)])('does not work with the token %j', async (token) => {
    const { chat } = await open();
    const { origin } = new URL((await chat.open()).url);
    const { status, headers, body } = await ask(origin, `/?token=${token}`);
    expect(status).toBe(403);
    expect(headers['set-cookie']).toBeUndefined();
    expect(body.toString()).toContain('Open the link that qtchat prints');
  });

  it('does not work twice in one address', async () => {
    const { chat } = await open();
    const { url } = await chat.open();
    const { origin, search } = new URL(url);
    expect(await ask(origin, `/${search}&${search.slice(1)}`)).toMatchObject({ status: 403 });
  });

  it('reaches the browser in a private file, which no argument names the secret of', async () => {
    const desktop = new FakeDesktop();
    const home = join((await meeting.at('opened')).home);
    const chat = await windows.alone(home, { opensBrowser: true, desktop });
    const { url } = await chat.open();
    const [{ path } = { path: '' }] = desktop.launched;
    expect(path).not.toContain(new URL(url).searchParams.get('token'));
    expect(await readFile(path, 'utf8')).toContain(url);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect((await stat(dirname(path))).mode & 0o777).toBe(0o700);
    // Whoever has come in needs it no more.
    await WindowClient.enter(url);
    while ((await readdir(join(home, 'store'))).length > 0) await new Promise((resolve) => setImmediate(resolve));
    await chat.open();
    await chat.close();
    expect(await readdir(join(home, 'store'))).toEqual([]);
  });

  it('is told where the desktop does not open it', async () => {
    const desktop = new FakeDesktop({});
    const chat = await windows.alone((await meeting.at('opened')).home, { opensBrowser: true, desktop });
    const { url, line } = await chat.open();
    expect(line).toContain('there is no desktop here');
    expect(line).toContain(url);
  });
});

describe('whoever has no cookie', () => {
  it.each(['/', '/main.js', '/events', '/files', '/%2e%2e/', '/favicon.ico', '//'])(
    'gets nothing at %s',
    async (path) => {
      const { client } = await open();
      const { status, body } = await ask(client.origin, path);
      expect(status).toBe(403);
      expect(body.toString()).toContain('This window is closed');
    },
  );

  it('gets nothing below the base either, which it cannot know', async () => {
    const { client } = await open();
    for (const name of ['', 'main.js', 'events']) {
      expect(await ask(client.origin, client.base + name)).toMatchObject({ status: 403 });
    }
  });

  it('gets nothing with the cookie of another', async () => {
    const { client } = await open();
    const [name, secret = ''] = client.cookie.split('=');
    for (const cookie of [`${name}=`, `${name}=${secret}x`, `qtchat-1=${secret}`, `x${client.cookie}`]) {
      expect(await ask(client.origin, client.base, { headers: { Cookie: cookie } })).toMatchObject({ status: 403 });
      expect(await upgradeStatus(client.eventsUrl, { Cookie: cookie, Origin: client.origin })).toBe(403);
    }
  });
});

describe('strangers who are refused', () => {
  const socketHead = 'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n';

  it.each([
    ['and keep their side of a WebSocket open', `GET / HTTP/1.1\r\n${socketHead}`],
    ['before they have sent all', 'POST / HTTP/1.1\r\nContent-Length: 1000\r\n'],
  ])('%s leave room for others', async (_title, head) => {
    const { client } = await open();
    const { hostname, port, host } = new URL(client.origin);
    const strangers: Socket[] = [];
    for (let count = 0; count < 128; count += 1) {
      const stranger = connect({ port: Number(port), host: hostname, allowHalfOpen: true });
      strangers.push(stranger);
      stranger.on('error', () => {}).write(`${head}Host: ${host}\r\n\r\n`);
      stranger.resume();
      await once(stranger, 'end');
    }
    expect(await client.ask('')).toMatchObject({ status: 200 });
    for (const stranger of strangers) stranger.destroy();
  });
});

describe('a page of somebody else', () => {
  const foreign = [
    'http://evil.example',
    'null',
    'http://127.0.0.1',
    'http://localhost',
    'http://127.0.0.1:1',
    'https://127.0.0.1',
  ];

  it.each(foreign)('of %s opens no WebSocket, though the browser sends the cookie', async (origin) => {
    const { client } = await open();
    expect(await upgradeStatus(client.eventsUrl, { Cookie: client.cookie, Origin: origin })).toBe(403);
  });

  it('opens no WebSocket without saying where it is from', async () => {
    const { client } = await open();
    expect(await upgradeStatus(client.eventsUrl, { Cookie: client.cookie })).toBe(403);
  });

  it.each(['POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'PROPFIND'])('changes nothing by %s', async (method) => {
    const { client } = await open();
    for (const origin of [...foreign, undefined]) {
      const headers = { Cookie: client.cookie, ...(origin !== undefined && { Origin: origin }) };
      const path = `${client.base}files?member=bob&name=a.txt`;
      const { status, headers: answer } = await ask(client.origin, path, { method, headers });
      expect(status).toBe(403);
      expect(Object.keys(answer).filter((name) => name.startsWith('access-control'))).toEqual([]);
    }
  });

  it.each(['evil.example', 'localhost', '127.0.0.1', '127.0.0.1.', '[::1]', '127.0.0.1:80'])(
    'that has the name %s lead here is refused (DNS rebinding)',
    async (name) => {
      const { client } = await open();
      const { port } = new URL(client.origin);
      for (const host of [name, `${name}:${port}`].filter((one) => one !== `127.0.0.1:${port}`)) {
        const headers = { ...client.headers, Host: host };
        const { status, body } = await ask(client.origin, client.base, { headers });
        expect({ host, status, body: body.toString() }).toEqual({ host, status: 403, body: '' });
        expect(await upgradeStatus(client.eventsUrl, headers)).toBe(403);
      }
    },
  );

  it('uses no link up under another name', async () => {
    const { chat } = await open();
    const { url } = await chat.open();
    const { origin, pathname, search } = new URL(url);
    const asking: Asking = { headers: { Host: 'evil.example' } };
    expect(await ask(origin, pathname + search, asking)).toMatchObject({ status: 403 });
    await WindowClient.enter(url);
  });
});

describe('every answer', () => {
  it.each(['', 'main.js', 'nothing', '../', '..%2f..%2fetc/passwd', '%00', 'main.js/', 'MAIN.JS', '%zz'])(
    'for %j forbids what a page does not need',
    async (path) => {
      const { client } = await open();
      const { status, headers } = await client.ask(path);
      expect([200, 400, 403, 404]).toContain(status);
      if (!['', 'main.js'].includes(path)) expect(status).not.toBe(200);
      const policy = String(headers['content-security-policy']);
      expect(policy).toContain("default-src 'none'; script-src 'self'; style-src 'self'");
      expect(policy).toContain("frame-ancestors 'none'");
      expect(policy).not.toContain('unsafe');
      expect(headers).toMatchObject({
        'x-content-type-options': 'nosniff',
        'referrer-policy': 'no-referrer',
        'cache-control': 'no-store',
        'cross-origin-opener-policy': 'same-origin',
        'cross-origin-resource-policy': 'same-origin',
      });
      expect(headers['access-control-allow-origin']).toBeUndefined();
      expect(headers['x-powered-by']).toBeUndefined();
    },
  );
});

describe('a tab', () => {
  it('is closed for a message of more than a megabyte', async () => {
    const { client } = await open();
    const closed = new Promise<number>((resolve) => client.socket?.once('close', resolve));
    client.socket?.send('x'.repeat(1024 * 1024 + 1));
    expect(await closed).toBe(1009);
  });

  it('is closed for octets that are no text', async () => {
    const { client } = await open();
    const closed = new Promise<number>((resolve) => client.socket?.once('close', resolve));
    client.socket?.send(Buffer.from([1, 2, 3]));
    expect(await closed).toBe(1003);
  });

  it.each(['', 'x', '[]', '{}', 'null', '{"command":"nothing"}', '{"command":"__proto__"}', '{"command":{}}'])(
    'hears an error for %j, and goes on',
    async (line) => {
      const { client } = await open();
      client.socket?.send(line);
      expect(await client.event('error')).toMatchObject({ code: 'ERR_USAGE', ref: null });
      await client.done('accept').catch((error: Error) => expect(error.message).toContain('no such file'));
    },
  );

  it.each([
    ['file', { member: 'bob', path: '/etc/passwd' }],
    ['quit', {}],
  ])('cannot ask for %s: a page names no files of this computer and ends nothing', async (command, fields) => {
    const { client } = await open();
    expect(await client.answer(command, fields)).toMatchObject({ event: 'error', code: 'ERR_USAGE' });
  });

  it('that does not read is closed, and the others go on', async () => {
    const { client, chat } = await open();
    const deaf = await client.anotherTab();
    await deaf.event('hello');
    const gone = new Promise((resolve) => deaf.socket?.once('close', resolve));
    deaf.socket?.pause();
    // More than sockets hold and the bridge keeps, in pieces that the other tab takes.
    for (let count = 0; count < 64; count += 1) {
      chat.tell(`${count} ${'x'.repeat(1024 * 1024)}`);
      await client.event('notice', ({ text }) => String(text).startsWith(`${count} `));
    }
    deaf.socket?.resume();
    await gone;
    expect(deaf.events.length).toBeLessThan(64);
  });

  it('that does not answer a ping is closed, and one that does is not', async () => {
    const { client } = await windows.of(circle, 'alice', {}, { timing: { pingMs: 50 } });
    const socket = new WebSocket(client.eventsUrl, { headers: client.headers, autoPong: false });
    await once(socket, 'close');
    expect(client.socket?.readyState).toBe(WebSocket.OPEN);
  });

  it('is refused where there are sixteen', async () => {
    const { client } = await open();
    const tabs = [];
    for (let count = 1; count < 16; count += 1) tabs.push(await client.anotherTab());
    expect(await upgradeStatus(client.eventsUrl, client.headers)).toBe(503);
    for (const tab of tabs) tab.close();
  });
});
