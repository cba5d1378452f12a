import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { sql } from 'kysely';
import { appendAudit } from '../../../src/ledger/audit.js';
import { walkAudit } from '../../../src/ledger/audit-chain.js';
import { inTransaction, type Ledger, openLedger } from '../../../src/ledger/open.js';
import { retireLedger } from '../../../src/ledger/retire.js';
import type { LedgerSchema } from '../../../src/ledger/schema.js';
import { openSqlite } from '../../../src/store/sqlite.js';

describe('openLedger', () => {
  let folder: string;
  const opened: Ledger[] = [];

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'qtchat-open-'));
  });

  afterEach(async () => {
    for (const ledger of opened.splice(0)) await ledger.destroy();
    rmSync(folder, { recursive: true, force: true });
  });

  async function open(home = folder): Promise<Ledger> {
    const ledger = await openLedger({ folder: home });
    opened.push(ledger);
    return ledger;
  }

  const addMember = (ledger: Ledger, name: string) =>
    ledger.insertInto('member').values({ name, created_at: 1 }).execute();
  const memberNames = async (ledger: Ledger): Promise<string[]> =>
    (await ledger.selectFrom('member').select('name').execute()).map((row) => row.name);

  it('creates home and ledger for the owner alone', async () => {
    await open(join(folder, 'home'));
    expect(statSync(join(folder, 'home')).mode & 0o777).toBe(0o700);
    expect(statSync(join(folder, 'home', 'ledger.db')).mode & 0o777).toBe(0o600);
  });

  it('opens again what it wrote', async () => {
    const first = await open();
    await addMember(first, 'bob');
    await first.destroy();
    expect(await memberNames(await open())).toEqual(['bob']);
  });

  it('can be opened several times at once while it is new', async () => {
    const ledgers = await Promise.all([open(), open(), open()]);
    for (const ledger of ledgers) expect(await memberNames(ledger)).toEqual([]);
  });

  it('refuses a ledger of a newer version, and leaves it as it is', async () => {
    const ledger = await open();
    await sql`pragma user_version = 99`.execute(ledger);
    await expect(open()).rejects.toMatchObject({ code: 'ERR_LEDGER_DAMAGED', hint: expect.any(String) });
    const { rows } = await sql<{ user_version: number }>`pragma user_version`.execute(ledger);
    expect(rows[0]?.user_version).toBe(99);
  });

  it('refuses a file that is no database', async () => {
    writeFileSync(join(folder, 'ledger.db'), 'not a database '.repeat(100));
    await expect(open()).rejects.toMatchObject({ code: 'ERR_STORE_DAMAGED' });
  });

  it('refuses a home that cannot be made, naming it', async () => {
    writeFileSync(join(folder, 'file'), '');
    await expect(open(join(folder, 'file', 'home'))).rejects.toMatchObject({
      code: 'ERR_STORE_UNWRITABLE',
      message: expect.stringContaining(join(folder, 'file', 'home')),
    });
  });

  it('takes everything back when the body of a transaction throws, inner transactions included', async () => {
    const ledger = await open();
    const attempt = inTransaction(ledger, async (outer) => {
      await inTransaction(outer, (inner) => addMember(inner, 'bob'));
      throw new Error('stop');
    });
    await expect(attempt).rejects.toThrow('stop');
    expect(await memberNames(ledger)).toEqual([]);
  });

  describe('retireLedger', () => {
    const entry = { actor: 'test', event: 'invite.created', details: {} } as const;
    const deps = { clock: () => new Date(0) };

    it('keeps every former ledger with all its entries, and begins anew for those who have it open too', async () => {
      const ledger = await open();
      await appendAudit(ledger, entry, deps);
      await addMember(ledger, 'first');
      const copies = [await retireLedger({ folder })];
      expect(await memberNames(ledger)).toEqual([]);
      await appendAudit(ledger, entry, deps);
      await addMember(ledger, 'second');
      copies.push(await retireLedger({ folder }));
      expect(copies).toEqual([join(folder, 'ledger.db.bak'), join(folder, 'ledger.db.bak2')]);
      const [first, second] = copies.map((path) => openSqlite<LedgerSchema>(String(path)));
      opened.push(...[first, second].filter((copy) => copy !== undefined));
      expect(first && (await memberNames(first))).toEqual(['first']);
      expect(second && (await memberNames(second))).toEqual(['second']);
      expect(statSync(join(folder, 'ledger.db.bak')).mode & 0o777).toBe(0o600);
    });

    it('leaves a ledger that can be written to', async () => {
      const ledger = await open();
      await appendAudit(ledger, entry, deps);
      await retireLedger({ folder });
      await appendAudit(ledger, entry, deps);
      expect((await walkAudit(ledger)).brokenAt).toBeUndefined();
    });

    it('keeps the former ledger, and no copy, where the new one cannot be filled', async () => {
      const ledger = await open();
      await appendAudit(ledger, entry, deps);
      await addMember(ledger, 'first');
      const attempt = retireLedger({ folder }, async (fresh) => {
        await addMember(fresh, 'second');
        throw new Error('stop');
      });
      await expect(attempt).rejects.toThrow('stop');
      expect(await memberNames(ledger)).toEqual(['first']);
      expect(readdirSync(folder).some((name) => name.includes('bak'))).toBe(false);
    });

    it('does nothing while nothing is recorded', async () => {
      await open();
      expect(await retireLedger({ folder })).toBeUndefined();
      expect(readdirSync(folder).some((name) => name.includes('bak'))).toBe(false);
    });

    it('does nothing where there is none', async () => {
      expect(await retireLedger({ folder })).toBeUndefined();
      expect(readdirSync(folder)).toEqual([]);
    });
  });
});
