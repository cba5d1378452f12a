/**
 * The tables of the ledger and the steps that create them. Times are integers, milliseconds since
 * 1970; serial numbers are upper-case hex without leading zeros, as node:crypto gives them.
 */
import type { Kysely } from 'kysely';

/** All tables, as kysely sees them. */
export interface LedgerSchema {
  member: MemberTable;
  certificate: CertificateTable;
  invite: InviteTable;
  crl: CrlTable;
  audit: AuditTable;
}

interface MemberTable {
  name: string;
  created_at: number;
}

interface CertificateTable {
  serial_number: string;
  member: string;
  /** JSON list of {@link SubjectAltName}. */
  names: string;
  profile: string;
  not_before: number;
  not_after: number;
  spki_sha256: string;
  /** DER. */
  content: Buffer;
  issued_at: number;
  revoked_at: number | null;
  revocation_reason: string | null;
}

interface InviteTable {
  id: string;
  member: string;
  /** JSON list of {@link SubjectAltName}. */
  names: string;
  /** Emptied when the invite is done. */
  psk: Buffer;
  state: 'open' | 'reserved' | 'done';
  validity_days: number;
  /** 1 when the invite may replace a member's valid certificate. */
  replaces: number;
  created_at: number;
  expires_at: number;
  reserved_until: number | null;
  serial_number: string | null;
}

interface CrlTable {
  number: number;
  this_update: number;
  next_update: number;
  /** DER. */
  content: Buffer;
}

interface AuditTable {
  sequence: number;
  at: number;
  actor: string;
  event: string;
  /** JSON object. */
  details: string;
  previous_sha256: Buffer;
  sha256: Buffer;
}

/** An open ledger, or a transaction in one. Close with `destroy()`. */
export type Ledger = Kysely<LedgerSchema>;

/** Step n brings a ledger from version n to n + 1. Steps are never changed, only added. */
export const migrations: readonly (readonly string[])[] = [
  [
    `create table member (
      name text primary key,
      created_at integer not null
    ) strict`,
    `create table certificate (
      serial_number text primary key,
      member text not null references member (name),
      names text not null,
      not_before integer not null,
      not_after integer not null,
      spki_sha256 text not null,
      content blob not null,
      issued_at integer not null,
      revoked_at integer,
      revocation_reason text
    ) strict`,
    'create index certificate_by_member on certificate (member, not_after)',
    'create index certificate_by_not_after on certificate (not_after)',
    `create table invite (
      id text primary key,
      member text not null,
      names text not null,
      psk blob not null,
      state text not null check (state in ('open', 'reserved', 'done')),
      validity_days integer not null,
      replaces integer not null,
      created_at integer not null,
      expires_at integer not null,
      reserved_until integer,
      serial_number text references certificate (serial_number)
    ) strict`,
    'create index invite_by_member on invite (member)',
    `create table audit (
      sequence integer primary key,
      at integer not null,
      actor text not null,
      event text not null,
      details text not null,
      previous_sha256 blob not null,
      sha256 blob not null
    ) strict`,
    `create trigger audit_is_never_changed before update on audit
      begin select raise(abort, 'the audit log is append-only'); end`,
    `create trigger audit_is_never_shortened before delete on audit
      begin select raise(abort, 'the audit log is append-only'); end`,
  ],
  [
    `create table crl (
      number integer primary key,
      this_update integer not null,
      next_update integer not null,
      content blob not null
    ) strict`,
    `create trigger crl_number_only_rises before insert on crl
      when new.number <= (select max(number) from crl)
      begin select raise(abort, 'the number of a revocation list only rises'); end`,
  ],
  [`alter table certificate add column profile text not null default 'peer'`],
];
