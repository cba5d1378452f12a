/** `autoca renewals`: what waits for the host's word. */
import { allowRenewal, type HeldRenewal, listHeldRenewals } from '../../ledger/held-renewals.js';
import { openLedger } from '../../ledger/open.js';
import { loadCaChain } from '../../store/ca.js';
import type { Home } from '../../store/home.js';

/**
 * Lists the held renewals, after allowing one of them where asked to.
 *
 * @param allow - the beginning of the fingerprint of its key
 * @throws {QTChatError} `ERR_STORE_NO_CA`, `ERR_LEDGER_NOT_FOUND` when there is nothing to allow
 */
export async function heldRenewals(
  home: Home,
  allow: string | undefined,
  deps: { clock: () => Date },
): Promise<HeldRenewal[]> {
  await loadCaChain(home); // without a CA no ledger is to appear
  const ledger = await openLedger(home);
  try {
    if (allow !== undefined) await allowRenewal(ledger, allow, deps);
    return await listHeldRenewals(ledger);
  } finally {
    await ledger.destroy();
  }
}
