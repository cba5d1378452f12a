/** `autoca audit`: what the log of this home's ledger says, and whether it can be believed. */
import { QTChatError, quote } from '../../errors.js';
import { type AuditEntry, auditHead, listAudit } from '../../ledger/audit.js';
import { openLedger } from '../../ledger/open.js';
import { verifyAudit } from '../../ledger/verify-audit.js';
import { parseHead, readAuditHead, type SeenHead, writeAuditHead } from '../../store/audit-head.js';
import { loadCaChain } from '../../store/ca.js';
import type { Home } from '../../store/home.js';
import { type BusyDeps, whileBusy } from '../busy.js';

/** A log that is whole. */
export interface WholeLog {
  readonly entries: number;
  /** Up to which entry the CA has signed it; 0 when it has not. */
  readonly signedTo: number;
  /** Its end; undefined while nothing is recorded. */
  readonly head: SeenHead | undefined;
}

/** More faults than this are counted only. */
const faultsShown = 10;

/**
 * The newest entries, oldest first.
 *
 * @param count - how many at most; all when undefined
 * @throws {QTChatError} `ERR_STORE_NO_CA`
 */
export async function readAuditLog(home: Home, count: number | undefined): Promise<AuditEntry[]> {
  await loadCaChain(home); // without a CA no ledger is to appear
  const ledger = await openLedger(home);
  try {
    const end = (await auditHead(ledger))?.sequence ?? 0;
    return await listAudit(ledger, count === undefined ? 0 : Math.max(0, end - count));
  } finally {
    await ledger.destroy();
  }
}

/**
 * Judges the log and, when it is whole, remembers its end in the home for the next time.
 *
 * @param head - an end that was seen earlier, as this command showed it
 * @throws {QTChatError} `ERR_LEDGER_DAMAGED` with a sentence for each fault, `ERR_USAGE` for a head that is none,
 *   `ERR_STORE_NO_CA`
 */
export async function verifyAuditLog(home: Home, head: string | undefined, deps: BusyDeps): Promise<WholeLog> {
  const given = head === undefined ? undefined : parseHead(head);
  if (head !== undefined && given === undefined) {
    throw new QTChatError('ERR_USAGE', `${quote(head)} is no end of an audit log: expected NUMBER:HASH`, {
      hint: 'Copy what qtchat autoca audit verify showed behind "end"',
    });
  }
  const chain = await loadCaChain(home);
  const remembered = await readAuditHead(home);
  const ledger = await openLedger(home);
  try {
    const known = [remembered, given].filter((one) => one !== undefined);
    const verdict = await whileBusy('Reading the audit log', deps, (busy) =>
      verifyAudit(ledger, { chain }, known, (done, total) => busy.report({ done, total })),
    );
    if (verdict.faults.length > 0) throw notWhole(verdict.faults);
    if (verdict.head !== undefined) await writeAuditHead(home, verdict.head);
    return { entries: verdict.head?.sequence ?? 0, signedTo: verdict.signedTo, head: verdict.head };
  } finally {
    await ledger.destroy();
  }
}

function notWhole(faults: readonly string[]): QTChatError {
  const more = faults.length > faultsShown ? [`and ${faults.length - faultsShown} more`] : [];
  const text = [...faults.slice(0, faultsShown), ...more].join('; ');
  return new QTChatError('ERR_LEDGER_DAMAGED', `the ledger was tampered with: ${text}`, {
    hint: 'Find out who could write to it; a backup shows what it was',
  });
}
