import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { sql } from 'kysely';
import { appendAudit, listAudit } from '../../../src/ledger/audit.js';
import { walkAudit } from '../../../src/ledger/audit-chain.js';
import { dropAuditGuards, makeLedger, type TestLedger } from '../../helpers/ledger.js';
import { describeOnEachDatabase } from '../../helpers/postgres.js';

describeOnEachDatabase('the audit log', (kind) => {
  let test: TestLedger;

  beforeEach(async () => {
    test = await makeLedger(kind);
  });

  afterEach(() => test.close());

  async function append(count: number): Promise<void> {
    for (let index = 1; index <= count; index += 1) {
      const entry = { actor: 'test', event: 'invite.created', details: { id: String(index) } } as const;
      await appendAudit(test.ledger, entry, test.deps);
    }
  }

  it('numbers entries and keeps what they say', async () => {
    await append(2);
    const at = test.deps.clock();
    expect(await listAudit(test.ledger)).toEqual([
      { sequence: 1, at, actor: 'test', event: 'invite.created', details: { id: '1' } },
      { sequence: 2, at, actor: 'test', event: 'invite.created', details: { id: '2' } },
    ]);
    expect((await walkAudit(test.ledger)).brokenAt).toBeUndefined();
  });

  it('is whole when it is empty', async () => {
    expect((await walkAudit(test.ledger)).brokenAt).toBeUndefined();
  });

  it.each(['update audit set actor = actor', 'delete from audit'])('refuses %s', async (statement) => {
    await append(1);
    await expect(sql.raw(statement).execute(test.ledger)).rejects.toThrow('append-only');
  });

  it.each([
    ['a changed time', 'update audit set at = at + 1 where sequence = 2', 2],
    ['a changed actor', "update audit set actor = 'else' where sequence = 2", 2],
    ['a changed event', "update audit set event = 'else' where sequence = 2", 2],
    ['changed details', "update audit set details = '{}' where sequence = 2", 2],
    ['a changed first entry', 'update audit set at = 0 where sequence = 1', 1],
    ['a missing entry', 'delete from audit where sequence = 2', 2],
    ['a missing beginning', 'delete from audit where sequence = 1', 1],
    [
      'a missing entry with the rest renumbered',
      'delete from audit where sequence = 2; update audit set sequence = 2 where sequence = 3',
      2,
    ],
  ])('shows %s', async (_title, statements, sequence) => {
    await append(3);
    await dropAuditGuards(test.ledger, kind);
    for (const statement of statements.split(';')) await sql.raw(statement).execute(test.ledger);
    expect((await walkAudit(test.ledger)).brokenAt).toBe(sequence);
  });
});
