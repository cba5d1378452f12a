/**
 * Two Auto CAs with one CA and one PostgreSQL database, and guests that race for the same right at both.
 * QTCHAT_TEST_ROUNDS=1000 is the long form.
 */

import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { type ServedHome, serveHome } from '../../ca-server/serve-home.js';
import { byCode } from '../../src/enroll/by-code.js';
import { drawEstPassword, estKey, estPaths } from '../../src/enroll/est.js';
import { inviteKey } from '../../src/enroll/invite.js';
import { listCertificates } from '../../src/ledger/certificates.js';
import { createCode } from '../../src/ledger/codes.js';
import { createInvite } from '../../src/ledger/invites.js';
import { type Ledger, openLedger } from '../../src/ledger/open.js';
import { caOf } from '../../src/ledger/signer.js';
import { spkiDigest } from '../../src/pki/circle.js';
import { createCsr } from '../../src/pki/csr.js';
import { readPkcs7 } from '../../src/pki/pkcs7.js';
import { loadCaChain, openIssuer } from '../../src/store/ca.js';
import { writeDatabaseSetting } from '../../src/store/database-setting.js';
import type { Home } from '../../src/store/home.js';
import { makeKey } from '../helpers/certificates.js';
import { enrollInMemory, makeCaHome, realDeps } from '../helpers/enrollment.js';
import { keysHere } from '../helpers/keys-here.js';
import { createTestDatabase, describeOnPostgres, type TestDatabase } from '../helpers/postgres.js';

const rounds = Number(process.env.QTCHAT_TEST_ROUNDS ?? 12);
const timeoutMs = 20_000 + rounds * 1000;

