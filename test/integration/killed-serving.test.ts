/**
 * `autoca serve`, killed (-9) again and again while guests join: no serial number twice, nothing issued that the
 * ledger does not know, and every invite either serves again or is done, with its owner holding the certificate.
 *
 * QTCHAT_TEST_ROUNDS is the number of guests: 500 in the long form.
 */

import type { X509Certificate } from 'node:crypto';
import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { type ServedHome, serveHome } from '../../ca-server/serve-home.js';
import { byInvite } from '../../src/enroll/by-invite.js';
import { enroll } from '../../src/enroll/client.js';
import { type InviteLine, inviteKey } from '../../src/enroll/invite.js';
import { isQTChatError } from '../../src/errors.js';
import { listCertificates } from '../../src/ledger/certificates.js';
import { createInvite, judgeInvite, listInvites } from '../../src/ledger/invites.js';
import { inTransaction, type Ledger, openLedger } from '../../src/ledger/open.js';
import { caOf } from '../../src/ledger/signer.js';
import { verifyAudit } from '../../src/ledger/verify-audit.js';
import { spkiDigest } from '../../src/pki/circle.js';
import { loadCaChain, openIssuer } from '../../src/store/ca.js';
import { writeDatabaseSetting } from '../../src/store/database-setting.js';
import { realDeps } from '../helpers/enrollment.js';
import { makeHome, type TestHome } from '../helpers/home.js';
import { keysHere } from '../helpers/keys-here.js';
import { createTestDatabase, describeOnEachDatabase, type TestDatabase } from '../helpers/postgres.js';
import { Program } from '../helpers/program.js';
import { Switchboard } from '../helpers/switchboard.js';

const guestCount = Number(process.env.QTCHAT_TEST_ROUNDS ?? 12);
const guestsAtOnce = 8;

/** Who wants to join, and what it got. */
interface Guest {
  readonly line: InviteLine;
  readonly held: X509Certificate[];
}

