/** Digests of rows for the audit log: what never changes in a row, so that a change of it shows. */
import { createHash } from 'node:crypto';
import type { LedgerSchema } from './schema.js';

/** Of an issued certificate: everything but its revocation, of which the log has entries of its own. In hex. */
export function certificateDigest(row: LedgerSchema['certificate']): string {
  return digest([
    row.serial_number,
    row.member,
    row.names,
    row.profile,
    row.not_before,
    row.not_after,
    row.spki.toString('hex'),
    row.spki_sha256,
    row.content.toString('hex'),
    row.issued_at,
  ]);
}

/** Of an invite: whose certificate it leads to, and how long. Nothing of its secret. In hex. */
export function inviteDigest(
  row: Pick<LedgerSchema['invite'], 'id' | 'member' | 'names' | 'validity_days' | 'replaces' | 'created_at'>,
): string {
  return digest([row.id, row.member, row.names, row.validity_days, row.replaces, row.created_at]);
}

/** Of a revocation list, in hex. */
export function crlDigest(content: Buffer): string {
  return createHash('sha256').update(content).digest('hex');
}

function digest(values: readonly (string | number)[]): string {
  // A JSON list keeps the values apart: no two different rows have the same text.
  return createHash('sha256').update(JSON.stringify(values)).digest('hex');
}
