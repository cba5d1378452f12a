import { createPublicKey, type KeyObject } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { listAudit } from '../../../src/ledger/audit.js';
import { findCertificate, listCertificates, revokeCertificate } from '../../../src/ledger/certificates.js';
import { currentCrl } from '../../../src/ledger/current-crl.js';
import { allowRenewal, listHeldRenewals } from '../../../src/ledger/held-renewals.js';
import { noteFirstUse, type RenewalOutcome, renewCertificate, supersedeFormer } from '../../../src/ledger/renewals.js';
import { readCrl } from '../../../src/pki/read-crl.js';
import { subjectAltNamesOf } from '../../../src/pki/subject-alt-name.js';
import { makeKey } from '../../helpers/certificates.js';
import { makeLedger, makePublicKey, type TestLedger } from '../../helpers/ledger.js';
import { describeOnEachDatabase } from '../../helpers/postgres.js';
import { asyncRefusalOf } from '../pki/refusal.js';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

describeOnEachDatabase('renewals and lists', (kind) => {
  let ledger: TestLedger;
  let key: KeyObject;
  let formerSerial: string;

  beforeEach(async () => {
    ledger = await makeLedger(kind);
    key = createPublicKey(makeKey());
    const names = [{ type: 'ip' as const, value: '192.168.1.7' }];
    const { certificate } = await ledger.issue({ member: 'bob', names, publicKey: key, validityDays: 10 });
    formerSerial = certificate.serialNumber;
  });
  afterEach(() => ledger.close());

  function renew(publicKey: KeyObject, serial = formerSerial): Promise<RenewalOutcome> {
    const request = { formerSerial: serial, publicKey };
    return renewCertificate(ledger.ledger, ledger.signer, async () => ledger.profile, request, ledger.deps);
  }

  async function serialOf(outcome: Promise<RenewalOutcome>): Promise<string> {
    const { certificate } = await outcome;
    if (certificate === undefined) throw new Error('it was held');
    return certificate.serialNumber;
  }

  async function validSerials(): Promise<string[]> {
    const valid = await listCertificates(ledger.ledger, { member: 'bob', validAt: ledger.deps.clock() });
    return valid.map(({ serialNumber }) => serialNumber);
  }

  describe('renewCertificate', () => {
    it('gives the names and the duration that the ledger knows, and leaves the former one valid', async () => {
      ledger.advance(5 * dayMs);
      const { certificate } = await renew(makePublicKey());
      if (certificate === undefined) throw new Error('it was held');
      expect(subjectAltNamesOf(certificate)).toContainEqual({ type: 'ip', value: '192.168.1.7' });
      const record = await findCertificate(ledger.ledger, certificate.serialNumber);
      expect(record).toMatchObject({ member: 'bob', profileName: 'peer' });
      const durationMs = (record?.notAfter.getTime() ?? 0) - (record?.notBefore.getTime() ?? 0);
      expect(durationMs).toBe(10 * dayMs - 1000);
      expect((await validSerials()).sort()).toEqual([formerSerial, certificate.serialNumber].sort());
    });

    it('gives the same certificate to who asks again with the same key', async () => {
      const next = makePublicKey();
      const serialNumber = await serialOf(renew(next));
      expect(await renew(next)).toMatchObject({ repeated: true, certificate: { serialNumber } });
      expect(await validSerials()).toHaveLength(2);
    });

    it('holds a second renewal with another key, once for every key, and tells the audit log', async () => {
      await renew(makePublicKey());
      const thief = makePublicKey();
      expect(await renew(thief)).toEqual({ held: 'second' });
      expect(await renew(thief)).toEqual({ held: 'second' });
      expect(await listHeldRenewals(ledger.ledger)).toMatchObject([{ member: 'bob', formerSerial, reason: 'second' }]);
      const events = (await listAudit(ledger.ledger)).map(({ event }) => event);
      expect(events.filter((event) => event === 'renewal.held')).toHaveLength(1);
    });

    it('keeps no more than eight held renewals of one certificate', async () => {
      await renew(makePublicKey());
      for (let count = 0; count < 10; count += 1) await renew(makePublicKey());
      expect(await listHeldRenewals(ledger.ledger)).toHaveLength(8);
    });

    it('gives a held one what the host has allowed, and revokes what the other had got', async () => {
      const first = await serialOf(renew(makePublicKey()));
      const owner = makePublicKey();
      await renew(owner);
      const [held] = await listHeldRenewals(ledger.ledger);
      await allowRenewal(ledger.ledger, held?.spkiSha256.slice(0, 8) ?? '', ledger.deps);
      const second = await serialOf(renew(owner));
      expect(await findCertificate(ledger.ledger, first)).toMatchObject({ revocationReason: 'superseded' });
      expect((await validSerials()).sort()).toEqual([formerSerial, second].sort());
      expect(await renew(makePublicKey())).toEqual({ held: 'second' });
    });

    it('holds on when what the host has allowed was not fetched within a day', async () => {
      await renew(makePublicKey());
      const owner = makePublicKey();
      await renew(owner);
      const [held] = await listHeldRenewals(ledger.ledger);
      await allowRenewal(ledger.ledger, held?.spkiSha256 ?? '', ledger.deps);
      ledger.advance(dayMs);
      expect(await renew(owner)).toEqual({ held: 'second' });
    });

    it.each(['', '00', 'zz', 'ffffffff'])('allows nothing for the fingerprint "%s"', async (fingerprint) => {
      await renew(makePublicKey());
      await renew(makePublicKey());
      const refusal = asyncRefusalOf(allowRenewal(ledger.ledger, fingerprint, ledger.deps));
      expect(await refusal).toBe('ERR_LEDGER_NOT_FOUND');
    });

    it('holds the renewal of an expired certificate until the host allows it', async () => {
      ledger.advance(11 * dayMs);
      expect(await renew(key)).toEqual({ held: 'expired' });
      const [held] = await listHeldRenewals(ledger.ledger);
      await allowRenewal(ledger.ledger, held?.spkiSha256 ?? '', ledger.deps);
      const serialNumber = await serialOf(renew(key));
      expect(await validSerials()).toEqual([serialNumber]);
    });

    it('refuses a certificate that was revoked, and one that nobody issued', async () => {
      await revokeCertificate(ledger.ledger, formerSerial, 'keyCompromise', ledger.deps);
      expect(await asyncRefusalOf(renew(key))).toBe('ERR_ENROLL_REFUSED');
      expect(await asyncRefusalOf(renew(key, 'ABCDEF'))).toBe('ERR_ENROLL_REFUSED');
    });
  });

  describe('supersedeFormer', () => {
    it('revokes the former certificate a day after the first use of the next one, not before', async () => {
      const serialNumber = await serialOf(renew(makePublicKey()));
      ledger.advance(3 * dayMs);
      expect(await supersedeFormer(ledger.ledger, ledger.deps)).toEqual([]);
      await noteFirstUse(ledger.ledger, serialNumber, ledger.deps);
      ledger.advance(dayMs - 1);
      await noteFirstUse(ledger.ledger, serialNumber, ledger.deps);
      expect(await supersedeFormer(ledger.ledger, ledger.deps)).toEqual([]);
      ledger.advance(1);
      expect(await supersedeFormer(ledger.ledger, ledger.deps)).toEqual([formerSerial]);
      expect(await supersedeFormer(ledger.ledger, ledger.deps)).toEqual([]);
      expect(await validSerials()).toEqual([serialNumber]);
    });
  });

  describe('currentCrl', () => {
    const current = () => currentCrl(ledger.ledger, ledger.signer, ledger.deps);

    it('makes the first list, and keeps to it while nothing changes', async () => {
      const first = await current();
      ledger.advance(hourMs);
      expect((await current()).content).toEqual(first.content);
    });

    it('names what was revoked, also in the second of the last list', async () => {
      await current();
      await revokeCertificate(ledger.ledger, formerSerial, 'keyCompromise', ledger.deps);
      const next = await current();
      expect(readCrl(next.content).revoked).toMatchObject([{ serialNumber: formerSerial, reason: 'keyCompromise' }]);
      expect((await current()).content).toEqual(next.content);
    });

    it('makes another list after a day', async () => {
      const first = await current();
      ledger.advance(dayMs);
      expect((await current()).content).not.toEqual(first.content);
    });

    it('makes one list only for a certificate that is revoked after its end', async () => {
      await current();
      ledger.advance(11 * dayMs);
      await revokeCertificate(ledger.ledger, formerSerial, 'superseded', ledger.deps);
      const next = await current();
      ledger.advance(hourMs);
      expect((await current()).content).toEqual(next.content);
    });
  });
});
