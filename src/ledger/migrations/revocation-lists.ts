/** The revocation lists issued so far. */
import type { LedgerDialect } from '../dialect.js';

/** A table whose numbers only rise. */
export function revocationLists(dialect: LedgerDialect): string[] {
  const { integer, octets } = dialect;
  return [
    dialect.createTable(
      'crl',
      `number ${integer} primary key,
      this_update ${integer} not null,
      next_update ${integer} not null,
      content ${octets} not null`,
    ),
    ...dialect.onlyRises('crl', 'number', 'the number of a revocation list only rises'),
  ];
}
