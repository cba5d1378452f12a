import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { listAudit } from '../../../src/ledger/audit.js';
import { findCertificate, listCertificates, revokeCertificate } from '../../../src/ledger/certificates.js';
import { createInvite, findUsableInvite } from '../../../src/ledger/invites.js';
import { issueMemberCertificate } from '../../../src/ledger/issue-member-certificate.js';
import { listMembers } from '../../../src/ledger/members.js';
import { circleNamesOf, spkiFingerprint } from '../../../src/pki/circle.js';
import { makeLedger, makePublicKey, type TestLedger } from '../../helpers/ledger.js';
import { describeOnEachDatabase } from '../../helpers/postgres.js';

const dayMs = 86_400_000;

describeOnEachDatabase('issueMemberCertificate', (kind) => {
  let test: TestLedger;

  beforeEach(async () => {
    test = await makeLedger(kind);
  });

  afterEach(() => test.close());

  async function expectNothingChanged(action: () => Promise<unknown>, code: string): Promise<void> {
    const before = [await listCertificates(test.ledger), await listAudit(test.ledger), await members()];
    await expect(action()).rejects.toMatchObject({ code });
    expect([await listCertificates(test.ledger), await listAudit(test.ledger), await members()]).toEqual(before);
  }

  const members = () => listMembers(test.ledger, test.deps.clock());

  it('issues and records in the same words', async () => {
    const names = [{ type: 'ip', value: '192.168.1.7' } as const];
    const { certificate } = await test.issue({ names, validityDays: 10 });
    expect(circleNamesOf(certificate).map(({ member }) => member)).toEqual(['bob']);
    const record = await findCertificate(test.ledger, certificate.serialNumber.toLowerCase());
    expect(record).toEqual({
      serialNumber: certificate.serialNumber,
      member: 'bob',
      names,
      notBefore: new Date(certificate.validFrom),
      notAfter: new Date(certificate.validTo),
      spkiSha256: spkiFingerprint(certificate),
      profileName: 'peer',
      content: certificate.raw,
      issuedAt: test.deps.clock(),
    });
    expect(await listAudit(test.ledger)).toMatchObject([
      {
        actor: 'test',
        event: 'certificate.issued',
        details: {
          member: 'bob',
          serialNumber: certificate.serialNumber,
          digest: expect.stringMatching(/^[0-9a-f]{64}$/),
        },
      },
    ]);
    expect(await members()).toEqual([
      {
        name: 'bob',
        createdAt: test.deps.clock(),
        serialNumber: certificate.serialNumber,
        notAfter: record?.notAfter,
      },
    ]);
  });

  it('says why the certificate ends earlier than asked', async () => {
    const { certificate, validityCut } = await test.issue({ validityDays: 825 });
    expect(validityCut).toEqual(expect.any(String));
    expect(Date.parse(certificate.validTo)).toBeLessThan(test.deps.clock().getTime() + 31 * dayMs);
  });

  it.each([
    ['a bad name', { member: 'Bob Smith' }],
    ['no days', { validityDays: 0 }],
    ['a part of a day', { validityDays: 0.5 }],
    ['a reserved URI', { names: [{ type: 'uri', value: 'qtchat://x/alice' } as const] }],
  ])('refuses %s and records nothing', async (_title, request) => {
    const attempt = test.issue(request);
    await expect(attempt).rejects.toMatchObject({ code: expect.stringMatching(/^ERR_PKI_/) });
    expect([await listCertificates(test.ledger), await listAudit(test.ledger), await members()]).toEqual([[], [], []]);
  });

  it('issues nothing when signing fails, and revokes what was reserved for it', async () => {
    const request = { member: 'bob', names: [], publicKey: makePublicKey(), validityDays: 1, by: 'test' };
    const attempt = issueMemberCertificate(test.ledger, test.brokenSigner, test.profile, request, test.deps);
    await expect(attempt).rejects.toThrow('no signature');
    expect([await listCertificates(test.ledger), await members()]).toEqual([[], []]);
    expect(await listAudit(test.ledger)).toMatchObject([{ actor: 'test', event: 'certificate.abandoned' }]);
    const rows = await test.ledger.selectFrom('certificate').selectAll().execute();
    expect(rows).toMatchObject([
      { state: 'reserved', content: Buffer.alloc(0), revoked_at: test.deps.clock().getTime() },
    ]);
  });

  describe('when the name is taken', () => {
    it('refuses, by a valid certificate', async () => {
      await test.issue();
      await expectNothingChanged(() => test.issue(), 'ERR_LEDGER_NAME_TAKEN');
    });

    it('refuses, by an open invite', async () => {
      const expiresAt = new Date(test.deps.clock().getTime() + dayMs);
      const invite = { id: 'i1', member: 'bob', names: [], psk: Buffer.alloc(32), validityDays: 1, expiresAt };
      await createInvite(test.ledger, invite, test.deps);
      await expectNothingChanged(() => test.issue(), 'ERR_LEDGER_NAME_TAKEN');
    });

    it('gives the name to one of two who ask at once', async () => {
      const results = await Promise.allSettled([test.issue(), test.issue()]);
      expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
      expect(await listCertificates(test.ledger)).toHaveLength(1);
    });

    it('replaces when told to: revokes the certificate, withdraws the invite', async () => {
      const { certificate: old } = await test.issue();
      const expiresAt = new Date(test.deps.clock().getTime() + dayMs);
      const invite = { id: 'i1', member: 'bob', names: [], psk: Buffer.alloc(32), validityDays: 1, expiresAt };
      await createInvite(test.ledger, { ...invite, replace: true }, test.deps);
      const { certificate } = await test.issue({ replace: true });
      expect(await findCertificate(test.ledger, old.serialNumber)).toMatchObject({
        revokedAt: test.deps.clock(),
        revocationReason: 'superseded',
      });
      expect(await findUsableInvite(test.ledger, 'i1', test.deps.clock())).toBeUndefined();
      const valid = await listCertificates(test.ledger, { validAt: test.deps.clock() });
      expect(valid.map(({ serialNumber }) => serialNumber)).toEqual([certificate.serialNumber]);
    });

    it('keeps what is there when the replacement cannot be issued', async () => {
      await test.issue();
      const request = { member: 'bob', names: [], publicKey: makePublicKey(), validityDays: 1, by: 'x', replace: true };
      const before = await listCertificates(test.ledger);
      const attempt = issueMemberCertificate(test.ledger, test.brokenSigner, test.profile, request, test.deps);
      await expect(attempt).rejects.toMatchObject({ code: 'NO_SIGNATURE' });
      expect(await listCertificates(test.ledger)).toEqual(before);
    });

    it.each(['has expired', 'was revoked'])('issues again when the certificate %s', async (end) => {
      const { certificate } = await test.issue();
      if (end === 'has expired') test.advance(2 * dayMs);
      else await revokeCertificate(test.ledger, certificate.serialNumber, 'keyCompromise', test.deps);
      await test.issue();
      expect(await listCertificates(test.ledger, { member: 'bob' })).toHaveLength(2);
    });
  });
});

