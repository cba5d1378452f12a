/** Walks along the audit log and finds where its chain of hashes breaks. */
import { type AuditEntry, type AuditHead, entryFrom, entrySeal, firstSeal } from './audit.js';
import type { Ledger, LedgerSchema } from './schema.js';
import { readTable } from './tables.js';

/** How far the log is whole. */
export interface AuditWalk {
  /** The last entry that is whole; undefined when there is none. */
  readonly head: AuditHead | undefined;
  /** The number of the first entry that was changed or is missing. */
  readonly brokenAt?: number;
}

/**
 * Walks the log from its beginning, or from behind an entry that is known to be whole.
 *
 * @param options.visit - is given every whole entry, oldest first
 */
export async function walkAudit(
  ledger: Ledger,
  options: { after?: AuditHead | undefined; visit?: (entry: AuditEntry) => void } = {},
): Promise<AuditWalk> {
  const { after, visit } = options;
  let head = after;
  for await (const rows of readTable(ledger, 'audit', after && [after.sequence])) {
    for (const row of rows as unknown as LedgerSchema['audit'][]) {
      const sequence = (head?.sequence ?? 0) + 1;
      const isWhole =
        row.sequence === sequence &&
        row.previous_sha256.equals(head?.sha256 ?? firstSeal) &&
        row.sha256.equals(entrySeal(row));
      if (!isWhole) return { head, brokenAt: sequence };
      head = { sequence, sha256: row.sha256 };
      visit?.(entryFrom(row));
    }
  }
  return { head };
}
