/** Reads and writes whole tables, whatever is in them: for copies from one database to another. */
import { sql } from 'kysely';
import type { Ledger, LedgerSchema } from './schema.js';

/** The name of a table. */
export type TableName = keyof LedgerSchema;

/** What a column can hold. */
export type Value = string | number | Buffer | null;

/** A row of any table. */
export type Row = Readonly<Record<string, Value>>;

/** Every table with the columns of its key. What is referred to comes first, so that rows can be written in this order. */
const keys = {
  fact: ['name'],
  member: ['name'],
  certificate: ['serial_number'],
  invite: ['id'],
  code_slot: ['slot'],
  link: ['invite_id'],
  request: ['id'],
  crl: ['number'],
  revoked_authority: ['serial_number'],
  root_crl: ['number'],
  renewal: ['former_serial'],
  held_renewal: ['former_serial', 'spki_sha256'],
  admin: ['serial_number'],
  member_address: ['member', 'port', 'host'],
  audit: ['sequence'],
} as const satisfies { [Table in TableName]: readonly (keyof LedgerSchema[Table])[] };

/** Every table, in an order in which their rows can be written. */
export const tableNames = Object.keys(keys) as readonly TableName[];

/** So many rows at once: far below what databases take as parameters of one statement. */
const pageSize = 500;

/**
 * The rows of a table by their key, some at a time; call it in a transaction, for one moment's view.
 *
 * @param after - only what comes behind this key
 */
export async function* readTable(
  ledger: Ledger,
  table: TableName,
  after?: readonly Value[] | undefined,
): AsyncGenerator<Row[]> {
  const columns = keys[table];
  const key = sql.join(columns.map((column) => sql.ref(column)));
  for (let last = after; ; ) {
    const rest = last === undefined ? sql`` : sql`where (${key}) > (${sql.join(last)})`;
    const page = sql<Row>`select * from ${sql.table(table)} ${rest} order by ${key} limit ${pageSize}`;
    const { rows } = await page.execute(ledger);
    if (rows.length > 0) yield rows;
    const end = rows.at(-1);
    if (end === undefined || rows.length < pageSize) return;
    last = columns.map((column) => end[column] ?? null);
  }
}

/** Adds rows to a table; call it in a transaction. */
export async function writeRows(ledger: Ledger, table: TableName, rows: readonly Row[]): Promise<void> {
  for (let start = 0; start < rows.length; start += pageSize) {
    const page = rows.slice(start, start + pageSize);
    await ledger
      .insertInto(table)
      .values(page as never)
      .execute();
  }
}

/** Copies everything from one ledger into another that is empty; call it in a transaction of both. */
export async function copyLedger(from: Ledger, to: Ledger): Promise<void> {
  for (const table of tableNames) {
    for await (const rows of readTable(from, table)) await writeRows(to, table, rows);
  }
}
