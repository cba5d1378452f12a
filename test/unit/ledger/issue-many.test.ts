import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { listAudit } from '../../../src/ledger/audit.js';
import { listCertificates } from '../../../src/ledger/certificates.js';
import { createCode, takeAttempt } from '../../../src/ledger/codes.js';
import { createInvite } from '../../../src/ledger/invites.js';
import {
  completeMany,
  findReservedMany,
  type PlannedMember,
  reserveMany,
  withdrawMany,
} from '../../../src/ledger/issue-many.js';
import { verifyAudit } from '../../../src/ledger/verify-audit.js';
import { makeFreshKey } from '../../../src/pki/fresh-key.js';
import { buildCertificatePlan } from '../../../src/pki/plan.js';
import { makeLedger, type TestLedger } from '../../helpers/ledger.js';
import { describeOnEachDatabase } from '../../helpers/postgres.js';

const names = [{ type: 'ip', value: '192.168.1.7' }] as const;
const terms = { profileName: 'peer', replace: false };
const options = { by: 'test', replace: false };

describeOnEachDatabase('certificates for many members', (kind) => {
  let test: TestLedger;

  beforeEach(async () => {
    test = await makeLedger(kind);
  });
  afterEach(() => test.close());

  async function plan(...members: string[]): Promise<PlannedMember[]> {
    const { issuer, profile, deps } = test;
    const planned: PlannedMember[] = [];
    for (const member of members) {
      const { publicKey } = await makeFreshKey('p256');
      const request = { member, names, publicKey, validityDays: 30 };
      planned.push({ plan: buildCertificatePlan(request, profile, issuer, deps), names });
    }
    return planned;
  }

  const serialsOf = (planned: readonly PlannedMember[]): string[] => planned.map((one) => one.plan.serialNumber);

  const sign = (planned: readonly PlannedMember[]) =>
    Promise.all(
      planned.map(async (one) => {
        const { commonName: member, serialNumber } = one.plan;
        return { member, serialNumber, der: await test.signer.issue(serialNumber) };
      }),
    );

  const members = async (): Promise<string[]> =>
    (await listCertificates(test.ledger)).map(({ member }) => member).sort();

  it('are reserved, read back, signed and stored, and the log agrees with all of it', async () => {
    const planned = await plan(...Array.from({ length: 501 }, (_, index) => `m${index}`));
    await reserveMany(test.ledger, planned, terms, test.deps);
    expect(await members()).toEqual([]);
    const reserved = await findReservedMany(test.ledger, serialsOf(planned));
    expect(reserved.map(({ serialNumber }) => serialNumber).sort()).toEqual(serialsOf(planned).sort());
    expect(reserved[0]).toMatchObject({ names, notAfter: planned[0]?.plan.notAfter });
    await completeMany(test.ledger, await sign(planned), options, test.deps);
    expect(await members()).toHaveLength(501);
    expect(await listAudit(test.ledger)).toHaveLength(501);
    expect(await verifyAudit(test.ledger, test.issuer)).toMatchObject({ head: { sequence: 501 }, faults: [] });
  });

  it.each(['certificate', 'invite'] as const)(
    'are not even reserved when a %s holds one of the names',
    async (kind) => {
      if (kind === 'certificate') await test.issue({ member: 'bob' });
      else await createInvite(test.ledger, invite(test.deps.clock()), test.deps);
      const planned = await plan('ann', 'bob');
      const taken = { code: 'ERR_LEDGER_NAME_TAKEN', message: expect.stringMatching(/bob is taken/) };
      await expect(reserveMany(test.ledger, planned, terms, test.deps)).rejects.toMatchObject(taken);
      expect(await findReservedMany(test.ledger, serialsOf(planned))).toEqual([]);
      await reserveMany(test.ledger, planned, { ...terms, replace: true }, test.deps);
      expect(await findReservedMany(test.ledger, serialsOf(planned))).toHaveLength(2);
    },
  );

  it('are not kept from a name by a code that is used up', async () => {
    const slot = await createCode(test.ledger, invite(test.deps.clock()), test.deps);
    for (let attempt = 0; attempt < 3; attempt += 1) await takeAttempt(test.ledger, slot, test.deps);
    const planned = await plan('bob');
    await reserveMany(test.ledger, planned, terms, test.deps);
    expect(await findReservedMany(test.ledger, serialsOf(planned))).toHaveLength(1);
  });

  it('are kept from a name until the last moment of its certificate', async () => {
    const { certificate } = await test.issue({ member: 'bob' });
    const planned = await plan('bob');
    test.advance(Date.parse(certificate.validTo) - test.deps.clock().getTime());
    const taken = { code: 'ERR_LEDGER_NAME_TAKEN' };
    await expect(reserveMany(test.ledger, planned, terms, test.deps)).rejects.toMatchObject(taken);
  });

  it('are not stored when somebody else took one of the names meanwhile', async () => {
    const planned = await plan('ann', 'bob');
    await reserveMany(test.ledger, planned, terms, test.deps);
    const signed = await sign(planned);
    await test.issue({ member: 'bob' });
    const taken = { code: 'ERR_LEDGER_NAME_TAKEN' };
    await expect(completeMany(test.ledger, signed, options, test.deps)).rejects.toMatchObject(taken);
    expect(await members()).toEqual(['bob']);
  });

  it('are not stored when one was given up, was never reserved, or is of another key', async () => {
    const planned = await plan('ann', 'bob', 'cyd');
    await reserveMany(test.ledger, planned, terms, test.deps);
    const [ann, bob, cyd] = await sign(planned);
    if (ann === undefined || bob === undefined || cyd === undefined) throw new Error('they were all reserved');
    await withdrawMany(test.ledger, [cyd.serialNumber], 'test', test.deps);
    const notReserved = { code: 'ERR_LEDGER_NOT_FOUND' };
    for (const wrong of [cyd, { ...bob, serialNumber: 'AB'.repeat(16) }, { ...bob, der: ann.der }]) {
      const attempt = completeMany(test.ledger, [ann, wrong], options, test.deps);
      await expect(attempt).rejects.toMatchObject(notReserved);
    }
    expect(await members()).toEqual([]);
    await completeMany(test.ledger, [ann, bob], options, test.deps);
    await expect(completeMany(test.ledger, [ann], { ...options, replace: true }, test.deps)).rejects.toMatchObject(
      notReserved,
    );
    expect(await members()).toEqual(['ann', 'bob']);
  });

  it('are revoked when they are withdrawn, stored or not', async () => {
    const planned = await plan('ann', 'bob');
    await reserveMany(test.ledger, planned, terms, test.deps);
    const [ann] = await sign(planned);
    if (ann === undefined) throw new Error('it was reserved');
    await completeMany(test.ledger, [ann], options, test.deps);
    await withdrawMany(test.ledger, serialsOf(planned), 'test', test.deps);
    expect(await listCertificates(test.ledger, { validAt: test.deps.clock() })).toEqual([]);
    expect((await listAudit(test.ledger)).map(({ event }) => event).sort()).toEqual([
      'certificate.abandoned',
      'certificate.issued',
      'certificate.revoked',
    ]);
    expect(await verifyAudit(test.ledger, test.issuer)).toMatchObject({ faults: [] });
  });
});

function invite(now: Date) {
  const expiresAt = new Date(now.getTime() + 60_000);
  return { id: 'one', member: 'bob', names: [], psk: randomBytes(32), validityDays: 1, expiresAt };
}
