/** What stands behind the links at which phones, browsers and other programs fetch a `.pfx`. */
import type { LedgerDialect } from '../dialect.js';

/** Which invites are links, and the locked file of each until it was fetched. */
export function links(dialect: LedgerDialect): string[] {
  const { text, integer, octets } = dialect;
  return [
    dialect.createTable(
      'link',
      `invite_id ${text} primary key references invite (id),
      id_sha256 ${text} not null unique,
      legacy ${integer} not null,
      downloads ${integer} not null,
      locked_file ${octets} not null`,
    ),
  ];
}
