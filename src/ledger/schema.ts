/**
 * The tables of the ledger, as kysely sees them; `migrations/` creates them. Times are integers, milliseconds since
 * 1970; serial numbers are upper-case hex without leading zeros, as node:crypto gives them.
 */
import type { Kysely } from 'kysely';

/** All tables, as kysely sees them. */
export interface LedgerSchema {
  member: MemberTable;
  certificate: CertificateTable;
  invite: InviteTable;
  code_slot: CodeSlotTable;
  link: LinkTable;
  request: RequestTable;
  crl: CrlTable;
  revoked_authority: RevokedAuthorityTable;
  root_crl: CrlTable;
  renewal: RenewalTable;
  held_renewal: HeldRenewalTable;
  fact: FactTable;
  admin: AdminTable;
  member_address: MemberAddressTable;
  audit: AuditTable;
}

interface MemberTable {
  name: string;
  created_at: number;
}

interface CertificateTable {
  serial_number: string;
  /** Reserved before it is signed; issued once its content is stored. */
  state: 'reserved' | 'issued';
  member: string;
  /** JSON list of {@link SubjectAltName}. */
  names: string;
  profile: string;
  not_before: number;
  not_after: number;
  /** SubjectPublicKeyInfo in DER; empty where the certificate came from elsewhere. */
  spki: Buffer;
  spki_sha256: string;
  /** DER; empty while reserved, and where the certificate came from elsewhere without its content. */
  content: Buffer;
  /** When it was issued, or reserved. */
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
  /** While a guest with the receipt is about to leave. */
  confirming_until: number | null;
  kind: 'line' | 'code' | 'approval' | 'link' | 'est';
}

interface CodeSlotTable {
  /** 0 to 99. */
  slot: number;
  /** The invite that the slot's code opens; null in a slot that never had one. */
  invite_id: string | null;
  /** Begun since the slot got its code. */
  attempts: number;
}

interface LinkTable {
  invite_id: string;
  /** Of the id in the link, in hex: whoever reads the ledger cannot fetch the file. */
  id_sha256: string;
  /** 1 when the file is for programs that read nothing newer. */
  legacy: number;
  downloads: number;
  /** The `.pfx` from when it was made until it may not be fetched any more; empty before and after. */
  locked_file: Buffer;
}

interface RequestTable {
  id: string;
  address: string;
  /** What the guest sees too. */
  words: string;
  state: 'waiting' | 'approved' | 'denied';
  created_at: number;
  expires_at: number;
  /** When the server that holds the guest's connection last said so. */
  seen_at: number;
}

interface CrlTable {
  number: number;
  this_update: number;
  next_update: number;
  /** DER; empty until it was signed. */
  content: Buffer;
}

interface RevokedAuthorityTable {
  serial_number: string;
  not_after: number;
  /** DER. */
  content: Buffer;
  revoked_at: number;
  revocation_reason: string;
}

interface RenewalTable {
  former_serial: string;
  new_serial: string;
  renewed_at: number;
  /** When the new certificate was first shown to us. */
  first_used_at: number | null;
}

interface HeldRenewalTable {
  former_serial: string;
  spki_sha256: string;
  reason: 'second' | 'expired';
  held_at: number;
  allowed_until: number | null;
}

interface AdminTable {
  serial_number: string;
  granted_at: number;
}

interface MemberAddressTable {
  member: string;
  host: string;
  port: number;
  /** Of the certificate by which it was said. */
  serial_number: string;
  /** Among the addresses of this port, in order of trial. */
  place: number;
  expires_at: number;
}

interface FactTable {
  name: string;
  value: string;
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
