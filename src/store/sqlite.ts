/**
 * Opens SQLite files through kysely over libsql. It hides what libsql does not forgive (it ends the
 * process on parameters of a type it does not know), begins every transaction as a writer, and
 * turns its errors into ours. It knows no tables, and it does not create folders.
 */
import { closeSync, openSync } from 'node:fs';
import { types } from 'node:util';
import {
  CompiledQuery,
  type DatabaseConnection,
  type Driver,
  Kysely,
  type SqliteDatabase,
  SqliteDialect,
  type SqliteDialectConfig,
  SqliteDriver,
  type SqliteStatement,
} from 'kysely';
import Libsql from 'libsql';
import { messageOf, QTChatError, quote, systemErrorCode } from '../errors.js';
import { noSpace } from './file-error.js';

/** How long a statement waits for another process that is writing. */
const busyTimeoutMs = 5_000;

/**
 * Pages of 4 KiB that gather in the WAL before they are copied into the file. Many are changed again and again: with
 * SQLite's own 1,000 an Auto CA under load copies most of them several times a second.
 */
const checkpointPages = 4_000;

/** Preparing a statement takes as long as running it: more than the ledger has are kept. */
const statementsKept = 300;

/**
 * Opens the SQLite file at `path`, creating it with mode 0600 in a folder that exists.
 *
 * The file is opened by the first query. Commits are on disk when they return (WAL, synchronous
 * FULL), foreign keys are enforced, and `transaction()` takes the write lock at once, so that a
 * read inside it stays true until the commit. BLOB columns come back as `Buffer`. Close with `destroy()`.
 *
 * Queries reject with `ERR_STORE_UNWRITABLE` (cannot create or write),
 * `ERR_STORE_NO_SPACE`, `ERR_STORE_DAMAGED` (not a
 * database, or broken) or `ERR_LEDGER_BUSY` (another process held the lock for 5 seconds); broken
 * constraints keep SQLite's own error, whose code {@link isUniqueViolation} tells.
 */
export function openSqlite<Schema>(path: string): Kysely<Schema> {
  return new Kysely<Schema>({ dialect: new WriterFirstDialect({ database: async () => openDatabase(path) }) });
}

/** Tells whether a query failed because a row with the same key exists. */
export function isUniqueViolation(error: unknown): boolean {
  const code = systemErrorCode(error);
  return code === 'SQLITE_CONSTRAINT_UNIQUE' || code === 'SQLITE_CONSTRAINT_PRIMARYKEY';
}

class WriterFirstDialect extends SqliteDialect {
  readonly #config: SqliteDialectConfig;

  constructor(config: SqliteDialectConfig) {
    super(config);
    this.#config = config;
  }

  override createDriver(): Driver {
    return new WriterFirstDriver(this.#config);
  }
}

class WriterFirstDriver extends SqliteDriver {
  // A plain BEGIN reads first and asks for the write lock later; when another process wrote in
  // between, SQLite then fails at once, without waiting for busy_timeout.
  override async beginTransaction(connection: DatabaseConnection): Promise<void> {
    await connection.executeQuery(CompiledQuery.raw('begin immediate'));
  }

  // When a disk is full, SQLite has rolled back by itself; that there is nothing left to roll back
  // must not take the place of what went wrong.
  override async rollbackTransaction(connection: DatabaseConnection): Promise<void> {
    await super.rollbackTransaction(connection).catch(() => {});
  }
}

function openDatabase(path: string): SqliteDatabase {
  return explaining(path, () => {
    // SQLite gives the -wal and -shm files the mode of the main file.
    closeSync(openSync(path, 'a', 0o600));
    // busy_timeout must be set before WAL: switching to WAL needs a lock too.
    const database = new Libsql(path, { timeout: busyTimeoutMs });
    try {
      database.prepare('pragma journal_mode = wal').all();
      database.exec('pragma synchronous = full; pragma foreign_keys = on');
      database.exec(`pragma wal_autocheckpoint = ${checkpointPages}`);
    } catch (error) {
      database.close();
      throw error;
    }
    const statements = new Map<string, SqliteStatement>();
    return {
      close: () => {
        database.close();
      },
      prepare: (sql) => {
        const known = statements.get(sql);
        if (known !== undefined) return known;
        const statement = explaining(path, () => database.prepare(sql));
        const prepared: SqliteStatement = {
          reader: statement.reader,
          all: (parameters) => explaining(path, () => statement.all(bindable(parameters)).map(withBuffers)),
          run: (parameters) => explaining(path, () => statement.run(bindable(parameters))),
          iterate: () => {
            throw new Error('streaming queries are not offered: rows would change under the reader');
          },
        };
        if (statements.size >= statementsKept) statements.clear();
        statements.set(sql, prepared);
        return prepared;
      },
    };
  });
}

function bindable(parameters: readonly unknown[]): unknown[] {
  for (const value of parameters) {
    const isValue = value === null || typeof value === 'string' || typeof value === 'bigint';
    if (!isValue && !Number.isFinite(value) && !types.isUint8Array(value)) {
      throw new TypeError(`cannot store a value of type ${typeof value}`);
    }
  }
  return [...parameters];
}

function withBuffers(row: unknown): unknown {
  const columns = row as Record<string, unknown>;
  for (const [name, value] of Object.entries(columns)) {
    if (types.isArrayBuffer(value)) columns[name] = Buffer.from(value);
  }
  return columns;
}

function explaining<Result>(path: string, action: () => Result): Result {
  try {
    return action();
  } catch (error) {
    throw explained(error, path);
  }
}

const damagedCodes = ['SQLITE_NOTADB', 'SQLITE_CORRUPT', 'SQLITE_FORMAT'];
const fullCodes = ['SQLITE_FULL', 'ENOSPC', 'EDQUOT'];
const unwritableCodes = ['SQLITE_READONLY', 'SQLITE_CANTOPEN', 'SQLITE_IOERR', 'SQLITE_PERM'];
const unwritableSystemCodes = ['EACCES', 'EPERM', 'EROFS', 'ENOENT', 'ENOTDIR', 'EISDIR', 'ENAMETOOLONG'];

function explained(error: unknown, path: string): unknown {
  const code = systemErrorCode(error) ?? '';
  const isOneOf = (codes: readonly string[]): boolean =>
    codes.some((one) => code === one || code.startsWith(`${one}_`));
  if (isOneOf(['SQLITE_BUSY', 'SQLITE_LOCKED'])) {
    const message = `another process has kept ${quote(path)} locked for ${busyTimeoutMs / 1000} seconds`;
    return new QTChatError('ERR_LEDGER_BUSY', message, { hint: 'Try again when it has finished', cause: error });
  }
  if (isOneOf(damagedCodes)) {
    const hint = 'Restore the file from a backup, or move it away to begin anew';
    return new QTChatError('ERR_STORE_DAMAGED', `${quote(path)} is not an intact database`, { hint, cause: error });
  }
  if (isOneOf(fullCodes)) return noSpace(path, error);
  if (isOneOf(unwritableCodes) || unwritableSystemCodes.includes(code) || isTooLong(path, error)) {
    const hint = 'Check that the folder exists, belongs to you and has space, or choose another with --home';
    return new QTChatError('ERR_STORE_UNWRITABLE', `cannot write ${quote(path)} (${code})`, { hint, cause: error });
  }
  return error;
}

/** SQLite opens no path of more than 512 octets, and libsql does not say why. */
function isTooLong(path: string, error: unknown): boolean {
  return Buffer.byteLength(path) > 500 && /Unable to open/.test(messageOf(error));
}