describeOnEachDatabase('an Auto CA that is killed while guests join', (kind) => {
  let test: TestHome;
  let database: TestDatabase | undefined;
  let ledger: Ledger;
  let chain: X509Certificate[];
  let board: Switchboard;
  let server: Program;
  /** Of the server that runs, or is about to. */
  let up: Promise<void>;
  let kills = 0;

  beforeEach(async () => {
    test = makeHome();
    await test.done(['ca', 'init', '--no-password']);
    database = kind === 'postgres' ? await createTestDatabase() : undefined;
    const home = { folder: test.home };
    if (database !== undefined) await writeDatabaseSetting(home, database.server);
    ledger = await openLedger(home);
    chain = await loadCaChain(home);
    board = await Switchboard.start();
    up = serve();
  });

  afterEach(async () => {
    await up.catch(() => {});
    server.child.kill('SIGKILL');
    await server.ended();
    await board.stop();
    await ledger.destroy();
    await database?.drop();
    test.remove();
  });

  async function serve(): Promise<void> {
    server = new Program(['autoca', 'serve', '--host', '127.0.0.1', '--port', '0', '--json'], { home: test.home });
    const [, port] = await server.waitFor(/"event":"listening".*?"port":(\d+)/);
    board.leadTo(Number(port));
  }

  function killEvery(pieces: (kill: number) => number): void {
    let next = pieces(0);
    board.onPiece = (passed) => {
      if (passed < next) return;
      kills += 1;
      // Nothing passes until the next server is up.
      next = Number.POSITIVE_INFINITY;
      server.child.kill('SIGKILL');
      up = server.ended().then(async () => {
        board.leadNowhere();
        await serve();
        next = passed + pieces(kills);
      });
    };
  }

  async function invite(count: number): Promise<Guest[]> {
    const root = chain.at(-1);
    if (root === undefined) throw new Error('there is no root');
    const address = { port: board.port, addresses: ['127.0.0.1'], rootSpkiSha256: spkiDigest(root) };
    return inTransaction(ledger, async (transaction) => {
      const guests: Guest[] = [];
      for (let number = 0; number < count; number += 1) {
        const line = { ...address, id: randomBytes(8).toString('hex'), secret: randomBytes(16) };
        const expiresAt = new Date(Date.now() + 86_400_000);
        const terms = { member: `guest${number}`, names: [], validityDays: 30, expiresAt };
        await createInvite(transaction, { id: line.id, psk: inviteKey(line), ...terms }, realDeps);
        guests.push({ line, held: [] });
      }
      return guests;
    });
  }

  /** Serves in this process, at a time when nobody is still thought to be confirming what a kill broke off. */
  async function serveLater(): Promise<ServedHome> {
    const [home, deps] = [{ folder: test.home }, { ...realDeps, clock: () => new Date(Date.now() + 60_000) }];
    const ca = caOf(await openIssuer(home, undefined), home, deps);
    const served = await serveHome(home, { ca, keys: keysHere(), deps, host: '127.0.0.1', port: 0, log: () => {} });
    board.leadTo(served.port);
    return served;
  }

  /** Tries until it holds an identity, or must wait; only a kill excuses a failure. */
  async function join({ line, held }: Guest, localKey: boolean): Promise<void> {
    let mustWait = false;
    while (held.length === 0 && !mustWait) {
      await up;
      const killsBefore = kills;
      const save = async ({ identity }: { identity: { chain: readonly X509Certificate[] } }): Promise<void> => {
        held.push(...identity.chain.slice(0, 1));
      };
      await enroll(byInvite(line), { localKey, save, deps: realDeps }).catch((error: unknown) => {
        // Whose receipt was lost in a kill is thought to be confirming for some more seconds.
        mustWait = kills === killsBefore && kills > 0 && isQTChatError(error, 'ERR_ENROLL_BUSY');
        if (!isQTChatError(error) || (kills === killsBefore && !mustWait)) throw error;
      });
    }
  }

  it(
    'loses nothing, and gives every guest one certificate',
    async () => {
      const guests = await invite(guestCount);
      killEvery((kill) => 20 + ((kill * 37) % 61));
      let next = 0;
      const queue = async (): Promise<void> => {
        for (let guest = guests[next++]; guest !== undefined; guest = guests[next++]) await join(guest, next % 2 === 0);
      };
      await Promise.all(Array.from({ length: guestsAtOnce }, queue));
      board.onPiece = () => {};
      await up;
      expect(kills).toBeGreaterThan(1);
      // What is still confirmed while it ends is confirmed when it has ended.
      expect(await server.stop()).toBe(0);
      const later = await serveLater();
      for (const guest of guests) await join(guest, true);
      await later.close();

      const certificates = await listCertificates(ledger);
      const held = guests.map((guest) => guest.held.map(({ serialNumber }) => serialNumber));
      expect(held.every((serials) => serials.length === 1)).toBe(true);
      const known = new Map(certificates.map((record) => [record.serialNumber, record]));
      for (const certificate of guests.flatMap((guest) => guest.held)) {
        expect(known.get(certificate.serialNumber)?.content.equals(certificate.raw)).toBe(true);
      }
      expect(new Set(held.flat()).size).toBe(guestCount);
      const members = new Set(guests.map((_guest, number) => `guest${number}`));
      const valid = certificates.filter(({ member, revokedAt }) => members.has(member) && revokedAt === undefined);
      expect(valid.map(({ serialNumber }) => serialNumber).sort()).toEqual(held.flat().sort());
      const invites = new Map((await listInvites(ledger)).map((one) => [one.id, one]));
      for (const { line, held } of guests) {
        const { state, serialNumber } = invites.get(line.id) ?? {};
        if (state !== 'done') expect((await judgeInvite(ledger, line.id, new Date())).fault).toBeUndefined();
        expect(serialNumber).toBe(held[0]?.serialNumber);
      }
      expect((await verifyAudit(ledger, { chain })).faults).toEqual([]);
    },
    20_000 + guestCount * 3000,
  );
});
