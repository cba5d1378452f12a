/**
 * Opens PostgreSQL databases through kysely over pg. It gives what `sqlite.ts` gives: transactions
 * that write one after the other, octets as `Buffer`, whole numbers as `number`, and our errors. It
 * knows no tables.
 */
import {
  CompiledQuery,
  type DatabaseConnection,
  type Driver,
  Kysely,
  PostgresDialect,
  type PostgresDialectConfig,
  PostgresDriver,
  type PostgresPool,
  type PostgresPoolClient,
} from 'kysely';
import pg from 'pg';
import { type DatabaseUrl, parseDatabaseUrl } from './database-url.js';
import { explainPostgresError } from './postgres-error.js';

/** A database on a PostgreSQL server. */
export interface PostgresServer {
  /** As {@link parseDatabaseUrl} takes it: without a password. */
  readonly url: string;
  /** Left out, the server may let us in without one, or ~/.pgpass knows it. */
  readonly password?: string;
}

/** How long a transaction waits for its turn. */
const turnTimeoutMs = 30_000;

const connectTimeoutMs = 10_000;

/** Few: transactions write one after the other anyway. */
const connections = 4;

/**
 * Opens a database; the first query connects.
 *
 * `transaction()` waits for its turn among all that have the database open in this way, so that what
 * it reads stays true until it commits. Numbers beyond 2^53 are errors. Close with `destroy()`.
 *
 * Queries reject with `ERR_LEDGER_UNREACHABLE` (no server, or lost on the way), `ERR_PASSWORD_WRONG`,
 * `ERR_LEDGER_REFUSED` (user, database or permission) or `ERR_LEDGER_BUSY` (no turn for 30 seconds);
 * broken constraints keep the database's own error.
 *
 * @throws {QTChatError} `ERR_USAGE` for a URL that is none
 */
export function openPostgres<Schema>(server: PostgresServer): Kysely<Schema> {
  const url = parseDatabaseUrl(server.url);
  return new Kysely<Schema>({ dialect: new WriterFirstDialect({ pool: async () => openPool(url, server.password) }) });
}

class WriterFirstDialect extends PostgresDialect {
  readonly #config: PostgresDialectConfig;

  constructor(config: PostgresDialectConfig) {
    super(config);
    this.#config = config;
  }

  override createDriver(): Driver {
    return new WriterFirstDriver(this.#config);
  }
}

class WriterFirstDriver extends PostgresDriver {
  // Read committed whatever the server's default: each statement after the lock must see what the
  // former holder of the lock committed. The lock ends with the transaction.
  override async beginTransaction(connection: DatabaseConnection): Promise<void> {
    const turn = "select pg_advisory_xact_lock(hashtext('qtchat'), hashtext(current_schema()))";
    await connection.executeQuery(CompiledQuery.raw(`begin isolation level read committed; ${turn}`));
  }

  // That a lost connection cannot roll back must not take the place of what went wrong.
  override async rollbackTransaction(connection: DatabaseConnection): Promise<void> {
    await super.rollbackTransaction(connection).catch(() => {});
  }
}

function openPool(url: DatabaseUrl, password: string | undefined): PostgresPool {
  const pool = new pg.Pool({
    ...url.connection,
    ...(password !== undefined && { password }),
    max: connections,
    connectionTimeoutMillis: connectTimeoutMs,
    lock_timeout: turnTimeoutMs,
    application_name: 'qtchat',
    types: { getTypeParser: parserOf },
  });
  // A lost connection: the query under way, or the next one, says so. Nobody listening, Node would end the process.
  pool.on('error', () => {});
  pool.on('connect', (client) => client.on('error', () => {}));
  return {
    connect: async () => {
      const client = await explaining(url, () => pool.connect());
      return explainingClient(client as unknown as PostgresPoolClient, url);
    },
    end: () => pool.end(),
  };
}

// One wrapper a client: kysely knows its connections by the objects they come in.
const wrappers = new WeakMap<PostgresPoolClient, PostgresPoolClient>();

function explainingClient(client: PostgresPoolClient, url: DatabaseUrl): PostgresPoolClient {
  const known = wrappers.get(client);
  if (known !== undefined) return known;
  const query = (text: string, parameters: readonly unknown[]) => explaining(url, () => client.query(text, parameters));
  const wrapper = { query, release: () => client.release() } as PostgresPoolClient;
  wrappers.set(client, wrapper);
  return wrapper;
}

async function explaining<Result>(url: DatabaseUrl, action: () => Promise<Result>): Promise<Result> {
  try {
    return await action();
  } catch (error) {
    throw explainPostgresError(error, url.shown);
  }
}

const parserOf: typeof pg.types.getTypeParser = (oid: number, format?: 'text' | 'binary') => {
  // bigint, and the sums and counts that are bigints too.
  if (oid === pg.types.builtins.INT8 && format !== 'binary') return parseWholeNumber;
  return pg.types.getTypeParser(oid, format as 'text');
};

function parseWholeNumber(text: string): number {
  const number = Number(text);
  if (!Number.isSafeInteger(number)) throw new RangeError('a number in the database is beyond 2^53');
  return number;
}
