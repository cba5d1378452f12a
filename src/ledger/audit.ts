/**
 * The audit log: what the CA did, when, at whose request. Entries are only ever appended, each
 * sealed by a SHA-256 over itself and the seal before it, so that a change anywhere breaks the
 * chain (audit-chain.ts). That the end was cut off shows in the CA's signature (audit-signature.ts).
 */
import { createHash } from 'node:crypto';
import { inTransaction, type Ledger } from './open.js';
import { prepared } from './prepared.js';
import type { LedgerSchema } from './schema.js';

/** What happened. */
export type AuditEvent =
  | 'request.approved'
  | 'request.denied'
  | 'certificate.issued'
  | 'certificate.abandoned'
  | 'certificate.imported'
  | 'certificate.revoked'
  | 'certificate.renewed'
  | 'renewal.held'
  | 'renewal.allowed'
  | 'crl.issued'
  | 'root-crl.issued'
  | 'authority.revoked'
  | 'invite.created'
  | 'invite.withdrawn'
  | 'invite.reserved'
  | 'invite.completed'
  | 'admin.granted'
  | 'admin.withdrawn'
  | 'directory.switched'
  | 'ledger.restored'
  | 'ledger.compacted';

/** One entry of the log. */
export interface AuditEntry {
  /** 1, 2, 3 … without gaps. */
  readonly sequence: number;
  readonly at: Date;
  /** Who asked, e.g. `cert issue` or `invite 4f2a`. */
  readonly actor: string;
  readonly event: AuditEvent;
  readonly details: Readonly<Record<string, string>>;
}

/** The end of the log. */
export interface AuditHead {
  readonly sequence: number;
  /** The seal of the last entry, and through it of all before. */
  readonly sha256: Buffer;
}

/** What stands in the place of the seal before the first entry. */
export const firstSeal = Buffer.alloc(32);

/** Appends an entry; call it in the transaction that does what the entry says. */
export async function appendAudit(
  ledger: Ledger,
  entry: Omit<AuditEntry, 'sequence' | 'at'>,
  deps: { clock: () => Date },
): Promise<void> {
  await inTransaction(ledger, async (transaction) => {
    const last = await auditHead(transaction);
    const row = {
      sequence: (last?.sequence ?? 0) + 1,
      at: deps.clock().getTime(),
      actor: entry.actor,
      event: entry.event,
      details: JSON.stringify(entry.details),
      previous_sha256: last?.sha256 ?? firstSeal,
    };
    await insertEntry(transaction, { ...row, sha256: entrySeal(row) });
  });
}

/** The end of the log; undefined while it is empty. */
export async function auditHead(ledger: Ledger): Promise<AuditHead | undefined> {
  const { rows } = await lastEntry(ledger, {});
  return rows[0];
}

const lastEntry = prepared((ledger) =>
  ledger.selectFrom('audit').select(['sequence', 'sha256']).orderBy('sequence', 'desc').limit(1),
);

const insertEntry = prepared((ledger, row: LedgerSchema['audit']) => {
  const { sequence, at, actor, event, details, previous_sha256, sha256 } = row;
  return ledger.insertInto('audit').values({ sequence, at, actor, event, details, previous_sha256, sha256 });
});

/** The seal of one entry; undefined when there is none of this number. */
async function auditSeal(ledger: Ledger, sequence: number): Promise<Buffer | undefined> {
  const row = await ledger.selectFrom('audit').select('sha256').where('sequence', '=', sequence).executeTakeFirst();
  return row?.sha256;
}

/** Whether the log still has, where it ended once, the entry that it ended with. */
export async function containsHead(ledger: Ledger, { sequence, sha256 }: AuditHead): Promise<boolean> {
  return (await auditSeal(ledger, sequence))?.equals(sha256) ?? false;
}

/** The entries behind a number, oldest first; all of them when it is left out. */
export async function listAudit(ledger: Ledger, after = 0): Promise<AuditEntry[]> {
  const query = ledger.selectFrom('audit').selectAll().where('sequence', '>', after);
  const rows = await query.orderBy('sequence').execute();
  return rows.map(entryFrom);
}

/** An entry from its row. */
export function entryFrom({ sequence, at, actor, event, details }: LedgerSchema['audit']): AuditEntry {
  return {
    sequence,
    at: new Date(at),
    actor,
    event: event as AuditEvent,
    details: JSON.parse(details) as Record<string, string>,
  };
}

/** The seal of an entry: over itself and the seal before it. */
export function entrySeal(row: Omit<LedgerSchema['audit'], 'sha256'>): Buffer {
  // A JSON list keeps the fields apart: no two different entries have the same text.
  const text = JSON.stringify([row.sequence, row.at, row.actor, row.event, row.details]);
  return createHash('sha256').update(row.previous_sha256).update(text).digest();
}
