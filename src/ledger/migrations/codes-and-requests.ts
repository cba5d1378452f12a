/** What stands behind short codes, and guests that wait for the host's approval. */
import type { LedgerDialect } from '../dialect.js';

/** Which way an invite opens, the slots of codes with their attempts, and the waiting requests. */
export function codesAndRequests(dialect: LedgerDialect): string[] {
  const { text, integer } = dialect;
  return [
    `alter table invite add column kind ${text} not null default 'line' check (kind in ('line', 'code', 'approval', 'link', 'est'))`,
    dialect.createTable(
      'code_slot',
      `slot ${integer} primary key,
      invite_id ${text},
      attempts ${integer} not null`,
    ),
    dialect.createTable(
      'request',
      `id ${text} primary key,
      address ${text} not null,
      words ${text} not null,
      state ${text} not null check (state in ('waiting', 'approved', 'denied')),
      created_at ${integer} not null,
      expires_at ${integer} not null,
      seen_at ${integer} not null`,
    ),
  ];
}
