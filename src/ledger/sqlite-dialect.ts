/** The ledger in an SQLite file. */
import { sql } from 'kysely';
import type { LedgerDialect } from './dialect.js';

/** Strict tables; the version stands in the file's header. */
export const sqliteDialect: LedgerDialect = {
  text: 'text',
  integer: 'integer',
  octets: 'blob',
  createTable: (name, columns) => `create table ${name} (${columns}) strict`,
  appendOnly: (table, message) =>
    ['update', 'delete'].map(
      (action) => `create trigger ${table}_refuses_${action} before ${action} on ${table}
        begin select raise(abort, '${message}'); end`,
    ),
  onlyRises: (table, column, message) => [
    `create trigger ${table}_${column}_only_rises before insert on ${table}
      when new.${column} <= (select max(${column}) from ${table})
      begin select raise(abort, '${message}'); end`,
  ],
  readVersion: async (ledger) => {
    const { rows } = await sql<{ user_version: number }>`pragma user_version`.execute(ledger);
    return rows[0]?.user_version ?? 0;
  },
  writeVersion: async (ledger, version) => {
    await sql.raw(`pragma user_version = ${version}`).execute(ledger);
  },
};
