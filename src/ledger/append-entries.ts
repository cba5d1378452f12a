/** Appends many entries to the audit log at once: its end is read once, and every entry sealed upon the one before. */
import { type AuditEntry, auditHead, entrySeal, firstSeal } from './audit.js';
import type { Ledger } from './open.js';
import { writeRows } from './tables.js';

/** Appends entries in their order; call it in the transaction that does what they say. */
export async function appendEntries(
  ledger: Ledger,
  entries: readonly Omit<AuditEntry, 'sequence' | 'at'>[],
  deps: { clock: () => Date },
): Promise<void> {
  const at = deps.clock().getTime();
  const last = await auditHead(ledger);
  let [sequence, previous] = [last?.sequence ?? 0, last?.sha256 ?? firstSeal];
  const rows = entries.map(({ actor, event, details }) => {
    sequence += 1;
    const row = { sequence, at, actor, event, details: JSON.stringify(details), previous_sha256: previous };
    previous = entrySeal(row);
    return { ...row, sha256: previous };
  });
  await writeRows(ledger, 'audit', rows);
}
