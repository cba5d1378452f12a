/** The ledger in an SQLite file. */
import { sql } from 'kysely';
import type { LedgerDialect } from './dialect.js';
import type { Ledger } from './schema.js';

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

/** Makes a ledger in an SQLite file refuse every change from now on, for everyone who has it open; `message` says why. */
export async function refuseEntries(ledger: Ledger, message: string): Promise<void> {
  // Whatever changes something writes to the audit log in the same transaction.
  const statement = `create trigger if not exists audit_is_closed before insert on audit
    begin select raise(abort, '${message}'); end`;
  await sql.raw(statement).execute(ledger);
}
