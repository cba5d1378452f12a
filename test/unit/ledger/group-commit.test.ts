import { afterEach, beforeEach, expect, it, jest } from '@jest/globals';
import { inTransaction, openLedger } from '../../../src/ledger/open.js';
import { makeLedger, type TestLedger } from '../../helpers/ledger.js';
import { describeOnEachDatabase } from '../../helpers/postgres.js';

describeOnEachDatabase('transactions that wait together', (kind) => {
  let test: TestLedger;
  beforeEach(async () => {
    test = await makeLedger(kind);
  });
  afterEach(() => test.close());

  const add = (name: string) =>
    inTransaction(test.ledger, async (transaction) => {
      await transaction.insertInto('member').values({ name, created_at: 1 }).execute();
      return name;
    });
  const names = async () =>
    (await test.ledger.selectFrom('member').select('name').orderBy('name').execute()).map(({ name }) => name);

  it('all take place, each with its own result', async () => {
    const all = Array.from({ length: 200 }, (_, index) => `m${String(index).padStart(3, '0')}`);
    expect(await Promise.all(all.map(add))).toEqual(all);
    expect(await names()).toEqual(all);
  });

  it('fail by themselves: what one did is undone, and nothing else', async () => {
    const failing = inTransaction(test.ledger, async (transaction) => {
      await transaction.insertInto('member').values({ name: 'half', created_at: 1 }).execute();
      throw new Error('changed my mind');
    });
    const results = await Promise.allSettled([add('a'), failing, add('a'), add('b')]);
    expect(results).toMatchObject([
      { status: 'fulfilled', value: 'a' },
      { status: 'rejected', reason: { message: 'changed my mind' } },
      { status: 'rejected' },
      { status: 'fulfilled', value: 'b' },
    ]);
    expect(await names()).toEqual(['a', 'b']);
  });

  it('see what those before them did', async () => {
    const counts = Array.from({ length: 5 }, (_, index) =>
      inTransaction(test.ledger, async (transaction) => {
        const before = await transaction.selectFrom('member').select('name').execute();
        await transaction
          .insertInto('member')
          .values({ name: `m${index}`, created_at: 1 })
          .execute();
        return before.length;
      }),
    );
    expect(await Promise.all(counts)).toEqual([0, 1, 2, 3, 4]);
  });

  it('are there for everybody when their result is', async () => {
    const other = await openLedger(test.home);
    try {
      const seen = async (name: string) => {
        await add(name);
        return other.selectFrom('member').select('name').where('name', '=', name).executeTakeFirst();
      };
      expect(await Promise.all([seen('a'), seen('b'), seen('c')])).toEqual([
        { name: 'a' },
        { name: 'b' },
        { name: 'c' },
      ]);
    } finally {
      await other.destroy();
    }
  });

  it('share a commit, and those that come meanwhile share the next', async () => {
    const transaction = jest.spyOn(test.ledger, 'transaction');
    await Promise.all(['a', 'b'].map(add));
    await Promise.all(Array.from({ length: 20 }, (_, index) => add(`m${index}`)));
    expect(transaction).toHaveBeenCalledTimes(2);
  });

  it('are committed each by itself where they come one after the other', async () => {
    const transaction = jest.spyOn(test.ledger, 'transaction');
    for (const name of ['a', 'b', 'c']) await add(name);
    expect(transaction).toHaveBeenCalledTimes(3);
  });

  it('go on after one that failed alone', async () => {
    await add('a');
    await expect(add('a')).rejects.toThrow();
    expect(await add('b')).toBe('b');
  });
});
