import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { grantAdmin, isAdmin, listAdmins, withdrawAdmin } from '../../../src/ledger/admins.js';
import { listAudit } from '../../../src/ledger/audit.js';
import { revokeCertificate } from '../../../src/ledger/certificates.js';
import { createInvite } from '../../../src/ledger/invites.js';
import { openInvites, overviewOf } from '../../../src/ledger/overview.js';
import { renewCertificate } from '../../../src/ledger/renewals.js';
import { verifyAudit } from '../../../src/ledger/verify-audit.js';
import { makeLedger, makePublicKey, type TestLedger } from '../../helpers/ledger.js';
import { describeOnEachDatabase } from '../../helpers/postgres.js';
import { asyncRefusalOf } from '../pki/refusal.js';

const dayMs = 86_400_000;

describeOnEachDatabase('who watches', (kind) => {
  let test: TestLedger;
  let serialNumber: string;

  beforeEach(async () => {
    test = await makeLedger(kind);
    serialNumber = (await test.issue({ member: 'alice', validityDays: 10 })).certificate.serialNumber;
  });
  afterEach(() => test.close());

  const isNowAdmin = (serial: string) => isAdmin(test.ledger, serial);

  describe('admins', () => {
    it('are members by their certificates, and nobody else is', async () => {
      const bob = (await test.issue()).certificate.serialNumber;
      await grantAdmin(test.ledger, 'alice', test.deps);
      expect(await isNowAdmin(serialNumber)).toBe(true);
      expect(await isNowAdmin(bob)).toBe(false);
      expect(await isNowAdmin('00')).toBe(false);
      expect(await listAdmins(test.ledger)).toMatchObject([{ member: 'alice', serialNumber }]);
    });

    it('stay admins by the certificates that follow, as often as they are renewed', async () => {
      await grantAdmin(test.ledger, 'alice', test.deps);
      let former = serialNumber;
      for (let count = 0; count < 3; count += 1) {
        const request = { formerSerial: former, publicKey: makePublicKey() };
        const load = async () => test.profile;
        const { certificate } = await renewCertificate(test.ledger, test.signer, load, request, test.deps);
        former = certificate?.serialNumber ?? '';
        expect(await isNowAdmin(former)).toBe(true);
      }
      await grantAdmin(test.ledger, 'alice', test.deps);
      expect(await listAdmins(test.ledger)).toHaveLength(1);
    });

    it('leave no right to who gets their name later', async () => {
      await grantAdmin(test.ledger, 'alice', test.deps);
      await revokeCertificate(test.ledger, serialNumber, 'cessationOfOperation', test.deps, 'test');
      const next = (await test.issue({ member: 'alice' })).certificate.serialNumber;
      expect(await isNowAdmin(next)).toBe(false);
    });

    it('are no admins any more once the right is taken', async () => {
      await grantAdmin(test.ledger, 'alice', test.deps);
      await withdrawAdmin(test.ledger, 'alice', test.deps);
      expect(await isNowAdmin(serialNumber)).toBe(false);
      expect((await listAudit(test.ledger)).slice(-2)).toMatchObject([
        { event: 'admin.granted', actor: 'autoca admin', details: { member: 'alice', serialNumber } },
        { event: 'admin.withdrawn', details: { member: 'alice', serialNumber } },
      ]);
    });

    it.each([
      ['who is not there', 'eve'],
      ['whose certificate has expired', 'alice'],
      ['that is the Auto CA itself', 'QTChat Auto CA'],
    ])('cannot be one %s', async (_, member) => {
      test.advance(11 * dayMs);
      expect(await asyncRefusalOf(grantAdmin(test.ledger, member, test.deps))).toBe('ERR_LEDGER_NOT_FOUND');
    });

    it('cannot be unmade where there is none', async () => {
      expect(await asyncRefusalOf(withdrawAdmin(test.ledger, 'alice', test.deps))).toBe('ERR_LEDGER_NOT_FOUND');
    });

    it('show in the audit when they were made or unmade in the database itself', async () => {
      const faults = async () => (await verifyAudit(test.ledger, { chain: test.issuer.chain })).faults;
      expect(await faults()).toEqual([]);
      await test.ledger.insertInto('admin').values({ serial_number: serialNumber, granted_at: 1 }).execute();
      expect(await faults()).toEqual([expect.stringContaining('was made an admin without an entry')]);
      await test.ledger.deleteFrom('admin').execute();
      await grantAdmin(test.ledger, 'alice', test.deps);
      expect(await faults()).toEqual([]);
      await test.ledger.deleteFrom('admin').execute();
      expect(await faults()).toEqual([expect.stringContaining('was unmade an admin without an entry')]);
    });
  });

  describe('the overview', () => {
    it('counts what is valid, what ends soon and what was revoked', async () => {
      const bob = (await test.issue()).certificate.serialNumber;
      await test.issue({ member: 'carol' });
      await revokeCertificate(test.ledger, bob, 'keyCompromise', test.deps, 'test');
      expect(await overviewOf(test.ledger, test.deps.clock())).toEqual({
        members: 2,
        validCertificates: 2,
        certificatesEndingSoon: 1,
        revokedCertificates: 1,
        openInvites: 0,
        waitingRequests: 0,
        heldRenewals: 0,
      });
      test.advance(20 * dayMs);
      expect(await overviewOf(test.ledger, test.deps.clock())).toMatchObject({ members: 0, validCertificates: 0 });
    });

    it('shows the invites that serve now, the next to end first', async () => {
      const now = test.deps.clock().getTime();
      const invite = (id: string, days: number) => ({
        ...{ id, member: id, names: [], psk: Buffer.alloc(32), validityDays: 1 },
        expiresAt: new Date(now + days * dayMs),
      });
      for (const [id, days] of [
        ['late', 3],
        ['early', 1],
        ['middle', 2],
      ] as const) {
        await createInvite(test.ledger, invite(id, days), test.deps);
      }
      test.advance(1.5 * dayMs);
      const open = await openInvites(test.ledger, test.deps.clock(), 10);
      expect(open.map(({ member }) => member)).toEqual(['middle', 'late']);
      expect(await openInvites(test.ledger, test.deps.clock(), 1)).toHaveLength(1);
      expect((await overviewOf(test.ledger, test.deps.clock())).openInvites).toBe(2);
    });
  });
});
