/** Where members say that they listen. */
import type { LedgerDialect } from '../dialect.js';

/** Forgotten within the hour unless said again; not in backups, and not in the audit log. */
export function directory(dialect: LedgerDialect): string[] {
  const { text, integer } = dialect;
  return [
    dialect.createTable(
      'member_address',
      `member ${text} not null references member (name),
      host ${text} not null,
      port ${integer} not null,
      serial_number ${text} not null references certificate (serial_number),
      place ${integer} not null,
      expires_at ${integer} not null,
      primary key (member, port, host)`,
    ),
  ];
}
