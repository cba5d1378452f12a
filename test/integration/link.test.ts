/** Links as browsers, strangers and impatient phones use them, over real sockets. */

import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { afterEach, describe, expect, it } from '@jest/globals';
import { serveHome } from '../../ca-server/serve-home.js';
import { linkDigest, linkPassword } from '../../src/enroll/link.js';
import { reserveInvite } from '../../src/ledger/answer-invite.js';
import { listCertificates } from '../../src/ledger/certificates.js';
import { createLink } from '../../src/ledger/links.js';
import { createSigner } from '../../src/ledger/signer.js';
import { circleIdOf } from '../../src/pki/circle.js';
import { readPfx } from '../../src/pki/pfx.js';
import { loadCaChain, openIssuer } from '../../src/store/ca.js';
import { loadProfile } from '../../src/store/profiles.js';
import { enrollInMemory, realDeps, TestHost } from '../helpers/enrollment.js';
import { keysHere } from '../helpers/keys-here.js';
import { makePublicKey } from '../helpers/ledger.js';

interface Answer {
  readonly status: number | undefined;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
}

const dayMs = 86_400_000;

describe('a link', () => {
  let host: TestHost;
  let now = (): Date => new Date();
  afterEach(async () => {
    await host.stop();
    now = () => new Date();
  });
  const start = async (limits = {}, more = {}): Promise<void> => {
    const deps = { ...realDeps, clock: () => now() };
    host = await TestHost.start({ openingBurst: 1000, ...limits }, deps, more);
  };

  async function makeLink(legacy = false, change: { id?: string; member?: string } = {}) {
    const [id, seed] = [randomBytes(16), randomBytes(32)];
    const expiresAt = new Date(now().getTime() + dayMs);
    const invite = { id: 'bobs-link', member: 'bob', names: [], psk: seed, validityDays: 30, expiresAt, ...change };
    await createLink(host.ledger, { invite, idSha256: linkDigest(id), legacy }, host.deps);
    return { path: `/link/${id.toString('base64url')}`, password: linkPassword(id, seed) };
  }

  async function ask(method: string, path: string, body?: string): Promise<Answer> {
    const asking = request({ host: '127.0.0.1', port: host.port, method, path, agent: false });
    asking.end(body);
    const [answer] = (await once(asking, 'response')) as [IncomingMessage];
    const chunks: Buffer[] = [];
    for await (const chunk of answer) chunks.push(chunk as Buffer);
    return { status: answer.statusCode, headers: answer.headers, body: Buffer.concat(chunks) };
  }

  const validCertificates = () => listCertificates(host.ledger, { validAt: now() });

  it('gives its guest an identity that the password alone opens', async () => {
    await start();
    const { path, password } = await makeLink();
    const { status, headers, body } = await ask('POST', path);
    expect(status).toBe(200);
    expect(headers).toMatchObject({
      'content-type': 'application/x-pkcs12',
      'content-disposition': 'attachment; filename="bob.pfx"',
      'cache-control': 'no-store',
    });
    const { key, chain } = await readPfx(body, password);
    const [root] = (await loadCaChain(host.home)).slice(-1);
    const [certificate, ...others] = chain;
    if (root === undefined || certificate === undefined) throw new Error('no certificate');
    expect(certificate.checkPrivateKey(key) && certificate.verify(root.publicKey)).toBe(true);
    expect(certificate.subjectAltName).toBe(`URI:qtchat://${circleIdOf(root)}/bob`);
    // The root comes on another way, or not at all.
    expect(others).toEqual([]);
    await expect(readPfx(body, `${password}a`)).rejects.toMatchObject({ code: 'ERR_PASSWORD_WRONG' });
    expect(host.events).toEqual([
      { event: 'fetched', address: '127.0.0.1', member: 'bob', invite: 'bobs-link', download: 1 },
    ]);
  });

  it('is not spent by being looked at, however often', async () => {
    await start();
    const { path } = await makeLink();
    for (let look = 0; look < 10; look += 1) expect((await ask('GET', path)).status).toBe(200);
    expect((await ask('HEAD', path)).body.length).toBe(0);
    expect(await validCertificates()).toEqual([]);
    expect((await ask('POST', path)).status).toBe(200);
  });

  it('gives the same file five times, then nothing any more', async () => {
    await start();
    const { path } = await makeLink();
    const files = [];
    for (let download = 0; download < 5; download += 1) files.push((await ask('POST', path)).body.toString('hex'));
    expect(new Set(files).size).toBe(1);
    expect((await ask('POST', path)).status).toBe(403);
    expect(await validCertificates()).toHaveLength(1);
  });

  it('leaves no file behind once it has expired and the Auto CA starts again, or another is made', async () => {
    await start();
    const files = async () =>
      (await host.ledger.selectFrom('link').select('locked_file').execute()).filter(
        (row) => row.locked_file.length > 0,
      );
    const { path } = await makeLink();
    await ask('POST', path);
    expect(await files()).toHaveLength(1);
    now = () => new Date(Date.now() + 2 * dayMs);
    const another = await makeLink(false, { id: 'carols-link', member: 'carol' });
    await ask('POST', another.path);
    expect(await files()).toHaveLength(1);
    now = () => new Date(Date.now() + 4 * dayMs);
    const { signer } = await ownSigner();
    const ca = { chain: signer.chain, signerFor: async () => signer };
    const again = await serveHome(host.home, {
      ca,
      keys: keysHere(),
      deps: host.deps,
      host: '127.0.0.1',
      port: 0,
      log: () => {},
    });
    await again.close();
    expect(await files()).toEqual([]);
  });

  it('leads to one certificate however many ask at once', async () => {
    await start();
    const { path } = await makeLink();
    const answers = await Promise.all(Array.from({ length: 8 }, () => ask('POST', path)));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 200, 200, 200, 200, 403, 403, 403]);
    const certificates = await listCertificates(host.ledger);
    expect(certificates).toHaveLength(1);
    const files = answers.filter(({ status }) => status === 200).map(({ body }) => body.toString('hex'));
    expect(new Set(files).size).toBe(1);
  });

  it('is answered anew when a process ended between certificate and file', async () => {
    await start();
    const { path, password } = await makeLink();
    const { signer, profile } = await ownSigner();
    await reserveInvite(host.ledger, signer, profile, 'bobs-link', makePublicKey(), host.deps);
    const { body } = await ask('POST', path);
    const { chain } = await readPfx(body, password);
    expect((await validCertificates()).map(({ serialNumber }) => serialNumber)).toEqual([chain[0]?.serialNumber]);
  });

  it('says the same of links that are unknown, spent and expired, and shows the same page for all', async () => {
    await start();
    const { path } = await makeLink();
    const unknown = `/link/${randomBytes(16).toString('base64url')}`;
    const open = await ask('GET', path);
    for (let download = 0; download < 5; download += 1) await ask('POST', path);
    const [spent, spentPage] = [await ask('POST', path), await ask('GET', path)];
    now = () => new Date(Date.now() + 2 * dayMs);
    const [expired, expiredPage] = [await ask('POST', path), await ask('GET', path)];
    const [never, neverPage] = [await ask('POST', unknown), await ask('GET', unknown)];
    const shown = ({ status, headers, body }: Answer) => {
      const { date: _date, ...others } = headers;
      return { status, others, body: body.toString() };
    };
    expect(never.status).toBe(403);
    expect([spent, expired].map(shown)).toEqual([shown(never), shown(never)]);
    expect([open, spentPage, expiredPage].map(shown)).toEqual(Array(3).fill(shown(neverPage)));
    const reasons = host.events.flatMap((event) => (event.event === 'refused' ? event.reason : []));
    expect(new Set(reasons)).toEqual(new Set(['the link is unknown, expired or spent']));
  });

  it('shows a page on which nothing runs, nothing is loaded and nothing is typed', async () => {
    await start();
    const { path } = await makeLink();
    const { headers, body } = await ask('GET', path);
    const page = body.toString();
    expect(headers['content-security-policy']).toMatch(
      /^default-src 'none'; style-src 'sha256-[^']+'; form-action 'self'; /,
    );
    expect(headers).toMatchObject({ 'referrer-policy': 'no-referrer', 'x-content-type-options': 'nosniff' });
    expect(page).not.toMatch(/<script|<input|<img|<link|https?:|\bon\w+=/i);
    expect(page).not.toContain('bob');
    expect(page.match(/<form[^>]*>/g)).toEqual(['<form method="post">']);
  });

  it.each<[string, string, string, number]>([
    ['a path without an id', 'POST', '/link/', 404],
    ['an id that is too short', 'POST', '/link/AAAA', 404],
    ['an id that is too long', 'GET', `/link/${'A'.repeat(200)}`, 404],
    ['more behind the id', 'POST', '/link/AAECAwQFBgcICQoLDA0ODw/more', 404],
    ['another method', 'PUT', '/link/AAECAwQFBgcICQoLDA0ODw', 404],
    ['the id of an invite', 'POST', '/link/bobs-link', 404],
    ['a path that leaves', 'GET', '/link/..%2f..%2fca', 404],
    ['an id that does not decode', 'GET', '/link/%ff', 400],
  ])('is not at %s', async (_title, method, path, status) => {
    await start();
    await makeLink();
    expect((await ask(method, path)).status).toBe(status);
    expect(await validCertificates()).toEqual([]);
  });

  it('ignores what is sent along', async () => {
    await start();
    const { path, password } = await makeLink();
    const { body } = await ask('POST', path, 'member=alice&password=guess');
    const { chain } = await readPfx(body, password);
    expect(chain[0]?.subject).toBe('CN=bob');
  });

  it('is refused where guests must make their keys themselves, and stays open', async () => {
    await start({}, { requireLocalKey: true });
    const { path } = await makeLink();
    expect((await ask('POST', path)).status).toBe(403);
    expect(host.events).toMatchObject([
      { event: 'refused', reason: 'link bobs-link: guests must make their keys themselves' },
    ]);
    expect(await host.ledger.selectFrom('invite').select('state').execute()).toEqual([{ state: 'open' }]);
  });

  it('does not open to the protocol of invite lines, though its seed be known', async () => {
    await start();
    const invite = await host.invite({ kind: 'link' });
    await expect(enrollInMemory(invite)).rejects.toMatchObject({ code: 'ERR_ENROLL_REFUSED' });
  });

  it('is asked for so often by one address, and no more', async () => {
    await start({ openingBurst: 3, openingsPerSecond: 0.001 });
    const { path } = await makeLink();
    const answers = [];
    for (let look = 0; look < 5; look += 1) answers.push((await ask('GET', path)).status);
    expect(answers).toEqual([200, 200, 200, 429, 429]);
  });

  async function ownSigner() {
    const issuer = await openIssuer(host.home, undefined);
    return {
      signer: createSigner(issuer, { ledger: host.ledger, home: host.home }, host.deps),
      profile: await loadProfile(),
    };
  }
});
