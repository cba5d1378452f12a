import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { completeInvite, reserveInvite } from '../../../src/ledger/answer-invite.js';
import { codeSlots, createCode, takeAttempt } from '../../../src/ledger/codes.js';
import { judgeInvite, type NewInvite } from '../../../src/ledger/invites.js';
import { withdrawInvite } from '../../../src/ledger/issue-member-certificate.js';
import { inTransaction } from '../../../src/ledger/open.js';
import { makeLedger, makePublicKey, type TestLedger } from '../../helpers/ledger.js';
import { describeOnEachDatabase } from '../../helpers/postgres.js';

const minuteMs = 60_000;

describeOnEachDatabase('short codes', (kind) => {
  let test: TestLedger;
  beforeEach(async () => {
    test = await makeLedger(kind);
  });
  afterEach(() => test.close());

  async function create(change: Partial<NewInvite> = {}): Promise<number> {
    const expiresAt = new Date(test.deps.clock().getTime() + 10 * minuteMs);
    const invite = { id: 'c1', member: 'bob', names: [], psk: Buffer.from('000123'), validityDays: 30, expiresAt };
    return createCode(test.ledger, { ...invite, ...change }, test.deps);
  }
  const withdraw = (id: string) => withdrawInvite(test.ledger, id, 'test', test.deps);
  const take = (slot: number) => takeAttempt(test.ledger, slot, test.deps);

  it('are found by their slot, as an invite of kind code', async () => {
    const slot = await create();
    expect(slot).toBeGreaterThanOrEqual(0);
    expect(slot).toBeLessThan(codeSlots);
    const attempt = await take(slot);
    expect(attempt).toMatchObject({ attemptsLeft: 2, invite: { id: 'c1', kind: 'code', psk: Buffer.from('000123') } });
  });

  it('serve for three attempts, whatever comes of them', async () => {
    const slot = await create();
    for (const attemptsLeft of [2, 1, 0])
      expect(await take(slot)).toMatchObject({ attemptsLeft, invite: { id: 'c1' } });
    for (let count = 0; count < 3; count += 1) {
      expect(await take(slot)).toEqual({ attemptsLeft: 0, fault: 'all its attempts are spent' });
    }
  });

  it('serve for three attempts in all when fifty are made at once', async () => {
    const slot = await create();
    const attempts = await Promise.all(Array.from({ length: 50 }, () => take(slot)));
    expect(attempts.filter(({ invite }) => invite !== undefined)).toHaveLength(3);
  });

  it('tell an attempt at an empty slot from a good one by nothing but its outcome', async () => {
    const slot = await create();
    const empty = (slot + 1) % codeSlots;
    expect(await take(empty)).toEqual({ attemptsLeft: 2, fault: 'unknown' });
    const rows = await test.ledger.selectFrom('code_slot').select(['slot', 'attempts']).execute();
    expect(rows).toContainEqual({ slot: empty, attempts: 1 });
  });

  it.each([
    ['expired', async () => test.advance(10 * minuteMs)],
    ['spent', async () => void (await completeInvite(test.ledger, 'c1', await reserve(), test.deps))],
    ['withdrawn', () => withdraw('c1')],
  ])('that are %s lead to nothing', async (fault, prepare) => {
    const slot = await create();
    await prepare();
    expect(await take(slot)).toEqual({ attemptsLeft: 2, fault });
  });

  async function reserve(): Promise<string> {
    const { ledger, signer, profile, deps } = test;
    const { certificate } = await reserveInvite(ledger, signer, profile, 'c1', makePublicKey(), deps);
    return certificate.serialNumber;
  }

  it('that were answered may be tried again, as far as there are attempts', async () => {
    const slot = await create();
    await reserve();
    expect(await take(slot)).toMatchObject({ invite: { state: 'reserved' } });
  });

  it('hold their name no longer than there are attempts; a guest on its third then comes too late', async () => {
    const slot = await create();
    for (let count = 0; count < 2; count += 1) await take(slot);
    await expect(create({ id: 'c2' })).rejects.toMatchObject({ code: 'ERR_LEDGER_NAME_TAKEN' });
    await take(slot);
    await create({ id: 'c2' });
    await expect(reserve()).rejects.toMatchObject({ code: 'ERR_LEDGER_NAME_TAKEN' });
  });

  it('get three attempts of their own in a slot that was guessed at before', async () => {
    const first = await create();
    for (let count = 0; count < 9; count += 1) await take(first);
    await withdraw('c1');
    // All slots but that one are taken, so that it is the next.
    const drawing = avoiding(first);
    await inTransaction(test.ledger, async (transaction) => {
      for (let slot = 0; slot < codeSlots - 1; slot += 1) {
        const at = new Date(test.deps.clock().getTime() + minuteMs);
        await createCode(transaction, { ...invite(`d${slot}`), expiresAt: at }, drawing);
      }
    });
    expect(await create({ id: 'last', member: 'last' })).toBe(first);
    expect(await take(first)).toMatchObject({ attemptsLeft: 2, invite: { id: 'last' } });
    await expect(create({ id: 'more', member: 'more' })).rejects.toMatchObject({
      code: 'ERR_LEDGER_BUSY',
      message: 'all 100 short codes are in use',
    });
    expect((await judgeInvite(test.ledger, 'more', test.deps.clock())).fault).toBe('unknown');
    test.advance(minuteMs);
    await create({ id: 'after', member: 'after' });
  });

  const invite = (id: string) => ({ id, member: id, names: [], psk: Buffer.from('1'), validityDays: 1 });

  // Draws the first free slot, or the one after it where the first is `slot`.
  function avoiding(slot: number) {
    let next = 0;
    return {
      clock: test.deps.clock,
      random: (size: number) => {
        const octets = Buffer.alloc(size);
        // What is before `slot` is taken one by one from the front; then the front is `slot` itself.
        octets.writeUInt32BE(next >= slot ? 1 : 0);
        next += 1;
        return octets;
      },
    };
  }

  it('are refused for a name that is taken', async () => {
    await create();
    await expect(create({ id: 'c2' })).rejects.toMatchObject({ code: 'ERR_LEDGER_NAME_TAKEN' });
    await create({ id: 'c2', replace: true });
    expect((await judgeInvite(test.ledger, 'c1', test.deps.clock())).fault).toBe('withdrawn');
  });
});
