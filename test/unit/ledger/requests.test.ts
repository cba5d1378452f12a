import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { listAudit } from '../../../src/ledger/audit.js';
import { judgeInvite, listInvites } from '../../../src/ledger/invites.js';
import {
  approveRequest,
  decisionsOn,
  denyRequest,
  endRequest,
  keepWaiting,
  listRequests,
  recordRequest,
  requestLimit,
  requestSilenceMs,
} from '../../../src/ledger/requests.js';
import { makeLedger, type TestLedger } from '../../helpers/ledger.js';
import { describeOnEachDatabase } from '../../helpers/postgres.js';

const id = '00112233445566ff';
const words = 'zebra youth year yard';
const bob = { member: 'bob', names: [], validityDays: 30 };

describeOnEachDatabase('requests for approval', (kind) => {
  let test: TestLedger;
  beforeEach(async () => {
    test = await makeLedger(kind);
  });
  afterEach(() => test.close());

  const now = (): Date => test.deps.clock();
  async function record(change: { id?: string; words?: string } = {}): Promise<void> {
    const expiresAt = new Date(now().getTime() + 600_000);
    await recordRequest(test.ledger, { id, address: '192.168.1.7', words, expiresAt, ...change }, test.deps);
  }
  const idOf = (number: number): string => number.toString(16).padStart(16, '0');

  it('wait with address and words until the host decides', async () => {
    await record();
    expect(await listRequests(test.ledger, now())).toMatchObject([{ id, address: '192.168.1.7', words }]);
    expect(await decisionsOn(test.ledger, [id, idOf(9)])).toEqual(new Map([[id, 'waiting']]));
  });

  it.each([id, id.slice(0, 4)])('become an invite of that name when approved as %s', async (typed) => {
    await record();
    expect(await approveRequest(test.ledger, typed, words, bob, test.deps)).toBe(id);
    expect(await listInvites(test.ledger)).toMatchObject([{ id, kind: 'approval', member: 'bob', state: 'open' }]);
    expect(await decisionsOn(test.ledger, [id])).toEqual(new Map([[id, 'approved']]));
    expect(await listRequests(test.ledger, now())).toEqual([]);
    const events = (await listAudit(test.ledger)).map(({ event }) => event);
    expect(events).toEqual(['invite.created', 'request.approved']);
  });

  it('stay waiting when other words are typed', async () => {
    await record();
    const attempt = approveRequest(test.ledger, id, 'zebra youth year yellow', bob, test.deps);
    await expect(attempt).rejects.toMatchObject({ code: 'ERR_ENROLL_TAMPERED', exitCode: 7 });
    expect(await listInvites(test.ledger)).toEqual([]);
    expect(await listRequests(test.ledger, now())).toHaveLength(1);
  });

  it('stay waiting when the name is taken', async () => {
    await test.issue();
    await record();
    const attempt = approveRequest(test.ledger, id, words, bob, test.deps);
    await expect(attempt).rejects.toMatchObject({ code: 'ERR_LEDGER_NAME_TAKEN' });
    expect(await decisionsOn(test.ledger, [id])).toEqual(new Map([[id, 'waiting']]));
  });

  it('are denied, and make no invite', async () => {
    await record();
    expect(await denyRequest(test.ledger, id.slice(0, 8), test.deps)).toBe(id);
    expect(await decisionsOn(test.ledger, [id])).toEqual(new Map([[id, 'denied']]));
    expect(await listInvites(test.ledger)).toEqual([]);
  });

  it.each<[string, string, () => Promise<void>]>([
    ['unknown', idOf(5), async () => {}],
    ['named by too little', id.slice(0, 3), async () => {}],
    ['named by a pattern', '0011%', async () => {}],
    ['named by nothing', '', async () => {}],
    ['ambiguous', '0011', () => record({ id: '0011000000000000' })],
    ['over', id, async () => test.advance(600_000)],
    ['left behind by a server that is gone', id, async () => test.advance(requestSilenceMs)],
    ['denied already', id, async () => void (await denyRequest(test.ledger, id, test.deps))],
    ['approved already', id, async () => void (await approveRequest(test.ledger, id, words, bob, test.deps))],
    ['ended', id, async () => void (await endRequest(test.ledger, id, test.deps))],
  ])('cannot be approved or denied when %s', async (_title, typed, prepare) => {
    await record();
    await prepare();
    const carol = { ...bob, member: 'carol' };
    for (const attempt of [
      () => approveRequest(test.ledger, typed, words, carol, test.deps),
      () => denyRequest(test.ledger, typed, test.deps),
    ]) {
      await expect(attempt()).rejects.toMatchObject({ code: 'ERR_LEDGER_NOT_FOUND', exitCode: 3 });
    }
    expect((await listInvites(test.ledger)).filter(({ member }) => member === 'carol')).toEqual([]);
  });

  it('live on while their server speaks for them, ten minutes at most', async () => {
    await record();
    for (let time = 0; time < 20; time += 1) {
      test.advance(requestSilenceMs - 1);
      await keepWaiting(test.ledger, [id], now());
      expect(await listRequests(test.ledger, now())).toHaveLength(1);
    }
    test.advance(requestSilenceMs - 1);
    await keepWaiting(test.ledger, [id], now());
    expect(await listRequests(test.ledger, now())).toEqual([]);
  });

  it('withdraw an approval that nobody fetches', async () => {
    await record();
    await approveRequest(test.ledger, id, words, bob, test.deps);
    await endRequest(test.ledger, id, test.deps);
    expect((await judgeInvite(test.ledger, id, now())).fault).toBe('expired');
  });

  it('are twenty at most, until one is over', async () => {
    for (let count = 0; count < requestLimit; count += 1) await record({ id: idOf(count) });
    await expect(record()).rejects.toMatchObject({ code: 'ERR_ENROLL_BUSY' });
    await endRequest(test.ledger, idOf(0), test.deps);
    await record();
    await expect(record({ id: idOf(99) })).rejects.toMatchObject({ code: 'ERR_ENROLL_BUSY' });
    test.advance(requestSilenceMs);
    await record({ id: idOf(99) });
    expect(await test.ledger.selectFrom('request').select('id').execute()).toEqual([{ id: idOf(99) }]);
  });

  it('of strangers leave nothing in the audit log', async () => {
    await record();
    await endRequest(test.ledger, id, test.deps);
    expect(await listAudit(test.ledger)).toEqual([]);
  });
});
