/** The CAs below the root that it has revoked, and the lists that say so. */
import type { LedgerDialect } from '../dialect.js';

/** Two tables; the numbers of the second only rise. */
export function authorities(dialect: LedgerDialect): string[] {
  const { text, integer, octets } = dialect;
  return [
    dialect.createTable(
      'revoked_authority',
      `serial_number ${text} primary key,
      not_after ${integer} not null,
      content ${octets} not null,
      revoked_at ${integer} not null,
      revocation_reason ${text} not null`,
    ),
    dialect.createTable(
      'root_crl',
      `number ${integer} primary key,
      this_update ${integer} not null,
      next_update ${integer} not null,
      content ${octets} not null`,
    ),
    ...dialect.onlyRises('root_crl', 'number', 'the number of a revocation list only rises'),
  ];
}
