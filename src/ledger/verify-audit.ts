/** Judges the audit log: its chain, the CA's signature under it, and whether the tables say what it says. */
import type { X509Certificate } from 'node:crypto';
import { type AuditHead, auditHead, containsHead } from './audit.js';
import { walkAudit } from './audit-chain.js';
import { isSignedBy, readSignedHead } from './audit-signature.js';
import { LedgerHistory } from './history.js';
import { inTransaction, type Ledger } from './open.js';

/** What came of it. */
export interface AuditVerdict {
  /** The last entry up to which the log is whole; undefined when there is none. */
  readonly head: AuditHead | undefined;
  /** Up to which entry the CA has signed it; 0 when it has not. */
  readonly signedTo: number;
  /** One sentence each; none when all is well. */
  readonly faults: readonly string[];
}

/** Told how many entries of the log are read, and how many there are. */
export type AuditProgress = (done: number, total: number) => void;

/**
 * Judges the log as it stands at one moment.
 *
 * What nobody could have done without the CA key is sure up to `signedTo`. Of what came later, the log shows
 * every change that did not compute the chain anew from there, and `known` shows that, too.
 *
 * @param ca - whose signature counts
 * @param known - ends of the log that were seen earlier: it must still contain them
 * @param progress - told of every entry as it is read
 */
export async function verifyAudit(
  ledger: Ledger,
  ca: { readonly chain: readonly X509Certificate[] },
  known: readonly AuditHead[] = [],
  progress?: AuditProgress,
): Promise<AuditVerdict> {
  return inTransaction(ledger, async (transaction) => {
    const history = new LedgerHistory();
    const total = (await auditHead(transaction))?.sequence ?? 0;
    const { head, brokenAt } = await walkAudit(transaction, {
      visit: (entry) => {
        history.add(entry);
        progress?.(entry.sequence, total);
      },
    });
    const faults: string[] = [];
    if (brokenAt !== undefined)
      faults.push(`entry ${brokenAt} was changed or removed, and nothing behind it can be trusted`);
    for (const earlier of known) {
      if (!(await containsHead(transaction, earlier))) faults.push(goneBack(earlier));
    }
    const signed = await readSignedHead(transaction);
    const isGenuine = signed !== undefined && isSignedBy(ca, signed);
    if (signed !== undefined && !isGenuine) faults.push("the signature under the log is not this CA's");
    if (isGenuine && !(await containsHead(transaction, signed))) {
      faults.push(`the CA signed the log up to entry ${signed.sequence}, which was changed or cut off since`);
    }
    // Without a whole log there is nothing to compare the tables with.
    if (brokenAt === undefined) faults.push(...(await history.compare(transaction)));
    return { head, signedTo: isGenuine ? signed.sequence : 0, faults };
  });
}

function goneBack({ sequence }: AuditHead): string {
  return `entry ${sequence} is not the one that was seen earlier: the log was changed, cut off, or is an old copy`;
}
