import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { inTransaction } from '../../../src/ledger/open.js';
import { prepared } from '../../../src/ledger/prepared.js';
import { makeLedger, type TestLedger } from '../../helpers/ledger.js';
import { describeOnEachDatabase } from '../../helpers/postgres.js';

const insertFact = prepared((ledger, { name, value }: { name: string; value: string }) =>
  ledger.insertInto('fact').values({ name, value }),
);
const factsExcept = prepared((ledger, { value, first }: { value: string; first: string }) =>
  ledger
    .selectFrom('fact')
    .select('value')
    .where('name', '>=', first)
    .where('value', '!=', value)
    .where('value', '!=', 'always left out')
    .orderBy('name'),
);
const confirmUntil = prepared((ledger, { until }: { until: number | null }) =>
  ledger.updateTable('invite').set({ confirming_until: until }),
);

describeOnEachDatabase('a prepared statement', (kind) => {
  let test: TestLedger;
  beforeEach(async () => {
    test = await makeLedger(kind);
    for (const value of ['a', 'b', 'always left out']) await insertFact(test.ledger, { name: `~${value}`, value });
  });
  afterEach(() => test.close());

  const found = async (value: string, first = '~') =>
    (await factsExcept(test.ledger, { value, first })).rows.map((row) => row.value);

  it('runs with the values of this time, beside those that never change', async () => {
    expect(await found('a')).toEqual(['b']);
    expect(await found('b')).toEqual(['a']);
    expect(await Promise.all([found('c'), found('a'), found('c', '~b')])).toEqual([['a', 'b'], ['b'], ['b']]);
  });

  it('takes nothing for a value', async () => {
    await expect(confirmUntil(test.ledger, { until: null })).resolves.toMatchObject({ numAffectedRows: 0n });
  });

  it('takes part in a transaction', async () => {
    const failing = inTransaction(test.ledger, async (transaction) => {
      await insertFact(transaction, { name: '~c', value: 'c' });
      throw new Error('changed my mind');
    });
    await expect(failing).rejects.toThrow('changed my mind');
    expect(await found('')).toEqual(['a', 'b']);
  });
});
