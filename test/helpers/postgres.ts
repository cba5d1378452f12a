/**
 * A PostgreSQL server for tests, on a Unix socket alone, started by the first test that needs it
 * and shared by all; every test has a schema of its own in it. Its folder and its end are the business of
 * postgres-setup.mjs and postgres-teardown.mjs.
 */
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmodSync, chownSync, readdirSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { describe, it } from '@jest/globals';
import { sql } from 'kysely';
import { openPostgres, type PostgresServer } from '../../src/store/postgres.js';
import { hasProgram } from './has-program.js';

/** Kinds of databases a ledger can be in. */
export type DatabaseKind = 'sqlite' | 'postgres';

/** A user of the test server that must give {@link guardedPassword}. */
export const guardedUser = 'guarded';
export const guardedPassword = 'correct horse';

/** A user that may connect and nothing else. */
export const powerlessUser = 'powerless';

/** A schema of one test. */
export interface TestDatabase {
  readonly server: PostgresServer;
  /** Of another user, schema or database on the same server. */
  url(changes: { user?: string; schema?: string; database?: string }): string;
  drop(): Promise<void>;
}

/** Makes an empty schema, starting the server if need be. */
export async function createTestDatabase(): Promise<TestDatabase> {
  startServer();
  const schema = `t_${randomBytes(8).toString('hex')}`;
  const url: TestDatabase['url'] = ({ user = 'tester', schema: other = schema, database = 'postgres' }) =>
    `postgres://${user}@here/${database}?host=${encodeURIComponent(folder())}&schema=${other}`;
  await administrate(
    url({ schema: 'public' }),
    `create schema ${schema}; grant all on schema ${schema} to ${guardedUser}`,
  );
  return {
    server: { url: url({}) },
    url,
    drop: () => administrate(url({ schema: 'public' }), `drop schema ${schema} cascade`),
  };
}

/** Describes a suite twice: once for each kind of database that is here. */
export function describeOnEachDatabase(title: string, suite: (kind: DatabaseKind) => void): void {
  describe(`${title} (SQLite)`, () => suite('sqlite'));
  describeOnPostgres(`${title} (PostgreSQL)`, () => suite('postgres'));
}

/** Describes a suite that needs PostgreSQL; without it one skipped line, or a failure where it is required. */
export function describeOnPostgres(title: string, suite: () => void): void {
  if (programFolder() !== undefined) describe(title, suite);
  else if ((process.env.QTCHAT_TEST_REQUIRE ?? '').split(',').includes('initdb')) {
    it(`${title}: needs initdb`, () => {
      throw new Error('initdb is required by QTCHAT_TEST_REQUIRE but not installed');
    });
  } else it.skip(`${title}: needs initdb, which is not installed`, () => {});
}

async function administrate(url: string, statement: string): Promise<void> {
  const database = openPostgres({ url });
  try {
    await sql.raw(statement).execute(database);
  } finally {
    await database.destroy();
  }
}

function folder(): string {
  const path = process.env.QTCHAT_TEST_POSTGRES;
  if (path === undefined) throw new Error('postgres-setup.mjs has not run');
  return path;
}

/** Where initdb and pg_ctl are; Debian keeps them off the PATH. */
function programFolder(): string | undefined {
  if (!hasProgram('flock')) return undefined;
  if (hasProgram('initdb')) return '';
  const debian = '/usr/lib/postgresql';
  try {
    const newest = readdirSync(debian).sort((one, other) => Number(other) - Number(one))[0];
    return newest === undefined ? undefined : join(debian, newest, 'bin/');
  } catch {
    return undefined;
  }
}

// Whichever worker comes first does the work; the others wait for the lock and find it done.
const script = `
  set -e
  cd "$1"
  if [ -e ready ]; then exit; fi
  rm -rf data
  "$2initdb" -D data -U tester -E UTF8 --no-locale -N -A trust
  printf '%s\\n' 'local all guarded scram-sha-256' 'local all all trust' > data/pg_hba.conf
  "$2pg_ctl" -D data -w -l log -o "-k '$1' -c listen_addresses= -c unix_socket_permissions=0700 -c fsync=off \\
    -c max_connections=300 -c shared_buffers=16MB" start >/dev/null 2>&1 </dev/null
  "$2psql" -q -h "$1" -U tester postgres -c "create user guarded password '$3'" -c 'create user powerless'
  touch ready
`;

function startServer(): void {
  const path = folder();
  const user = unprivilegedUser();
  if (user !== undefined) chownSync(path, user.uid, user.gid);
  chmodSync(path, 0o700);
  const args = ['-o', join(path, 'lock'), 'sh', '-c', script, 'sh', path, programFolder() ?? '', guardedPassword];
  const { status, stderr } = spawnSync('flock', args, { ...user, encoding: 'utf8', env: { PATH: process.env.PATH } });
  if (status !== 0) throw new Error(`no PostgreSQL server for the tests: ${stderr}`);
}

/** The server refuses to run as root; whoever owns the folder then need only be somebody else. */
function unprivilegedUser(): { uid: number; gid: number } | undefined {
  return userInfo().uid === 0 ? { uid: 65_534, gid: 65_534 } : undefined;
}
