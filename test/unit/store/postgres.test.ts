import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { type Kysely, sql } from 'kysely';
import { openPostgres, type PostgresServer } from '../../../src/store/postgres.js';
import {
  createTestDatabase,
  describeOnPostgres,
  guardedPassword,
  guardedUser,
  powerlessUser,
  type TestDatabase,
} from '../../helpers/postgres.js';

interface Schema {
  note: { id: number; text: string | null; blob: Buffer | null };
}

describeOnPostgres('openPostgres', () => {
  let database: TestDatabase;
  let opened: Kysely<Schema>[];

  beforeEach(async () => {
    database = await createTestDatabase();
    opened = [];
  });

  afterEach(async () => {
    for (const one of opened) await one.destroy();
    await database.drop();
  });

  function open(server: PostgresServer = database.server): Kysely<Schema> {
    const one = openPostgres<Schema>(server);
    opened.push(one);
    return one;
  }

  async function openWithTable(): Promise<Kysely<Schema>> {
    const one = open();
    await sql`create table note (id bigint primary key, text text, blob bytea)`.execute(one);
    return one;
  }

  const select = (server: PostgresServer) => sql`select 1`.execute(open(server));

  it('gives back numbers, text, null and octets as they were stored', async () => {
    const one = await openWithTable();
    const rows = [
      { id: Number.MAX_SAFE_INTEGER, text: 'grüße', blob: Buffer.from([0, 255]) },
      { id: -1, text: null, blob: null },
    ];
    await one.insertInto('note').values(rows).execute();
    expect(await one.selectFrom('note').selectAll().orderBy('id', 'desc').execute()).toEqual(rows);
  });

  it('refuses a number that JavaScript cannot hold instead of rounding it', async () => {
    await expect(sql`select 9007199254740993::bigint as big`.execute(open())).rejects.toThrow('beyond 2^53');
  });

  it('loses no update when several count up in transactions at once', async () => {
    await openWithTable();
    const counters = [open(), open(), open()];
    await counters[0]?.insertInto('note').values({ id: 1, text: '0', blob: null }).execute();
    const countUp = (one: Kysely<Schema>) =>
      one.transaction().execute(async (transaction) => {
        const { text } = await transaction.selectFrom('note').select('text').executeTakeFirstOrThrow();
        await transaction
          .updateTable('note')
          .set({ text: String(Number(text) + 1) })
          .execute();
      });
    await Promise.all(counters.flatMap((one) => Array.from({ length: 20 }, () => countUp(one))));
    const row = await counters[0]?.selectFrom('note').select('text').executeTakeFirstOrThrow();
    expect(row?.text).toBe('60');
  });

  it('sees in a transaction what others committed while it waited, whatever the server is set to', async () => {
    const one = await openWithTable();
    await sql`alter role tester set default_transaction_isolation = 'serializable'`.execute(one);
    const other = open();
    const first = one.transaction().execute(async (transaction) => {
      const second = other
        .transaction()
        .execute((waiting) => waiting.selectFrom('note').select('id').executeTakeFirst());
      await transaction.insertInto('note').values({ id: 7, text: null, blob: null }).execute();
      return { second };
    });
    expect(await (await first).second).toEqual({ id: 7 });
    await sql`alter role tester reset default_transaction_isolation`.execute(one);
  });

  it('rolls a transaction back when its body throws', async () => {
    const one = await openWithTable();
    const attempt = one.transaction().execute(async (transaction) => {
      await transaction.insertInto('note').values({ id: 1, text: 'x', blob: null }).execute();
      throw new Error('stop');
    });
    await expect(attempt).rejects.toThrow('stop');
    expect(await one.selectFrom('note').selectAll().execute()).toEqual([]);
  });

  it('says what went wrong, not that the rollback failed, when the connection is lost in a transaction; and goes on', async () => {
    const one = await openWithTable();
    const attempt = one
      .transaction()
      .execute((transaction) => sql`select pg_terminate_backend(pg_backend_pid())`.execute(transaction));
    await expect(attempt).rejects.toMatchObject({ code: 'ERR_LEDGER_UNREACHABLE' });
    expect(await one.selectFrom('note').selectAll().execute()).toEqual([]);
  });

  it('survives that its idle connection is ended, and opens another', async () => {
    const one = await openWithTable();
    const { rows } = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(one);
    await sql`select pg_terminate_backend(${rows[0]?.pid}, 10000)`.execute(open());
    // The end may be noticed by the query that runs into it; the next one has a connection of its own.
    await one
      .selectFrom('note')
      .selectAll()
      .execute()
      .catch(() => {});
    expect(await one.selectFrom('note').selectAll().execute()).toEqual([]);
  });

  it('lets in whoever has the password', async () => {
    const url = database.url({ user: guardedUser });
    const { rows } = await sql<{ user: string }>`select current_user as user`.execute(
      open({ url, password: guardedPassword }),
    );
    expect(rows).toEqual([{ user: guardedUser }]);
  });

  it.each([
    ['a wrong one', 'wrong horse'],
    ['none', undefined],
  ])('says that a password was wanted and %s was given, without showing it', async (_title, password) => {
    const url = database.url({ user: guardedUser });
    const error = await select(password === undefined ? { url } : { url, password }).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'ERR_PASSWORD_WRONG', hint: expect.stringContaining('PGPASSFILE') });
    expect(String(error)).not.toContain('horse');
  });

  it.each([
    ['an unknown user', { user: 'nobody-here' }],
    ['an unknown database', { database: 'absent' }],
  ])('says that the server refuses %s', async (_title, changes) => {
    await expect(select({ url: database.url(changes) })).rejects.toMatchObject({ code: 'ERR_LEDGER_REFUSED' });
  });

  it('says that the server refuses what the user may not do', async () => {
    const one = open({ url: database.url({ user: powerlessUser }) });
    await openWithTable();
    await expect(sql`create table public.note (id bigint)`.execute(one)).rejects.toMatchObject({
      code: 'ERR_LEDGER_REFUSED',
      message: expect.stringContaining('42501'),
    });
  });

  it('says that there is no server, naming it', async () => {
    const url = 'postgres://tester@here/postgres?host=/nowhere';
    await expect(select({ url })).rejects.toMatchObject({
      code: 'ERR_LEDGER_UNREACHABLE',
      message: expect.stringContaining('/nowhere'),
    });
  });
});