describeOnEachDatabase('certificates in the ledger', (kind) => {
  let test: TestLedger;

  beforeEach(async () => {
    test = await makeLedger(kind);
  });

  afterEach(() => test.close());

  it('are listed by member, by validity and by their end', async () => {
    await test.issue({ member: 'alice', validityDays: 2 });
    await test.issue({ member: 'bob', validityDays: 20 });
    const list = async (filter: Parameters<typeof listCertificates>[1]): Promise<string[]> =>
      (await listCertificates(test.ledger, filter)).map(({ member }) => member).sort();
    const inDays = (days: number): Date => new Date(test.deps.clock().getTime() + days * dayMs);
    expect(await list({})).toEqual(['alice', 'bob']);
    expect(await list({ member: 'bob' })).toEqual(['bob']);
    expect(await list({ member: 'carol' })).toEqual([]);
    expect(await list({ validAt: inDays(3) })).toEqual(['bob']);
    expect(await list({ endingBefore: inDays(3) })).toEqual(['alice']);
  });

  it('are revoked once: the first reason stays', async () => {
    const { certificate } = await test.issue();
    await revokeCertificate(test.ledger, certificate.serialNumber, 'keyCompromise', test.deps, 'the host');
    const first = await findCertificate(test.ledger, certificate.serialNumber);
    test.advance(1000);
    await revokeCertificate(test.ledger, certificate.serialNumber, 'superseded', test.deps);
    expect(await findCertificate(test.ledger, certificate.serialNumber)).toEqual(first);
    expect((await listAudit(test.ledger)).map(({ event, actor }) => [event, actor])).toEqual([
      ['certificate.issued', 'test'],
      ['certificate.revoked', 'the host'],
    ]);
  });

  it('cannot be revoked when they were never issued', async () => {
    await expect(revokeCertificate(test.ledger, 'AB12', 'unspecified', test.deps)).rejects.toMatchObject({
      code: 'ERR_LEDGER_NOT_FOUND',
      exitCode: 3,
    });
  });

  it.each(['not JSON', '{}', '[{}]', '[null]', '[{"type":"x400","value":"a"}]', '[{"type":"ip","value":1}]'])(
    'whose names read %s are called damaged',
    async (names) => {
      await test.issue();
      await test.ledger.updateTable('certificate').set({ names }).execute();
      await expect(listCertificates(test.ledger)).rejects.toMatchObject({ code: 'ERR_LEDGER_DAMAGED' });
    },
  );
});
