/**
 * What the ledger needs that databases spell differently: column types, triggers, and where the
 * version of the tables is kept. Everything else in `src/ledger` is SQL that all of them know.
 */
import type { Ledger } from './schema.js';

/** One kind of database. */
export interface LedgerDialect {
  /** Column type of text, compared octet by octet. */
  readonly text: string;
  /** Column type of whole numbers up to 2^53. */
  readonly integer: string;
  /** Column type of octets. */
  readonly octets: string;
  /** Statement that creates a table; `columns` is what stands in its brackets. */
  createTable(name: string, columns: string): string;
  /** Statements after which no row of `table` can be changed or removed; `message` is what the database then says. */
  appendOnly(table: string, message: string): string[];
  /** Statements after which each new row's `column` must be above all that are there. */
  onlyRises(table: string, column: string, message: string): string[];
  /** The version of the tables; 0 where there are none yet. */
  readVersion(ledger: Ledger): Promise<number>;
  /** Writes the version; in the transaction that changed the tables. */
  writeVersion(ledger: Ledger, version: number): Promise<void>;
}