describeOnPostgres('two Auto CAs with one database', () => {
  const homes: Home[] = [];
  const servers: ServedHome[] = [];
  let database: TestDatabase;
  let ledger: Ledger;
  let root: Buffer;
  let rootPem: string;

  beforeAll(async () => {
    database = await createTestDatabase();
    const first = await makeCaHome();
    await writeDatabaseSetting(first, database.server);
    const second = { folder: await mkdtemp(join(tmpdir(), 'qtchat-host-')) };
    await cp(first.folder, second.folder, { recursive: true });
    homes.push(first, second);
    for (const home of homes) {
      const ca = caOf(await openIssuer(home, undefined), home, realDeps);
      const unlimited = { helloBurst: 1e6, openingBurst: 1e6, openingBurstInAll: 1e6 };
      const limits = { ...unlimited, connections: 1e6, connectionsPerAddress: 1e6 };
      const place = { host: '127.0.0.1', port: 0, tlsPort: 0 };
      servers.push(await serveHome(home, { ca, keys: keysHere(), deps: realDeps, ...place, limits, log: () => {} }));
    }
    ledger = await openLedger(first);
    const [certificate] = (await loadCaChain(first)).slice(-1);
    if (certificate === undefined) throw new Error('no root');
    root = spkiDigest(certificate);
    rootPem = certificate.toString();
  }, 30_000);

  afterAll(async () => {
    for (const server of servers) await server.close();
    await ledger.destroy();
    await database.drop();
    for (const { folder } of homes) await rm(folder, { recursive: true, force: true });
  });

  const serialOf = ({ enrolled }: Awaited<ReturnType<typeof enrollInMemory>>): string | undefined =>
    enrolled.identity.chain[0]?.serialNumber;
  const expiresAt = new Date(Date.now() + 86_400_000);

  it(
    'give one valid certificate for an invite, whichever of them is asked',
    async () => {
      const serials = new Set<string>();
      for (let round = 0; round < rounds; round += 1) {
        const [id, secret, member] = [randomBytes(8).toString('hex'), randomBytes(16), `m${round}`];
        const psk = inviteKey({ id, secret });
        await createInvite(ledger, { id, psk, member, names: [], validityDays: 30, expiresAt }, realDeps);
        const guests = servers.flatMap(({ port }) => {
          const line = { id, secret, port, addresses: ['127.0.0.1'], rootSpkiSha256: root };
          return [enrollInMemory(line, { localKey: true }), enrollInMemory(line, { localKey: true })];
        });
        const joined = (await Promise.allSettled(guests)).flatMap((guest) =>
          guest.status === 'fulfilled' ? [serialOf(guest.value)] : [],
        );
        const valid = (await listCertificates(ledger, { member, validAt: new Date() })).map((one) => one.serialNumber);
        expect(valid).toHaveLength(1);
        // Of four at once all may fail, each answered anew by the next; whoever has joined has the valid one.
        if (joined.length > 0) expect(joined).toEqual(valid);
        for (const { serialNumber } of await listCertificates(ledger, { member })) {
          expect(serials.has(serialNumber)).toBe(false);
          serials.add(serialNumber);
        }
      }
    },
    timeoutMs,
  );

  /** One request by EST on a connection of its own; the serial number of what came, undefined when it was refused. */
  async function askByEst(auth: string, member: string, port: number): Promise<string | undefined> {
    const body = (await createCsr(makeKey(), member)).toString('base64');
    const headers = { 'Content-Type': 'application/pkcs10', 'Content-Length': body.length };
    const place = { host: '127.0.0.1', port, path: estPaths.simpleenroll, method: 'POST', ca: [rootPem], agent: false };
    const asking = request({ ...place, auth, headers });
    asking.end(body);
    const [response] = (await once(asking, 'response')) as [IncomingMessage];
    const answer = Buffer.concat(await response.toArray()).toString('latin1');
    if (response.statusCode !== 200) return undefined;
    return readPkcs7(Buffer.from(answer, 'base64'))?.[0]?.serialNumber;
  }

  it(
    'give a client of EST one certificate, whichever of them is asked, and the same password nothing more',
    async () => {
      for (let round = 0; round < rounds; round += 1) {
        const [id, password, member] = [
          randomBytes(8).toString('hex'),
          drawEstPassword(randomBytes),
          `device-${round}`,
        ];
        const psk = estKey({ id, password });
        const terms = { id, kind: 'est' as const, psk, member, names: [], validityDays: 30, expiresAt };
        await createInvite(ledger, terms, realDeps);
        const ask = (server: ServedHome) => askByEst(`${id}:${password}`, member, server.members?.port ?? 0);
        const got = await Promise.all([...servers, ...servers].map(ask));
        // Of four at once all may fail, each answered anew by the next.
        const joined = got.filter((serialNumber) => serialNumber !== undefined);
        expect(joined.length).toBeLessThanOrEqual(1);
        const valid = (await listCertificates(ledger, { member, validAt: new Date() })).map((one) => one.serialNumber);
        expect(valid).toHaveLength(1);
        if (joined.length > 0) expect(valid).toEqual(joined);
        // Whoever comes later with the password gets what was left open, and nothing else.
        const later = await ask(servers[0] as ServedHome);
        expect(later === undefined).toBe(joined.length === 1);
      }
    },
    timeoutMs,
  );

  it('take three attempts at a code together', async () => {
    const [id, member] = [randomBytes(8).toString('hex'), 'coded'];
    const psk = Buffer.from('123456');
    const slot = await createCode(ledger, { id, psk, member, names: [], validityDays: 30, expiresAt }, realDeps);
    const guesses = servers.flatMap(({ port }) =>
      Array.from({ length: 10 }, () => enrollInMemory(byCode({ slot, secret: '654321' }, { host: '127.0.0.1', port }))),
    );
    const outcomes = await Promise.allSettled(guesses);
    expect(outcomes.every(({ status }) => status === 'rejected')).toBe(true);
    const [row] = await ledger.selectFrom('code_slot').select('attempts').where('slot', '=', slot).execute();
    expect(row).toEqual({ attempts: 20 });
    const [server] = servers;
    const late = enrollInMemory(byCode({ slot, secret: '123456' }, { host: '127.0.0.1', port: server?.port ?? 0 }));
    await expect(late).rejects.toMatchObject({ code: 'ERR_ENROLL_REFUSED' });
    expect(await listCertificates(ledger, { member })).toEqual([]);
  });
});
