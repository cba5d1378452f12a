/** The ledger in a backup: its rows as JSON, without the secrets that are of no use any more when it is restored. */
import { QTChatError } from '../errors.js';
import { appendAudit } from './audit.js';
import { raiseCrlFloor } from './facts.js';
import { inTransaction, type Ledger } from './open.js';
import { type Row, readTable, type TableName, tableNames, type Value, writeRows } from './tables.js';

/** A value as JSON can hold it. */
export type PlainValue = Exclude<Value, Buffer> | { readonly hex: string };

/** Rows of one table. */
export interface PlainRows {
  readonly table: string;
  readonly rows: readonly Readonly<Record<string, PlainValue>>[];
}

/** What only serves for a while, and must not serve whoever finds a backup. */
const secretColumns: readonly string[] = ['psk', 'locked_file'];

/** How far the numbers of revocation lists may have run ahead of the clock since the backup: one a second for a day. */
const crlReserve = 86_400;

/** All rows of all tables, in an order in which they can be written; call it in a transaction. */
export async function* exportRows(ledger: Ledger): AsyncGenerator<PlainRows> {
  for (const table of tableNames) {
    // Where members are at this moment will not hold when it is restored, and is nobody's business until then.
    if (table === 'member_address') continue;
    for await (const rows of readTable(ledger, table)) yield { table, rows: rows.map(toPlain) };
  }
}

/**
 * Writes rows that {@link exportRows} gave into an empty ledger; call it in a transaction.
 *
 * @throws {QTChatError} `ERR_LEDGER_DAMAGED` when they are not rows of this ledger
 */
export async function importRows(ledger: Ledger, records: AsyncIterable<PlainRows>): Promise<void> {
  for await (const { table, rows } of records) {
    if (!isTable(table)) throw notRows();
    try {
      await writeRows(ledger, table, rows.map(fromPlain));
    } catch (error) {
      throw notRows(error);
    }
  }
}

/**
 * Makes a ledger just restored go on: open invites end, because whoever has the backup could know of them, and
 * the numbers of revocation lists stay above all that were published since. Call it in the same transaction.
 *
 * @param details - about the backup, for the audit log
 * @returns how many invites ended
 */
export async function goOnFromBackup(
  ledger: Ledger,
  details: Readonly<Record<string, string>>,
  deps: { clock: () => Date },
): Promise<number> {
  return inTransaction(ledger, async (transaction) => {
    const now = deps.clock().getTime();
    const actor = 'ca restore';
    await appendAudit(transaction, { actor, event: 'ledger.restored', details }, deps);
    const open = await transaction
      .updateTable('invite')
      .set({ psk: Buffer.alloc(0), expires_at: now, reserved_until: now })
      .where('state', '!=', 'done')
      .where((row) => row.or([row('expires_at', '>', now), row('reserved_until', '>', now)]))
      .returning('id')
      .execute();
    for (const { id } of open)
      await appendAudit(transaction, { actor, event: 'invite.withdrawn', details: { id } }, deps);
    const last = await transaction.selectFrom('crl').select('number').orderBy('number', 'desc').executeTakeFirst();
    await raiseCrlFloor(transaction, Math.max(last?.number ?? 0, Math.floor(now / 1000)) + crlReserve);
    return open.length;
  });
}

function isTable(name: string): name is TableName {
  return tableNames.some((known) => known === name);
}

function toPlain(row: Row): Record<string, PlainValue> {
  return Object.fromEntries(
    Object.entries(row).map(([column, value]) => {
      if (!Buffer.isBuffer(value)) return [column, value];
      return [column, { hex: secretColumns.includes(column) ? '' : value.toString('hex') }];
    }),
  );
}

function fromPlain(row: Readonly<Record<string, PlainValue>>): Row {
  return Object.fromEntries(
    Object.entries(row).map(([column, value]) => [
      column,
      typeof value === 'object' && value !== null ? Buffer.from(value.hex, 'hex') : value,
    ]),
  );
}

function notRows(cause?: unknown): QTChatError {
  return new QTChatError('ERR_LEDGER_DAMAGED', 'the backup holds rows that are not those of a ledger', {
    hint: 'Take another copy of it',
    cause,
  });
}
