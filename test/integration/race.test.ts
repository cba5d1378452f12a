/**
 * Two guests that race for one invite at one server, again and again: exactly one of them joins, and its certificate is
 * the one that is valid. (At two servers: two-servers.test.ts.) QTCHAT_TEST_ROUNDS=1000 is the long form.
 */
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { InviteLine } from '../../src/enroll/invite.js';
import { isQTChatError } from '../../src/errors.js';
import { listCertificates } from '../../src/ledger/certificates.js';
import { listInvites } from '../../src/ledger/invites.js';
import { verifyAudit } from '../../src/ledger/verify-audit.js';
import { loadCaChain } from '../../src/store/ca.js';
import { enrollInMemory, TestHost } from '../helpers/enrollment.js';

const rounds = Number(process.env.QTCHAT_TEST_ROUNDS ?? 20);

/** The serial number that a racer got, if it got anything. */
async function race(line: InviteLine, localKey: boolean): Promise<string | undefined> {
  try {
    const { saved } = await enrollInMemory(line, { localKey });
    return saved[0]?.identity.chain[0]?.serialNumber;
  } catch (error) {
    // Busy: the other one was just confirming that it has its certificate.
    if (!isQTChatError(error, 'ERR_ENROLL_REFUSED') && !isQTChatError(error, 'ERR_ENROLL_BUSY')) throw error;
    return undefined;
  }
}

describe('two guests with one invite', () => {
  let host: TestHost;
  beforeEach(async () => {
    host = await TestHost.start({ hellosPerSecond: 1e6, helloBurst: 1e6 });
  });
  afterEach(() => host.stop());

  it(
    'get one certificate, in every round',
    async () => {
      for (let round = 0; round < rounds; round += 1) {
        const [member, line] = [`guest${round}`, await host.invite({ member: `guest${round}` })];
        const keys = [round % 2 === 0, round % 3 === 0];
        const results = await Promise.all(keys.map((localKey) => race(line, localKey)));
        const winners = results.filter((serialNumber) => serialNumber !== undefined);
        expect({ round, winners }).toEqual({ round, winners: [expect.any(String)] });
        const valid = await listCertificates(host.ledger, { member, validAt: new Date() });
        expect(valid.map(({ serialNumber }) => serialNumber)).toEqual(winners);
      }
      const all = await listCertificates(host.ledger);
      expect(new Set(all.map(({ serialNumber }) => serialNumber)).size).toBe(all.length);
      for (let enrolled = 0; enrolled < rounds; ) {
        enrolled = host.events.filter(({ event }) => event === 'enrolled').length;
        await new Promise(setImmediate);
      }
      expect((await listInvites(host.ledger)).every(({ state }) => state === 'done')).toBe(true);
      expect((await verifyAudit(host.ledger, { chain: await loadCaChain(host.home) })).faults).toEqual([]);
    },
    20_000 + rounds * 1000,
  );
});
