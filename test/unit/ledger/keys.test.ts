import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { reserveInvite } from '../../../src/ledger/answer-invite.js';
import { listCertificates, revokeCertificate } from '../../../src/ledger/certificates.js';
import { createInvite } from '../../../src/ledger/invites.js';
import { makeLedger, makePublicKey, type TestLedger } from '../../helpers/ledger.js';
import { describeOnEachDatabase } from '../../helpers/postgres.js';

const dayMs = 86_400_000;

describeOnEachDatabase('a key that somebody has', (kind) => {
  let test: TestLedger;
  const publicKey = makePublicKey();

  beforeEach(async () => {
    test = await makeLedger(kind);
  });
  afterEach(() => test.close());

  const issueFor = (member: string, more: object = {}) => test.issue({ member, publicKey, ...more });
  const taken = { code: 'ERR_LEDGER_KEY_TAKEN' };

  it('is refused to another member, whatever may be replaced', async () => {
    const { certificate } = await issueFor('bob');
    const message = expect.stringContaining(`that of bob already (${certificate.serialNumber})`);
    await expect(issueFor('eve')).rejects.toMatchObject({ ...taken, message });
    await expect(issueFor('eve', { replace: true })).rejects.toMatchObject(taken);
    expect(await listCertificates(test.ledger)).toHaveLength(1);
  });

  it('serves its own member again', async () => {
    await issueFor('bob');
    await issueFor('bob', { replace: true });
    expect(await listCertificates(test.ledger, { validAt: test.deps.clock() })).toHaveLength(1);
  });

  it('is free once it is revoked for a harmless reason, or has ended', async () => {
    const { certificate } = await issueFor('bob');
    await revokeCertificate(test.ledger, certificate.serialNumber, 'cessationOfOperation', test.deps);
    await issueFor('carol');
    test.advance(2 * dayMs);
    await issueFor('dave');
  });

  it.each(['bob', 'eve'])('is refused to %s once it was compromised, also after its end', async (member) => {
    const { certificate } = await issueFor('bob');
    await revokeCertificate(test.ledger, certificate.serialNumber, 'keyCompromise', test.deps);
    await expect(issueFor(member)).rejects.toMatchObject(taken);
    test.advance(2 * dayMs);
    await expect(issueFor(member)).rejects.toMatchObject(taken);
  });

  it('is given to one of two members who ask at the same time', async () => {
    const results = await Promise.allSettled(['bob', 'carol', 'dave'].map((member) => issueFor(member)));
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    for (const result of results) {
      if (result.status === 'rejected') expect(result.reason).toMatchObject(taken);
    }
  });

  it('is refused to a guest, and the invite stays open', async () => {
    await issueFor('bob');
    const expiresAt = new Date(test.deps.clock().getTime() + dayMs);
    const invite = { id: 'ab'.repeat(8), member: 'eve', names: [], psk: Buffer.alloc(32), validityDays: 1, expiresAt };
    await createInvite(test.ledger, { ...invite, replace: false }, test.deps);
    const reserve = (key: typeof publicKey) =>
      reserveInvite(test.ledger, test.signer, test.profile, invite.id, key, test.deps);
    await expect(reserve(publicKey)).rejects.toMatchObject(taken);
    await reserve(makePublicKey());
  });
});
