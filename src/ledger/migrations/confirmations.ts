/** Which guest is just confirming its answer to an invite: several servers must know of it. */
import type { LedgerDialect } from '../dialect.js';

/** Until when nobody else may be answered. */
export function confirmations({ integer }: LedgerDialect): string[] {
  return [`alter table invite add column confirming_until ${integer}`];
}
