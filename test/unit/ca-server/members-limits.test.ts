/** What strangers and members can hold of the port for members: each is cut off, and the next member is served. */
import { once } from 'node:events';
import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { afterEach, describe, expect, it } from '@jest/globals';
import type { Limits } from '../../../ca-server/auto-ca.js';
import { askAutoCa } from '../../../src/enroll/members-client.js';
import { memberPaths } from '../../../src/enroll/members-wire.js';
import { toPem } from '../../../src/pki/pem.js';
import { privateKeyToPem } from '../../../src/pki/private-key.js';
import type { Identity } from '../../../src/store/identities.js';
import { enrollInMemory, realDeps, TestHost } from '../../helpers/enrollment.js';

let host: TestHost;
let identity: Identity;
const sockets: Socket[] = [];

async function start(limits: Partial<Limits> = {}): Promise<void> {
  host = await TestHost.start(limits, realDeps, { tlsPort: 0 });
  ({ identity } = (await enrollInMemory(await host.invite(), { localKey: true })).enrolled);
}

function askAsMember() {
  const question = { method: 'GET', path: memberPaths.member, limitBytes: 10_000 } as const;
  const place = { addresses: ['127.0.0.1'], port: host.members.port };
  return askAutoCa(place, question, identity);
}

afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  // Whatever was done to it, it serves the next member.
  expect((await askAsMember()).status).toBe(200);
  await host.stop();
});

function silent(): Socket {
  const socket = connectTcp(host.members.port, '127.0.0.1').on('error', () => {});
  sockets.push(socket);
  return socket;
}

async function asMember(): Promise<Socket> {
  const socket = connectTls({
    host: '127.0.0.1',
    port: host.members.port,
    key: privateKeyToPem(identity.privateKey),
    cert: toPem(...identity.chain),
    ca: [identity.trustAnchor.toString()],
    checkServerIdentity: () => undefined,
  });
  socket.on('error', () => {});
  sockets.push(socket);
  await once(socket, 'secureConnect');
  return socket;
}

/** Everything that is answered until the server closes. */
async function answerTo(socket: Socket, ...octets: (string | Buffer)[]): Promise<string> {
  const chunks: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  for (const part of octets) socket.write(part);
  await once(socket, 'close');
  return Buffer.concat(chunks).toString('latin1');
}

const head = (path: string, more = ''): string => `GET ${path} HTTP/1.1\r\nHost: x\r\n${more}\r\n`;

describe('the port for members', () => {
  it.each<[string, Buffer]>([
    ['says nothing', Buffer.alloc(0)],
    ['speaks no TLS', Buffer.from('GET /crl HTTP/1.1\r\n\r\n')],
    ['begins a handshake and stops', Buffer.from('16030100', 'hex')],
  ])('cuts off who %s', async (_, octets) => {
    await start({ headTimeoutMs: 300, connectionTimeoutMs: 1000 });
    await answerTo(silent(), octets);
  });

  it('cuts off a member whose request takes too long', async () => {
    await start({ headTimeoutMs: 200, requestTimeoutMs: 400, connectionTimeoutMs: 2000 });
    const post = `POST ${memberPaths.rekey} HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n`;
    expect(await answerTo(await asMember(), post, 'x')).toMatch(/^(HTTP\/1\.1 4\d\d .*)?/);
    expect(await answerTo(await asMember(), 'GET / HT')).toMatch(/^(HTTP\/1\.1 4\d\d .*)?/);
  });

  it.each<[string, string, RegExp]>([
    ['a head that is too long', head('/crl', `X: ${'x'.repeat(5000)}\r\n`), /^(HTTP\/1\.1 4\d\d )?/],
    [
      'a body where none is taken',
      'POST /renew HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello',
      /^HTTP\/1\.1 400 /,
    ],
    [
      'a body that is longer than its limit says',
      `POST /revoke HTTP/1.1\r\nHost: x\r\nContent-Length: 99999\r\n\r\n`,
      /^HTTP\/1\.1 400 /,
    ],
    [
      'a compressed body',
      `POST /revoke HTTP/1.1\r\nHost: x\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc`,
      /^HTTP\/1\.1 400 /,
    ],
  ])('refuses %s', async (_, request, expected) => {
    await start({ headTimeoutMs: 500, requestTimeoutMs: 1000 });
    const answer = await answerTo(await asMember(), request);
    expect(answer).toMatch(expected);
    expect(answer).not.toMatch(/ 200 /);
  });

  it('ends a connection that asks again and again, without reading the answers', async () => {
    await start({ hellosPerSecond: 1000, helloBurst: 1000 });
    const answer = await answerTo(await asMember(), head('/none').repeat(200));
    expect(answer.split('HTTP/1.1').length).toBeLessThan(30);
  });

  it('lets one address hold a few connections only', async () => {
    await start({ connectionsPerAddress: 3, headTimeoutMs: 3000 });
    const held = [silent(), silent(), silent()];
    await Promise.all(held.map((socket) => once(socket, 'connect')));
    await answerTo(silent());
    expect(held.map(({ closed }) => closed)).toEqual([false, false, false]);
    // The server ends them, so that there is room for the next member when they are closed here.
    await Promise.all(held.map((socket) => once(socket, 'close')));
  });

  it('lets one address ask so many times a second', async () => {
    await start({ hellosPerSecond: 0.001, helloBurst: 3 });
    const statuses: string[] = [];
    for (let count = 0; count < 4; count += 1) {
      statuses.push((await answerTo(await asMember(), head(memberPaths.member))).slice(9, 12));
    }
    expect(statuses).toEqual(['200', '200', '200', '429']);
    await host.stop();
    await start();
  });
});
