/** Which members may look at the Auto CA's dashboard and metrics. */
import type { LedgerDialect } from '../dialect.js';

/** The right belongs to a certificate, not to a name: who gets the name later does not get the right. */
export function admins(dialect: LedgerDialect): string[] {
  const { text, integer } = dialect;
  return [
    dialect.createTable(
      'admin',
      `serial_number ${text} primary key references certificate (serial_number),
      granted_at ${integer} not null`,
    ),
  ];
}
