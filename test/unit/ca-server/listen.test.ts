import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { type AddressInfo, connect, createServer as createTcpServer } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Limits } from '../../../ca-server/auto-ca.js';
import { serveHome } from '../../../ca-server/serve-home.js';
import { formatHello, prologueOf } from '../../../src/enroll/hello.js';
import { requestHead, trips } from '../../../src/enroll/http.js';
import { type InviteLine, inviteKey } from '../../../src/enroll/invite.js';
import { NoiseHandshake } from '../../../src/enroll/noise.js';
import { formatRequest } from '../../../src/enroll/wire.js';
import { caOf } from '../../../src/ledger/signer.js';
import { openIssuer } from '../../../src/store/ca.js';
import type { Home } from '../../../src/store/home.js';
import { enrollInMemory, makeCaHome, realDeps, TestHost } from '../../helpers/enrollment.js';
import { keysHere } from '../../helpers/keys-here.js';

/** Writes octets to the server and returns everything it says until it closes. */
async function say(port: number, ...octets: (string | Buffer)[]): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  const answer: Buffer[] = [];
  socket.on('data', (chunk) => answer.push(chunk)).on('error', () => {});
  for (const part of octets) socket.write(part);
  await once(socket, 'close');
  return Buffer.concat(answer).toString('latin1');
}

function statusOf(answer: string): string | undefined {
  return /^HTTP\/1\.1 (\d{3})/.exec(answer)?.[1];
}

/** A guest written by hand, for sending what our client never would. */
function handmadeGuest(invite: InviteLine) {
  const beginning = { mode: 'invite', ...invite } as const;
  const handshake = new NoiseHandshake({
    role: 'initiator',
    prologue: prologueOf(beginning),
    psk: inviteKey(invite),
    ephemeral: randomBytes(32),
  });
  return { handshake, hello: post(trips.hello.path, formatHello(beginning, handshake.writeMessage())) };
}

function post(path: string, body: Buffer): Buffer {
  return Buffer.concat([requestHead(path, body.length), body]);
}

