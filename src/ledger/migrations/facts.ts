/** What the ledger must remember about itself. */
import type { LedgerDialect } from '../dialect.js';

/** A table of names and values; `facts.ts` knows the names. */
export function facts(dialect: LedgerDialect): string[] {
  const { text } = dialect;
  return [dialect.createTable('fact', `name ${text} primary key, value ${text} not null`)];
}
