/** Watching an Auto CA: whether it works, what it counts, and the page for admins. */
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { request as askPlainly, type IncomingMessage } from 'node:http';
import { request as askMembers } from 'node:https';
import { type AddressInfo, connect } from 'node:net';
import { networkInterfaces } from 'node:os';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import express from 'express';
import { noDoor, routerOf } from '../../../ca-server/authorize/access.js';
import { escapeHtml } from '../../../ca-server/page.js';
import { healthRoute } from '../../../ca-server/routes/health.js';
import { Watch } from '../../../ca-server/watch.js';
import { grantAdmin, withdrawAdmin } from '../../../src/ledger/admins.js';
import { toPem } from '../../../src/pki/pem.js';
import { privateKeyToPem } from '../../../src/pki/private-key.js';
import { openIssuer } from '../../../src/store/ca.js';
import type { Identity } from '../../../src/store/identities.js';
import { enrollInMemory, realDeps, TestHost } from '../../helpers/enrollment.js';
import { makeLedger } from '../../helpers/ledger.js';

interface Answer {
  readonly status: number;
  readonly headers: NodeJS.Dict<string | string[]>;
  readonly body: string;
}

let host: TestHost;
let rootPem: string;
let alice: Identity;
let bob: Identity;

beforeAll(async () => {
  const limits = { hellosPerSecond: 1000, helloBurst: 1000, headTimeoutMs: 1000 };
  host = await TestHost.start(limits, realDeps, { tlsPort: 0, metricsPort: 0 });
  rootPem = String((await openIssuer(host.home, undefined)).chain.at(-1));
  const enrolled = async (member: string) =>
    (await enrollInMemory(await host.invite({ member }), { localKey: true })).enrolled.identity;
  alice = await enrolled('alice');
  bob = await enrolled('bob');
  await grantAdmin(host.ledger, 'alice', host.deps);
});
afterAll(() => host.stop());

function plainly(port: number, path: string, headers: Record<string, string> = {}, method = 'GET'): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const asking = askPlainly({ host: '127.0.0.1', port, path, headers, method, agent: false });
    asking.on('response', (response) => void read(response).then(resolve, reject));
    asking.on('error', reject).end();
  });
}

function asMember(path: string, as?: Identity, method = 'GET'): Promise<Answer> {
  const credential = as && { key: privateKeyToPem(as.privateKey), cert: toPem(...as.chain) };
  const { port } = host.members;
  return new Promise((resolve, reject) => {
    const place = { host: '127.0.0.1', port, path, method, agent: false as const };
    const asking = askMembers({ ...place, ...credential, ca: [rootPem], checkServerIdentity: () => undefined });
    asking.on('response', (response) => void read(response).then(resolve, reject));
    asking.on('error', reject).end();
  });
}

async function read(response: IncomingMessage): Promise<Answer> {
  let body = '';
  for await (const chunk of response.setEncoding('utf8')) body += chunk;
  return { status: response.statusCode ?? 0, headers: response.headers, body };
}

describe('GET /healthz', () => {
  it('says on both ports that all is well, and nothing else', async () => {
    for (const answer of [await plainly(host.port, '/healthz'), await asMember('/healthz')]) {
      expect(answer).toMatchObject({ status: 200, body: 'ok\n' });
      expect(Object.keys(answer.headers)).toEqual([
        ...['content-type', 'content-length', 'cache-control', 'x-content-type-options', 'connection', 'date'],
      ]);
    }
  });

  it('fails when the ledger does, without the reason', async () => {
    const test = await makeLedger();
    await test.close();
    const app = express().use(routerOf([healthRoute(test)], noDoor));
    const server = app.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const answer = await plainly((server.address() as AddressInfo).port, '/healthz');
    server.close();
    expect(answer).toMatchObject({ status: 503, body: 'failing\n' });
  });
});