describe('the Auto CA towards guests it does not know', () => {
  let host: TestHost;
  const start = async (limits: Partial<Limits> = {}): Promise<void> => {
    host = await TestHost.start(limits);
  };
  afterEach(async () => {
    // Whatever was done to it, it serves the next guest.
    expect((await enrollInMemory(await host.invite({ member: 'last' }))).enrolled.identity.member).toBe('last');
    await host.stop();
  });

  const hello = post(trips.hello.path, Buffer.alloc(58, 1));
  const text = hello.toString('latin1');
  it.each<[string, string | Buffer, string]>([
    ['a hello that is noise', hello, '403'],
    ['a browser', 'GET / HTTP/1.1\r\nHost: 192.168.1.100\r\nConnection: close\r\n\r\n', '404'],
    ['a browser at the right path', 'GET /enroll/hello HTTP/1.1\r\nHost:qtchat\r\nConnection:close\r\n\r\n', '404'],
    ['HTTP/1.0', text.replace('HTTP/1.1', 'HTTP/1.0'), '400'],
    ['another host', text.replace('Host:qtchat', 'Host:qtcha7'), '400'],
    ['a header more', text.replace('\r\n\r\n', '\r\nCookie:a\r\n\r\n'), '400'],
    ['a header less', text.replace('Content-Type:application/octet-stream\r\n', ''), '400'],
    ['a compressed body', text.replace('\r\n\r\n', '\r\nContent-Encoding:gzip\r\n\r\n'), '400'],
    ['a query', text.replace('/enroll/hello', '/enroll/hello?a'), '400'],
    ['another case', text.replace('/enroll/hello', '/Enroll/hello'), '404'],
    [
      'a body over the limit',
      `${text.split('\r\n\r\n')[0]?.replace('Content-Length:58', 'Content-Length:5800000')}\r\n\r\n`,
      '400',
    ],
    ['a chunked body', text.replace('Content-Length:58', 'Transfer-Encoding:chunked'), '400'],
    ['a request that had no hello', post(trips.request.path, Buffer.alloc(1040)), '403'],
    ['an acknowledgement that had no hello', post(trips.acknowledge.path, Buffer.alloc(16)), '403'],
    ['a head over the limit', `POST /enroll/hello HTTP/1.1\r\nHost:${'a'.repeat(5000)}\r\n\r\n`, '400'],
    ['a TLS client', Buffer.from('16030100c8010000c40303', 'hex'), '400'],
    ['a NUL', Buffer.alloc(10), '400'],
  ])('refuses %s', async (_title, octets, status) => {
    await start();
    const answer = await say(host.port, octets);
    expect(statusOf(answer)).toBe(status);
    expect(answer).not.toMatch(/express|node|\.ts|\/src\/|stack/i);
  });

  it('says the same to every guest it refuses', async () => {
    await start();
    const invite = await host.invite();
    const spent = await host.invite({ member: 'carol' });
    await enrollInMemory(spent);
    await host.event('enrolled');
    const answers = [
      await say(host.port, hello),
      await say(host.port, handmadeGuest(spent).hello),
      await say(host.port, handmadeGuest({ ...invite, secret: Buffer.alloc(16) }).hello),
      await say(host.port, post(trips.request.path, Buffer.alloc(1040))),
    ];
    expect(new Set(answers).size).toBe(1);
    expect(answers[0]).toContain('ask for a new one');
  });

  it.each([
    ['the head', hello.subarray(0, 40)],
    ['the body', hello.subarray(0, -1)],
  ])('gives up a guest that never finishes %s', async (_title, octets) => {
    await start({ headTimeoutMs: 100, requestTimeoutMs: 150 });
    expect(statusOf(await say(host.port, octets))).toBe('400');
  });

  it('ends a connection that does nothing at all', async () => {
    await start({ connectionTimeoutMs: 500 });
    expect(await say(host.port)).toBe('');
  });

  it('ends an enrolment that takes too long, and the invite stays good', async () => {
    await start({ connectionTimeoutMs: 200 });
    const invite = await host.invite();
    expect(statusOf(await say(host.port, handmadeGuest(invite).hello))).toBe('200');
    expect(await host.stateOf(invite)).toBe('open');
  });

  it('takes no second step on another connection', async () => {
    await start({ connectionTimeoutMs: 300 });
    const invite = await host.invite();
    const { handshake, hello: first } = handmadeGuest(invite);
    const answer = Buffer.from(await say(host.port, first), 'latin1');
    handshake.readMessage(answer.subarray(-48));
    const request = handshake.split().send.encrypt(formatRequest({}));
    expect(statusOf(await say(host.port, post(trips.request.path, request)))).toBe('403');
    expect(await host.stateOf(invite)).toBe('open');
  });

  it('takes no second hello on one connection', async () => {
    await start();
    const invite = await host.invite();
    const answer = await say(host.port, handmadeGuest(invite).hello, handmadeGuest(invite).hello);
    expect(answer).toMatch(/^HTTP\/1\.1 200 OK[\s\S]*HTTP\/1\.1 403 Forbidden/);
  });

  it('answers no more requests on one connection than an enrolment has', async () => {
    await start({ helloBurst: 1000 });
    await say(host.port, Buffer.concat(Array<Buffer>(300).fill(hello)));
    expect(host.events.filter(({ event }) => event === 'refused').length).toBeLessThan(6);
  });

  it.each<[string, Buffer]>([
    ['is no CSR', Buffer.from('hello')],
    ['is empty', Buffer.alloc(0)],
    ['is random', randomBytes(300)],
  ])('refuses a CSR that %s', async (_title, csr) => {
    await start();
    const invite = await host.invite();
    const { handshake, hello: first } = handmadeGuest(invite);
    const socket = connect(host.port, '127.0.0.1').on('error', () => {});
    socket.write(first);
    const [answer] = (await once(socket, 'data')) as [Buffer];
    handshake.readMessage(answer.subarray(-48));
    socket.write(post(trips.request.path, handshake.split().send.encrypt(formatRequest({ csr }))));
    const [refusal] = (await once(socket, 'data')) as [Buffer];
    expect(statusOf(refusal.toString('latin1'))).toBe('403');
    socket.destroy();
    expect(await host.stateOf(invite)).toBe('open');
  });

  it('lets one address hold a few connections only', async () => {
    await start({ connectionsPerAddress: 2 });
    const held = [connect(host.port, '127.0.0.1'), connect(host.port, '127.0.0.1')];
    await Promise.all(held.map((socket) => once(socket, 'connect')));
    expect(await say(host.port)).toBe('');
    for (const socket of held) socket.destroy();
    await Promise.all(held.map((socket) => once(socket, 'close')));
  });
});

