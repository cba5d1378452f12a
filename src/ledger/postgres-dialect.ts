/** The ledger in a PostgreSQL database, in the first schema of the connection's search path. */
import { sql } from 'kysely';
import type { LedgerDialect } from './dialect.js';

/** The version stands in a table of its own. */
export const postgresDialect: LedgerDialect = {
  // Other collations order names by language, and differently from one server to the next.
  text: 'text collate "C"',
  integer: 'bigint',
  octets: 'bytea',
  createTable: (name, columns) => `create table ${name} (${columns})`,
  appendOnly: (table, message) => [
    raising(`${table}_is_append_only`, `raise exception '${message}';`),
    `create trigger ${table}_is_append_only before update or delete or truncate on ${table}
      for each statement execute function ${table}_is_append_only()`,
  ],
  onlyRises: (table, column, message) => [
    raising(
      `${table}_${column}_only_rises`,
      `if new.${column} <= (select max(${column}) from ${table}) then raise exception '${message}'; end if;
      return new;`,
    ),
    `create trigger ${table}_${column}_only_rises before insert on ${table}
      for each row execute function ${table}_${column}_only_rises()`,
  ],
  readVersion: async (ledger) => {
    // Not to_regclass: it may still answer from a cache filled before we waited for our turn.
    const found = await sql<{ found: boolean }>`select exists (select from pg_catalog.pg_class
      where relname = 'ledger_version' and relnamespace = current_schema()::regnamespace) as found`.execute(ledger);
    if (found.rows[0]?.found !== true) return 0;
    const { rows } = await sql<{ version: number }>`select version from ledger_version`.execute(ledger);
    return rows[0]?.version ?? 0;
  },
  writeVersion: async (ledger, version) => {
    await sql`create table if not exists ledger_version (version bigint not null)`.execute(ledger);
    await sql`delete from ledger_version`.execute(ledger);
    await sql`insert into ledger_version values (${version})`.execute(ledger);
  },
};

function raising(name: string, body: string): string {
  return `create function ${name}() returns trigger language plpgsql as $$ begin ${body} end $$`;
}
