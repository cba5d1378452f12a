/**
 * Removes from the ledger what nobody needs any more: invites, links and revocation lists that ended long ago, and
 * requests whose guests have gone. Members, certificates and the audit log stay, and the log tells what was removed.
 */
import { dayMs } from '../pki/day.js';
import { appendAudit } from './audit.js';
import { forgetExpired } from './directory.js';
import { inTransaction, type Ledger } from './open.js';
import { forgetGoneRequests } from './requests.js';

/** How many days what has ended stays to be looked at. */
export const keptDays = 30;

/** How much was removed. */
export interface Compacted {
  readonly invites: number;
  readonly crls: number;
}

/**
 * Removes what ended {@link keptDays} ago or earlier. The newest revocation list stays, whatever its age: the numbers
 * of the next ones follow from it. Several may do so at once.
 */
export async function compactLedger(ledger: Ledger, deps: { clock: () => Date }): Promise<Compacted> {
  const before = deps.clock().getTime() - keptDays * dayMs;
  return inTransaction(ledger, async (transaction) => {
    const invites = await removeInvites(transaction, before);
    const crls = await removeLists(transaction, before);
    await forgetGoneRequests(transaction, deps.clock());
    await forgetExpired(transaction, deps.clock().getTime());
    if (invites > 0 || crls > 0) {
      const details = { invites: String(invites), crls: String(crls) };
      await appendAudit(transaction, { actor: 'autoca serve', event: 'ledger.compacted', details }, deps);
    }
    return { invites, crls };
  });
}

async function removeInvites(ledger: Ledger, before: number): Promise<number> {
  const ended = ledger
    .selectFrom('invite')
    .select('id')
    .where('expires_at', '<=', before)
    // One that was answered in its last moment serves on for a while.
    .where((either) => either.or([either('reserved_until', 'is', null), either('reserved_until', '<=', before)]));
  // What refers to an invite goes first. The attempts at a slot stay counted.
  await ledger.deleteFrom('link').where('invite_id', 'in', ended).execute();
  await ledger.updateTable('code_slot').set({ invite_id: null }).where('invite_id', 'in', ended).execute();
  const { numDeletedRows } = await ledger.deleteFrom('invite').where('id', 'in', ended).executeTakeFirst();
  return Number(numDeletedRows);
}

async function removeLists(ledger: Ledger, before: number): Promise<number> {
  const newest = ledger.selectFrom('crl').select((column) => column.fn.max('number').as('number'));
  const newestSigned = newest.where('content', '!=', Buffer.alloc(0));
  const { numDeletedRows } = await ledger
    .deleteFrom('crl')
    .where('next_update', '<=', before)
    .where('number', '<', newest)
    // One that was reserved after it may never have been signed.
    .where('number', '<', newestSigned)
    .executeTakeFirst();
  return Number(numDeletedRows);
}
