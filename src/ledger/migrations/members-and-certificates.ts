/** Members, what was issued to them, invites, and the audit log. */
import type { LedgerDialect } from '../dialect.js';

/** The first tables. */
export function membersAndCertificates(dialect: LedgerDialect): string[] {
  const { text, integer, octets } = dialect;
  return [
    dialect.createTable(
      'member',
      `name ${text} primary key,
      created_at ${integer} not null`,
    ),
    dialect.createTable(
      'certificate',
      `serial_number ${text} primary key,
      state ${text} not null check (state in ('reserved', 'issued')),
      member ${text} not null references member (name),
      names ${text} not null,
      profile ${text} not null,
      not_before ${integer} not null,
      not_after ${integer} not null,
      spki ${octets} not null,
      spki_sha256 ${text} not null,
      content ${octets} not null,
      issued_at ${integer} not null,
      revoked_at ${integer},
      revocation_reason ${text}`,
    ),
    'create index certificate_by_member on certificate (member, not_after)',
    'create index certificate_by_not_after on certificate (not_after)',
    dialect.createTable(
      'invite',
      `id ${text} primary key,
      member ${text} not null,
      names ${text} not null,
      psk ${octets} not null,
      state ${text} not null check (state in ('open', 'reserved', 'done')),
      validity_days ${integer} not null,
      replaces ${integer} not null,
      created_at ${integer} not null,
      expires_at ${integer} not null,
      reserved_until ${integer},
      serial_number ${text} references certificate (serial_number)`,
    ),
    'create index invite_by_member on invite (member)',
    dialect.createTable(
      'audit',
      `sequence ${integer} primary key,
      at ${integer} not null,
      actor ${text} not null,
      event ${text} not null,
      details ${text} not null,
      previous_sha256 ${octets} not null,
      sha256 ${octets} not null`,
    ),
    ...dialect.appendOnly('audit', 'the audit log is append-only'),
  ];
}