describe('what admins see', () => {
  it.each(['/dashboard', '/metrics'])('is refused at %s to members, and to who shows nothing', async (path) => {
    const denied = { status: 403, body: expect.stringContaining('urn:qtchat:problem:not-accepted') };
    expect(await asMember(path, bob)).toMatchObject(denied);
    expect((await asMember(path)).body).toBe((await asMember(path, bob)).body);
    expect((await asMember(path, alice)).status).toBe(200);
    expect((await asMember(path, alice, 'POST')).status).toBe(404);
    expect((await plainly(host.port, path)).status).toBe(404);
  });

  it('is refused as soon as the right is taken', async () => {
    await withdrawAdmin(host.ledger, 'alice', host.deps);
    try {
      expect((await asMember('/dashboard', alice)).status).toBe(403);
    } finally {
      await grantAdmin(host.ledger, 'alice', host.deps);
    }
  });

  it('is a page of who holds what, what serves and what was refused, that runs and loads nothing', async () => {
    await host.invite({ member: 'carol' });
    await asMember('/member');
    const { headers, body } = await asMember('/dashboard', alice);
    expect(headers['content-security-policy']).toMatch(
      /^default-src 'none'; style-src 'sha256-[A-Za-z0-9+/=]{44}'; form-action 'none'; frame-ancestors 'none'; base-uri 'none'$/,
    );
    expect(headers).toMatchObject({ 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' });
    expect(body).toContain('<td>bob</td>');
    expect(body).toContain('<td>carol</td>');
    expect(body).toContain(alice.chain[0]?.serialNumber);
    expect(body).toContain('it showed no certificate');
    expect(body).not.toMatch(/<script|<form|<img|<link|http:|https:| on[a-z]+=/);
  });

  it('shows what strangers wrote as text', () => {
    expect(escapeHtml(`<img src=x onerror='a'>"&\u001b[2J\u202e`)).toBe(
      '&#60;img src=x onerror=&#39;a&#39;&#62;&#34;&#38;\\u{1b}[2J\\u{202e}',
    );
  });
});

describe('the metrics', () => {
  it('count events, answers and what the ledger holds, and name nobody', async () => {
    await plainly(host.port, '/nowhere');
    const { headers, body } = await asMember('/metrics', alice);
    expect(headers['content-type']).toBe('text/plain; version=0.0.4; charset=utf-8');
    expect(body).toContain('\nqtchat_autoca_members 2\n');
    expect(body).toMatch(/^qtchat_autoca_events_total\{event="enrolled"\} 2$/m);
    expect(body).toMatch(/^qtchat_autoca_answers_total\{port="guests",status="404"\} \d+$/m);
    expect(body).not.toMatch(/alice|bob|127\.0\.0\.1/);
  });

  it('are read on their own port by programs of this machine', async () => {
    const { status, body } = await plainly(host.metricsPort, '/metrics');
    expect(status).toBe(200);
    expect(body).toContain('qtchat_autoca_certificates_valid 2');
  });

  it.each<[string, string, Record<string, string>, string]>([
    ['for another host name, as after DNS rebinding', '/metrics', { Host: 'evil.example' }, 'GET'],
    ['at another path', '/', {}, 'GET'],
    ['to be changed', '/metrics', {}, 'POST'],
    ['as the dashboard', '/dashboard', {}, 'GET'],
  ])('are not there %s', async (_, path, headers, method) => {
    expect((await plainly(host.metricsPort, path, headers, method)).status).toBe(404);
  });
});

describe('the port for metrics', () => {
  /** What comes back until the connection ends. */
  async function say(octets: string): Promise<string> {
    const socket = connect(host.metricsPort, '127.0.0.1').setEncoding('latin1');
    socket.write(octets);
    let answer = '';
    for await (const chunk of socket) answer += chunk;
    return answer;
  }

  it.each([
    ['a head that is too long', `GET /metrics HTTP/1.1\r\nHost: localhost\r\nX: ${'x'.repeat(5000)}\r\n\r\n`, '400'],
    ['what is no HTTP', '\u0000\u0001\u0002', '400'],
    ['a head that does not end', 'GET /metrics HTTP/1.1\r\nX: ', '408|400'],
  ])('ends on %s', async (_, octets, status) => {
    expect(await say(octets)).toMatch(new RegExp(`^HTTP/1\\.1 (${status}) `));
    expect((await plainly(host.metricsPort, '/metrics')).status).toBe(200);
  });

  it('is listened to on this machine alone', async () => {
    const others = Object.values(networkInterfaces()).flatMap((list) =>
      (list ?? []).filter(({ internal, family }) => !internal && family === 'IPv4'),
    );
    for (const { address } of others) {
      const socket = connect(host.metricsPort, address);
      const [error] = await once(socket, 'error');
      expect(error).toMatchObject({ code: 'ECONNREFUSED' });
    }
  });
});

describe('the watch', () => {
  it('keeps the last refusals alone, cut to a length', () => {
    const watch = new Watch({ ledger: host.ledger, deps: { clock: () => new Date(0) } });
    for (let count = 0; count < 150; count += 1) {
      watch.note({ event: 'refused', address: '192.0.2.1', reason: `${count} ${'x'.repeat(1000)}` });
    }
    watch.note({ event: 'gone', address: '192.0.2.1', request: randomBytes(8).toString('hex') });
    expect(watch.refusals).toHaveLength(100);
    expect(watch.refusals[0]?.reason).toMatch(/^149 x{296}$/);
  });
});
