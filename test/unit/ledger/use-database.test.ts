import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { sql } from 'kysely';
import { appendAudit, listAudit } from '../../../src/ledger/audit.js';
import { walkAudit } from '../../../src/ledger/audit-chain.js';
import { listCertificates } from '../../../src/ledger/certificates.js';
import { createInvite, listInvites } from '../../../src/ledger/invites.js';
import { type Ledger, openLedger, openLedgerAt } from '../../../src/ledger/open.js';
import { tableNames } from '../../../src/ledger/tables.js';
import { useDatabase } from '../../../src/ledger/use-database.js';
import { databaseSettingPath } from '../../../src/store/database-setting.js';
import { makeLedger, type TestLedger } from '../../helpers/ledger.js';
import { createTestDatabase, describeOnPostgres, type TestDatabase } from '../../helpers/postgres.js';

describeOnPostgres('useDatabase', () => {
  let test: TestLedger;
  let database: TestDatabase;
  const opened: Ledger[] = [];

  beforeEach(async () => {
    test = await makeLedger();
    database = await createTestDatabase();
  });

  afterEach(async () => {
    for (const ledger of opened.splice(0)) await ledger.destroy();
    await test.close();
    await database.drop();
  });

  const use = (circleId = 'circle-a', url = database.server.url) => useDatabase(test.home, { url }, circleId);

  async function open(): Promise<Ledger> {
    const ledger = await openLedger(test.home);
    opened.push(ledger);
    return ledger;
  }

  const entry = { actor: 'test', event: 'invite.created', details: {} } as const;
  const append = (ledger: Ledger) => appendAudit(ledger, entry, test.deps);

  async function fill(): Promise<void> {
    await test.issue({ names: [{ type: 'dns', value: 'bob.home' }] });
    const expiresAt = new Date(test.deps.clock().getTime() + 1000);
    const invite = { id: 'i1', member: 'carol', names: [], psk: Buffer.alloc(32, 7), validityDays: 1, expiresAt };
    await createInvite(test.ledger, invite, test.deps);
  }

  const everythingIn = async (ledger: Ledger) => [
    await listCertificates(ledger),
    await listInvites(ledger),
    await listAudit(ledger),
  ];

  it('copies everything that the file holds, and every command of the home follows', async () => {
    await fill();
    const before = await everythingIn(test.ledger);
    expect(await use()).toBe('moved');
    const ledger = await open();
    expect(await everythingIn(ledger)).toEqual(before);
    expect((await walkAudit(ledger)).brokenAt).toBeUndefined();
    await append(ledger);
    expect(await listAudit(ledger)).toHaveLength(3);
    expect((await walkAudit(ledger)).brokenAt).toBeUndefined();
  });

  it('lets those who still have the file open change nothing in it', async () => {
    await fill();
    await use();
    await expect(test.issue({ member: 'dave' })).rejects.toThrow('the ledger has moved to a database server');
    expect(await listCertificates(test.ledger)).toHaveLength(1);
  });

  it('begins on the server where nothing was recorded yet', async () => {
    expect(await use()).toBe('used');
    await append(await open());
    expect(await listAudit(test.ledger)).toEqual([]);
  });

  it('can be said again, and changes nothing then', async () => {
    await fill();
    await use();
    await append(await open());
    expect(await use()).toBe('used');
    expect(await listAudit(await open())).toHaveLength(3);
  });

  it('joins a ledger that went on where the file of this home ends', async () => {
    await fill();
    await use();
    await append(await open());
    // What a process that was killed before its last step leaves: the file as it was, and no setting.
    rmSync(databaseSettingPath(test.home));
    expect(await use()).toBe('joined');
    expect(await listAudit(await open())).toHaveLength(3);
  });

  it('refuses a ledger that went another way, and changes neither', async () => {
    const other = await openLedgerAt({ type: 'postgres', server: database.server });
    opened.push(other);
    await append(other);
    await append(other);
    await append(other);
    await fill();
    await expect(use()).rejects.toMatchObject({ code: 'ERR_STORE_EXISTS' });
    expect(existsSync(databaseSettingPath(test.home))).toBe(false);
    expect(await listAudit(other)).toHaveLength(3);
    await append(test.ledger);
  });

  it("refuses another circle's ledger", async () => {
    const folder = mkdtempSync(join(tmpdir(), 'qtchat-other-'));
    try {
      await useDatabase({ folder }, database.server, 'circle-b');
      await fill();
      await expect(use()).rejects.toMatchObject({
        code: 'ERR_STORE_EXISTS',
        message: expect.stringContaining('circle-b'),
      });
      await append(test.ledger);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  it('refuses a second server, naming the first', async () => {
    await use();
    const second = await createTestDatabase();
    try {
      await expect(use('circle-a', second.server.url)).rejects.toMatchObject({
        code: 'ERR_USAGE',
        message: expect.stringContaining(database.server.url.slice(0, 20)),
      });
    } finally {
      await second.drop();
    }
  });

  it('leaves everything as it is when the server cannot be reached', async () => {
    await fill();
    const before = readdirSync(test.home.folder).sort();
    const url = 'postgres://tester@here/postgres?host=/nowhere';
    await expect(use('circle-a', url)).rejects.toMatchObject({ code: 'ERR_LEDGER_UNREACHABLE' });
    expect(readdirSync(test.home.folder).sort()).toEqual(before);
    await append(test.ledger);
  });

  it('writes where the ledger is for the owner alone', async () => {
    await use();
    expect(JSON.parse(readFileSync(databaseSettingPath(test.home), 'utf8'))).toEqual({ url: database.server.url });
  });

  it('knows every table there is', async () => {
    const ledger = await open();
    const { rows } = await sql<{ name: string }>`select name from sqlite_schema where type = 'table'`.execute(ledger);
    expect([...tableNames].sort()).toEqual(rows.map(({ name }) => name).sort());
  });
});
