/** Which certificate followed which, and the renewals that wait for the host's word. */
import type { LedgerDialect } from '../dialect.js';

/** A certificate has one successor at most; a host may allow what was held. */
export function renewals(dialect: LedgerDialect): string[] {
  const { text, integer } = dialect;
  return [
    dialect.createTable(
      'renewal',
      `former_serial ${text} primary key references certificate (serial_number),
      new_serial ${text} not null unique references certificate (serial_number),
      renewed_at ${integer} not null,
      first_used_at ${integer}`,
    ),
    dialect.createTable(
      'held_renewal',
      `former_serial ${text} not null references certificate (serial_number),
      spki_sha256 ${text} not null,
      reason ${text} not null check (reason in ('second', 'expired')),
      held_at ${integer} not null,
      allowed_until ${integer},
      primary key (former_serial, spki_sha256)`,
    ),
  ];
}