describe('the Auto CA towards an address that asks too often', () => {
  it('answers so many hellos at once, then one whenever the average makes one', async () => {
    const host = await TestHost.start({ helloBurst: 2, hellosPerSecond: 0.5 });
    try {
      const hello = post(trips.hello.path, Buffer.alloc(58, 1));
      const statuses = [];
      for (let count = 0; count < 3; count += 1) statuses.push(statusOf(await say(host.port, hello)));
      expect(statuses).toEqual(['403', '403', '429']);
      let status = '429';
      while (status === '429') status = statusOf(await say(host.port, hello)) ?? '';
      expect(status).toBe('403');
      expect(statusOf(await say(host.port, hello))).toBe('429');
    } finally {
      await host.stop();
    }
  });
});

describe('the Auto CA in trouble', () => {
  let home: Home;
  beforeEach(async () => {
    home = await makeCaHome();
  });
  afterEach(() => rm(home.folder, { recursive: true, force: true }));

  const serveOptions = async () => ({
    ca: caOf(await openIssuer(home, undefined), home, realDeps),
    keys: keysHere(),
    deps: realDeps,
    log: () => {},
  });

  it('tells a guest only a number, and the host what happened', async () => {
    const host = await TestHost.start();
    const invite = await host.invite();
    await host.ledger.schema.alterTable('invite').renameTo('elsewhere').execute();
    const answer = await say(host.port, handmadeGuest(invite).hello);
    expect(statusOf(answer)).toBe('500');
    expect(answer).not.toContain('invite');
    const event = await host.event('failed');
    expect(event.reason).toContain('invite');
    expect(answer).toContain(event.requestId);
    await host.stop();
  });

  it('names the port that is in use', async () => {
    const other = createTcpServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    const options = await serveOptions();
    await expect(serveHome(home, { ...options, host: '127.0.0.1', port })).rejects.toMatchObject({
      code: 'ERR_PORT_IN_USE',
      message: `port ${port} is in use already`,
    });
    other.close();
  });

  it('says when an address is none of its own', async () => {
    const options = await serveOptions();
    await expect(serveHome(home, { ...options, host: '192.0.2.1', port: 0 })).rejects.toMatchObject({
      code: 'ERR_ADDRESS_UNAVAILABLE',
    });
  });
});

describe('the Auto CA when it stops', () => {
  let host: TestHost;
  beforeEach(async () => {
    host = await TestHost.start({ stopTimeoutMs: 200 });
  });

  it('ends although guests hold connections', async () => {
    const held = connect(host.port, '127.0.0.1').on('error', () => {});
    await once(held, 'connect');
    held.write('POST /enroll/hello HTTP/1.1\r\n');
    const closed = once(held, 'close');
    held.resume();
    await host.stop();
    await closed;
  });

  it('takes no more guests', async () => {
    const invite = await host.invite();
    await host.stop();
    await expect(enrollInMemory(invite)).rejects.toMatchObject({ code: 'ERR_ENROLL_UNREACHABLE' });
  });
});
