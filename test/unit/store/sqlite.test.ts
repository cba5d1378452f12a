import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type Kysely, sql } from 'kysely';
import { isUniqueViolation, openSqlite } from '../../../src/store/sqlite.js';

interface Schema {
  note: { id: number; text: string | null; blob: Buffer | null };
}

describe('openSqlite', () => {
  let folder: string;
  let opened: Kysely<Schema>[];

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'qtchat-sqlite-'));
    opened = [];
  });

  afterEach(async () => {
    for (const database of opened) await database.destroy();
    rmSync(folder, { recursive: true, force: true });
  });

  function open(name = 'test.db'): Kysely<Schema> {
    const database = openSqlite<Schema>(join(folder, name));
    opened.push(database);
    return database;
  }

  async function openWithTable(): Promise<Kysely<Schema>> {
    const database = open();
    await sql`create table note (id integer primary key, text text, blob blob) strict`.execute(database);
    return database;
  }

  it('gives back text, null and octets as they were stored', async () => {
    const database = await openWithTable();
    await database
      .insertInto('note')
      .values({ id: 1, text: 'grüße', blob: Buffer.from([0, 255]) })
      .execute();
    await database.insertInto('note').values({ id: 2, text: null, blob: null }).execute();
    const rows = await database.selectFrom('note').selectAll().orderBy('id').execute();
    expect(rows).toEqual([
      { id: 1, text: 'grüße', blob: Buffer.from([0, 255]) },
      { id: 2, text: null, blob: null },
    ]);
    expect(Buffer.isBuffer(rows[0]?.blob)).toBe(true);
  });

  it('creates the file and its companions readable by the owner alone', async () => {
    await openWithTable();
    const modes = readdirSync(folder).map((name) => statSync(join(folder, name)).mode & 0o777);
    expect(modes.length).toBeGreaterThanOrEqual(2);
    expect(new Set(modes)).toEqual(new Set([0o600]));
  });

  it('keeps commits on disk: WAL with synchronous FULL', async () => {
    const database = open();
    const journal = await sql<{ journal_mode: string }>`pragma journal_mode`.execute(database);
    const synchronous = await sql<{ synchronous: number }>`pragma synchronous`.execute(database);
    expect(journal.rows[0]?.journal_mode).toBe('wal');
    expect(synchronous.rows[0]?.synchronous).toBe(2);
  });

  it.each([
    ['a boolean', true],
    ['undefined', undefined],
    ['a date', new Date(0)],
    ['an object', {}],
    ['an array', [1]],
    ['a number that is none', Number.NaN],
  ])('refuses %s as a parameter instead of ending the process', async (_title, value) => {
    const database = open();
    await expect(sql`select ${value} as value`.execute(database)).rejects.toThrow('cannot store a value of type');
  });

  it('tells a key that exists already from other failures', async () => {
    const database = await openWithTable();
    const insert = () => database.insertInto('note').values({ id: 1, text: null, blob: null }).execute();
    await insert();
    expect(isUniqueViolation(await insert().catch((error: unknown) => error))).toBe(true);
    const other = await sql`select * from absent`.execute(database).catch((error: unknown) => error);
    expect(isUniqueViolation(other)).toBe(false);
  });

  it('rolls a transaction back when its body throws', async () => {
    const database = await openWithTable();
    const attempt = database.transaction().execute(async (transaction) => {
      await transaction.insertInto('note').values({ id: 1, text: 'x', blob: null }).execute();
      throw new Error('stop');
    });
    await expect(attempt).rejects.toThrow('stop');
    expect(await database.selectFrom('note').selectAll().execute()).toEqual([]);
  });

  it('says what went wrong where SQLite has rolled back by itself, and goes on', async () => {
    const database = await openWithTable();
    const attempt = database.transaction().execute(async (transaction) => {
      await sql`rollback`.execute(transaction);
      throw new Error('disk full');
    });
    await expect(attempt).rejects.toThrow('disk full');
    const after = database.transaction().execute((transaction) => transaction.selectFrom('note').selectAll().execute());
    expect(await after).toEqual([]);
  });

  it('loses no update when three processes count up in transactions at once', async () => {
    const database = await openWithTable();
    await database.insertInto('note').values({ id: 1, text: '0', blob: null }).execute();
    const script = `
      import { createRequire } from 'node:module';
      const Libsql = createRequire(${JSON.stringify(import.meta.url)})('libsql');
      const database = new Libsql(process.argv[1], { timeout: 5000 });
      for (let i = 0; i < 50; i += 1) {
        database.exec('begin immediate');
        const [row] = database.prepare('select text from note').all();
        database.prepare('update note set text = ?').run([String(Number(row.text) + 1)]);
        database.exec('commit');
      }`;
    const others = [0, 1].map(
      () =>
        new Promise<number | null>((resolve) => {
          const arguments_ = ['--input-type=module', '-e', script, join(folder, 'test.db')];
          spawn(process.execPath, arguments_, { stdio: 'inherit' }).on('exit', resolve);
        }),
    );
    for (let i = 0; i < 50; i += 1) {
      await database.transaction().execute(async (transaction) => {
        const { text } = await transaction.selectFrom('note').select('text').executeTakeFirstOrThrow();
        await new Promise((resolve) => setImmediate(resolve));
        await transaction
          .updateTable('note')
          .set({ text: String(Number(text) + 1) })
          .execute();
      });
    }
    expect(await Promise.all(others)).toEqual([0, 0]);
    const row = await database.selectFrom('note').select('text').executeTakeFirstOrThrow();
    expect(row.text).toBe('150');
  });

  it('says that a file is not a database, and names it', async () => {
    writeFileSync(join(folder, 'test.db'), 'this is a text '.repeat(500));
    await expect(sql`select 1`.execute(open())).rejects.toMatchObject({
      code: 'ERR_STORE_DAMAGED',
      message: expect.stringContaining('test.db'),
    });
  });

  it('says that the folder is missing, and leaves nothing behind', async () => {
    await expect(sql`select 1`.execute(open('absent/test.db'))).rejects.toMatchObject({ code: 'ERR_STORE_UNWRITABLE' });
    expect(readdirSync(folder)).toEqual([]);
  });

  it('says that a folder stands where the file should be', async () => {
    await expect(sql`select 1`.execute(openSqliteAt(folder))).rejects.toMatchObject({ code: 'ERR_STORE_UNWRITABLE' });
  });

  function openSqliteAt(path: string): Kysely<Schema> {
    const database = openSqlite<Schema>(path);
    opened.push(database);
    return database;
  }
});
