import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { completeInvite, reserveInvite } from '../../../src/ledger/answer-invite.js';
import { listAudit } from '../../../src/ledger/audit.js';
import { listCertificates } from '../../../src/ledger/certificates.js';
import { codeSlots, createCode, takeAttempt } from '../../../src/ledger/codes.js';
import { compactLedger, keptDays } from '../../../src/ledger/compact.js';
import { issueNextCrl } from '../../../src/ledger/crl.js';
import { createInvite, listInvites, type NewInvite } from '../../../src/ledger/invites.js';
import { createLink } from '../../../src/ledger/links.js';
import { listRequests, recordRequest, requestSilenceMs } from '../../../src/ledger/requests.js';
import { verifyAudit } from '../../../src/ledger/verify-audit.js';
import { makeLedger, makePublicKey, type TestLedger } from '../../helpers/ledger.js';
import { describeOnEachDatabase } from '../../helpers/postgres.js';

const hourMs = 3_600_000;
const keptMs = keptDays * 24 * hourMs;

describeOnEachDatabase('compacting a ledger', (kind) => {
  let test: TestLedger;
  beforeEach(async () => {
    test = await makeLedger(kind);
  });
  afterEach(() => test.close());

  const invite = (id: string): NewInvite => ({
    id,
    member: id,
    names: [],
    psk: Buffer.alloc(32, 7),
    validityDays: 365,
    expiresAt: new Date(test.deps.clock().getTime() + hourMs),
  });
  const create = (id: string) => createInvite(test.ledger, invite(id), test.deps);
  const compact = () => compactLedger(test.ledger, test.deps);
  const inviteIds = async () => (await listInvites(test.ledger)).map(({ id }) => id);
  const crlNumbers = async () =>
    (await test.ledger.selectFrom('crl').select('number').orderBy('number').execute()).map(({ number }) => number);
  const issueList = () => issueNextCrl(test.ledger, test.signer, { validityDays: 1, by: 'test' }, test.deps);
  async function answer(id: string): Promise<string> {
    const { ledger, signer, profile, deps } = test;
    return (await reserveInvite(ledger, signer, profile, id, makePublicKey(), deps)).certificate.serialNumber;
  }
  const faults = async () => (await verifyAudit(test.ledger, test.issuer)).faults;

  it('removes nothing that ended less than thirty days ago, and no word of it', async () => {
    await create('i1');
    await issueList();
    const before = await listAudit(test.ledger);
    test.advance(hourMs + keptMs - 1);
    expect(await compact()).toEqual({ invites: 0, crls: 0 });
    expect(await inviteIds()).toEqual(['i1']);
    expect(await listAudit(test.ledger)).toEqual(before);
  });

  it('removes invites of every kind that ended earlier, and keeps what they led to', async () => {
    await create('done');
    const serialNumber = await answer('done');
    await completeInvite(test.ledger, 'done', serialNumber, test.deps);
    await create('unused');
    await createLink(test.ledger, { invite: invite('link'), idSha256: 'd1', legacy: false }, test.deps);
    await createCode(test.ledger, invite('code'), test.deps);
    test.advance(hourMs + keptMs);
    await create('fresh');
    expect(await compact()).toEqual({ invites: 4, crls: 0 });
    expect(await inviteIds()).toEqual(['fresh']);
    expect(await test.ledger.selectFrom('link').selectAll().execute()).toEqual([]);
    expect(await listCertificates(test.ledger)).toMatchObject([{ serialNumber }]);
    const log = await listAudit(test.ledger);
    expect(log.filter(({ event }) => event === 'invite.created')).toHaveLength(5);
    expect(log.at(-1)).toMatchObject({ event: 'ledger.compacted', details: { invites: '4', crls: '0' } });
    expect(await faults()).toEqual([]);
  });

  it('keeps an invite that was answered in its last moment until that is long ago too', async () => {
    await create('i1');
    test.advance(hourMs - 1);
    const serialNumber = await answer('i1');
    test.advance(keptMs + 1);
    expect(await compact()).toEqual({ invites: 0, crls: 0 });
    expect(await listInvites(test.ledger)).toMatchObject([{ id: 'i1', serialNumber }]);
    test.advance(hourMs);
    expect(await compact()).toEqual({ invites: 1, crls: 0 });
  });

  it('keeps attempts counted in a slot whose code it removes, and the slot can be used again', async () => {
    const slot = await createCode(test.ledger, invite('code'), test.deps);
    for (let attempt = 0; attempt < 3; attempt += 1) await takeAttempt(test.ledger, slot, test.deps);
    test.advance(hourMs + keptMs);
    await compact();
    expect(await takeAttempt(test.ledger, slot, test.deps)).toMatchObject({ fault: 'unknown', attemptsLeft: 0 });
    const slots = new Set<number>();
    for (let number = 0; number < codeSlots; number += 1) {
      slots.add(await createCode(test.ledger, invite(`c${number}`), test.deps));
    }
    expect(slots.has(slot)).toBe(true);
    expect(await takeAttempt(test.ledger, slot, test.deps)).toMatchObject({ attemptsLeft: 2 });
  });

  it('removes old revocation lists but the newest, and their numbers go on rising', async () => {
    await issueList();
    test.advance(hourMs);
    const { number: last } = await issueList();
    test.advance(2 * keptMs);
    expect(await compact()).toEqual({ invites: 0, crls: 1 });
    expect(await crlNumbers()).toEqual([last]);
    expect(await faults()).toEqual([]);
    const { number: next } = await issueList();
    expect(next).toBeGreaterThan(last);
    expect(await faults()).toEqual([]);
  });

  it('keeps the newest list that was signed when a later one never was', async () => {
    const { number: signed } = await issueList();
    test.advance(hourMs);
    const broken = { ...test.signer, issueCrl: () => Promise.reject(new Error('killed')) };
    const request = { validityDays: 1, by: 'test' };
    await expect(issueNextCrl(test.ledger, broken, request, test.deps)).rejects.toThrow('killed');
    test.advance(2 * keptMs);
    expect(await compact()).toEqual({ invites: 0, crls: 0 });
    expect(await crlNumbers()).toEqual([signed, expect.any(Number)]);
    expect(await faults()).toEqual([]);
  });

  it('forgets requests whose server is gone, and no others', async () => {
    const request = { address: '192.0.2.1', words: 'zebra youth year yard' };
    const expiresAt = new Date(test.deps.clock().getTime() + hourMs);
    await recordRequest(test.ledger, { ...request, id: 'a'.repeat(16), expiresAt }, test.deps);
    await compact();
    expect(await listRequests(test.ledger, test.deps.clock())).toHaveLength(1);
    test.advance(requestSilenceMs);
    await compact();
    expect(await test.ledger.selectFrom('request').selectAll().execute()).toEqual([]);
  });

  it('is done once when several do it at the same time', async () => {
    await create('i1');
    test.advance(hourMs + keptMs);
    const results = await Promise.all([compact(), compact(), compact()]);
    expect(results.map(({ invites }) => invites).sort()).toEqual([0, 0, 1]);
    expect((await listAudit(test.ledger)).filter(({ event }) => event === 'ledger.compacted')).toHaveLength(1);
  });
});
