// Stores invites for a benchmark, some hundred in a transaction, so that nobody waits long for the ledger.
import { randomBytes } from 'node:crypto';

const atOnce = 200;
const dayMs = 86_400_000;

/** @param invites - each with id, psk and member, and with its kind where it is not a line */
export async function storeInvites(all, folder, invites) {
  const deps = { clock: () => new Date(), random: randomBytes };
  const terms = { names: [], validityDays: 30, expiresAt: new Date(Date.now() + dayMs) };
  const ledger = await all.openLedger({ folder });
  for (let stored = 0; stored < invites.length; stored += atOnce) {
    await all.inTransaction(ledger, async (transaction) => {
      for (const invite of invites.slice(stored, stored + atOnce)) {
        await all.createInvite(transaction, { ...terms, ...invite }, deps);
      }
    });
  }
  await ledger.destroy();
}
