import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import {
  claimInvite,
  completeInvite,
  releaseInvite,
  reservationMs,
  reserveInvite,
} from '../../../src/ledger/answer-invite.js';
import { listAudit } from '../../../src/ledger/audit.js';
import { findCertificate, listCertificates, revokeCertificate } from '../../../src/ledger/certificates.js';
import {
  createInvite,
  findUsableInvite,
  judgeInvite,
  listInvites,
  type NewInvite,
  withdrawUsableInvite,
} from '../../../src/ledger/invites.js';
import { makeLedger, makePublicKey, type TestLedger } from '../../helpers/ledger.js';
import { describeOnEachDatabase } from '../../helpers/postgres.js';

const hourMs = 3_600_000;

describeOnEachDatabase('invites', (kind) => {
  let test: TestLedger;

  beforeEach(async () => {
    test = await makeLedger(kind);
  });

  afterEach(() => test.close());

  const now = (): Date => test.deps.clock();

  async function create(changes: Partial<NewInvite> = {}): Promise<void> {
    const invite: NewInvite = {
      id: 'i1',
      member: 'bob',
      names: [{ type: 'dns', value: 'bob.home' }],
      psk: Buffer.alloc(32, 7),
      validityDays: 30,
      expiresAt: new Date(now().getTime() + 24 * hourMs),
      ...changes,
    };
    await createInvite(test.ledger, invite, test.deps);
  }

  async function reserve(id = 'i1'): Promise<string> {
    const publicKey = makePublicKey();
    const { certificate } = await reserveInvite(test.ledger, test.signer, test.profile, id, publicKey, test.deps);
    return certificate.serialNumber;
  }

  async function validSerialNumbers(): Promise<string[]> {
    const valid = await listCertificates(test.ledger, { validAt: now() });
    return valid.map(({ serialNumber }) => serialNumber);
  }

  it('are found as they were made', async () => {
    await create();
    expect(await findUsableInvite(test.ledger, 'i1', now())).toEqual({
      id: 'i1',
      kind: 'line',
      member: 'bob',
      names: [{ type: 'dns', value: 'bob.home' }],
      psk: Buffer.alloc(32, 7),
      state: 'open',
      validityDays: 30,
      replace: false,
      createdAt: now(),
      expiresAt: new Date(now().getTime() + 24 * hourMs),
      isRevoked: false,
    });
    expect((await judgeInvite(test.ledger, 'i1', now())).fault).toBeUndefined();
  });

  it('lead to a certificate with the names of the invite, then end', async () => {
    await create();
    const serialNumber = await reserve();
    const record = await findCertificate(test.ledger, serialNumber);
    expect(record).toMatchObject({ member: 'bob', names: [{ type: 'dns', value: 'bob.home' }] });
    expect(await findUsableInvite(test.ledger, 'i1', now())).toMatchObject({ state: 'reserved', serialNumber });
    expect(await completeInvite(test.ledger, 'i1', serialNumber, test.deps)).toBe(true);
    expect((await judgeInvite(test.ledger, 'i1', now())).fault).toBe('spent');
    expect(await validSerialNumbers()).toEqual([serialNumber]);
    expect((await listAudit(test.ledger)).map(({ event }) => event)).toEqual([
      'invite.created',
      'certificate.issued',
      'invite.reserved',
      'invite.completed',
    ]);
  });

  it('forget their key when they are done', async () => {
    await create();
    await completeInvite(test.ledger, 'i1', await reserve(), test.deps);
    expect(await listInvites(test.ledger)).toMatchObject([{ state: 'done', psk: Buffer.alloc(0) }]);
  });

  it.each([
    ['unknown', 'another', () => Promise.resolve()],
    ['expired', 'i1', async () => test.advance(24 * hourMs)],
    ['spent', 'i1', async () => void (await completeInvite(test.ledger, 'i1', await reserve(), test.deps))],
    [
      'spent',
      'i1',
      async () => {
        await reserve();
        test.advance(reservationMs);
      },
    ],
  ])('that are %s lead to nothing', async (fault, id, prepare) => {
    await create();
    await prepare();
    const before = await listCertificates(test.ledger);
    expect(await findUsableInvite(test.ledger, id, now())).toBeUndefined();
    expect((await judgeInvite(test.ledger, id, now())).fault).toBe(fault);
    await expect(reserve(id)).rejects.toMatchObject({
      code: 'ERR_ENROLL_REFUSED',
      message: expect.stringContaining(fault),
    });
    expect(await listCertificates(test.ledger)).toEqual(before);
  });

  it('answered again while reserved leave the last certificate valid', async () => {
    await create();
    const first = await reserve();
    test.advance(reservationMs - 1);
    const second = await reserve();
    expect(await findCertificate(test.ledger, first)).toMatchObject({ revocationReason: 'superseded' });
    expect(await validSerialNumbers()).toEqual([second]);
    expect(await completeInvite(test.ledger, 'i1', first, test.deps)).toBe(false);
    expect(await completeInvite(test.ledger, 'i1', second, test.deps)).toBe(true);
  });

  it('are answered to nobody else while a guest confirms, for fifteen seconds at most', async () => {
    await create();
    const serialNumber = await reserve();
    await claimInvite(test.ledger, 'i1', serialNumber, test.deps);
    await expect(reserve()).rejects.toMatchObject({ code: 'ERR_ENROLL_BUSY' });
    await expect(claimInvite(test.ledger, 'i1', serialNumber, test.deps)).rejects.toMatchObject({
      code: 'ERR_ENROLL_BUSY',
    });
    expect(await validSerialNumbers()).toEqual([serialNumber]);
    test.advance(15_000);
    const next = await reserve();
    await expect(claimInvite(test.ledger, 'i1', serialNumber, test.deps)).rejects.toMatchObject({
      message: 'it was answered anew meanwhile, or has ended',
    });
    await claimInvite(test.ledger, 'i1', next, test.deps);
    expect(await completeInvite(test.ledger, 'i1', next, test.deps)).toBe(true);
  });

  it('are confirmed all the same when the clock was set back since a guest began to', async () => {
    await create();
    const first = await reserve();
    test.advance(5 * 60_000);
    await claimInvite(test.ledger, 'i1', first, test.deps);
    test.advance(-4 * 60_000);
    expect(await reserve()).not.toBe(first);
  });

  describe('that were answered and never confirmed', () => {
    it('end with the certificate that they led to, when that is revoked', async () => {
      await create();
      await revokeCertificate(test.ledger, await reserve(), 'keyCompromise', test.deps);
      expect((await judgeInvite(test.ledger, 'i1', now())).fault).toBe('revoked');
      await expect(reserve()).rejects.toMatchObject({ code: 'ERR_ENROLL_REFUSED' });
      expect(await validSerialNumbers()).toEqual([]);
      await create({ id: 'i2' });
      await reserve('i2');
    });

    it('are kept alive by asking again for fifteen minutes after their time, and no longer', async () => {
      await create({ expiresAt: new Date(now().getTime() + hourMs) });
      for (let elapsedMs = 0; elapsedMs < hourMs; elapsedMs += 600_000) {
        await reserve();
        test.advance(600_000);
      }
      await reserve();
      test.advance(reservationMs);
      await expect(reserve()).rejects.toMatchObject({ code: 'ERR_ENROLL_REFUSED' });
    });

    it('are withdrawn with the certificate that nobody has confirmed', async () => {
      await create({ id: '0011223344556677' });
      const serialNumber = await reserve('0011223344556677');
      expect(await withdrawUsableInvite(test.ledger, '00112233', test.deps)).toEqual({
        id: '0011223344556677',
        revoked: serialNumber,
      });
      expect(await validSerialNumbers()).toEqual([]);
      await expect(reserve('0011223344556677')).rejects.toMatchObject({ code: 'ERR_ENROLL_REFUSED' });
    });

    it('give way to another invite with replace, and take nothing from it afterwards', async () => {
      await create({ replace: true });
      await reserve();
      await create({ id: 'i2', replace: true });
      await expect(reserve('i1')).rejects.toMatchObject({ code: 'ERR_ENROLL_REFUSED' });
      expect((await judgeInvite(test.ledger, 'i2', now())).fault).toBeUndefined();
      const serialNumber = await reserve('i2');
      expect(await validSerialNumbers()).toEqual([serialNumber]);
    });
  });

  it('that were withdrawn serve nobody whose clock is behind', async () => {
    await create({ id: '0011223344556677' });
    await withdrawUsableInvite(test.ledger, '0011223344556677', test.deps);
    const behind = new Date(now().getTime() - hourMs);
    expect((await judgeInvite(test.ledger, '0011223344556677', behind)).fault).toBe('withdrawn');
    expect(await findUsableInvite(test.ledger, '0011223344556677', behind)).toBeUndefined();
  });

  it('are answered again at once when the guest left without a word', async () => {
    await create();
    const serialNumber = await reserve();
    await claimInvite(test.ledger, 'i1', serialNumber, test.deps);
    await releaseInvite(test.ledger, 'i1', 'AB');
    await expect(reserve()).rejects.toMatchObject({ code: 'ERR_ENROLL_BUSY' });
    await releaseInvite(test.ledger, 'i1', serialNumber);
    const next = await reserve();
    expect(await validSerialNumbers()).toEqual([next]);
  });

  it('answered at once by several leave one certificate valid', async () => {
    await create();
    const answers = await Promise.all([reserve(), reserve(), reserve()]);
    const valid = await validSerialNumbers();
    expect(valid).toHaveLength(1);
    expect(answers).toContain(valid[0]);
    const completed = await Promise.all(
      answers.map((serialNumber) => completeInvite(test.ledger, 'i1', serialNumber, test.deps)),
    );
    expect(completed.filter(Boolean)).toHaveLength(1);
  });

  it('stay open, and their member without certificate, when issuing fails', async () => {
    await create();
    const attempt = reserveInvite(test.ledger, test.brokenSigner, test.profile, 'i1', makePublicKey(), test.deps);
    await expect(attempt).rejects.toThrow('no signature');
    expect(await findUsableInvite(test.ledger, 'i1', now())).toMatchObject({ state: 'open' });
    expect(await listCertificates(test.ledger)).toEqual([]);
  });

  it.each([
    ['before they were answered', false],
    ['after they were done', true],
  ])('cannot be completed %s', async (_title, done) => {
    await create();
    const serialNumber = done ? await reserve() : 'AB';
    if (done) await completeInvite(test.ledger, 'i1', serialNumber, test.deps);
    const before = await listAudit(test.ledger);
    expect(await completeInvite(test.ledger, 'i1', serialNumber, test.deps)).toBe(false);
    expect(await listAudit(test.ledger)).toEqual(before);
  });

  describe('for a name that is taken', () => {
    it.each([
      ['a valid certificate', async () => void (await test.issue())],
      ['another open invite', () => create({ id: 'i0' })],
      [
        'an invite just answered',
        async () => {
          await create({ id: 'i0' });
          await reserve('i0');
        },
      ],
    ])('are refused: %s', async (_title, prepare) => {
      await prepare();
      await expect(create()).rejects.toMatchObject({ code: 'ERR_LEDGER_NAME_TAKEN', exitCode: 4 });
      expect((await judgeInvite(test.ledger, 'i1', now())).fault).toBe('unknown');
    });

    it('are made with replace; the old certificate ends when the guest enrols, not before', async () => {
      const { certificate: old } = await test.issue();
      await create({ replace: true });
      expect(await validSerialNumbers()).toEqual([old.serialNumber]);
      const serialNumber = await reserve();
      expect(await validSerialNumbers()).toEqual([serialNumber]);
    });

    it('withdraw the other open invite with replace, its key too', async () => {
      await create({ id: 'i0' });
      await create({ replace: true });
      expect((await judgeInvite(test.ledger, 'i0', now())).fault).toBe('withdrawn');
      const [withdrawn] = (await listInvites(test.ledger)).filter(({ id }) => id === 'i0');
      expect(withdrawn?.psk).toHaveLength(0);
    });

    it('are made again once the former one has expired', async () => {
      await create({ id: 'i0' });
      test.advance(24 * hourMs);
      await create();
      expect((await listInvites(test.ledger)).map(({ id }) => id)).toEqual(['i0', 'i1']);
    });
  });
});
