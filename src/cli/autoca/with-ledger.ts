/** Opens the ledger of a CA for one piece of work, and closes it. */
import { hasLedger } from '../../ledger/location.js';
import { type Ledger, openLedger } from '../../ledger/open.js';
import { loadCaChain } from '../../store/ca.js';
import type { Home } from '../../store/home.js';

/**
 * Does `work` with the ledger, which is made where there is none yet.
 *
 * @throws {QTChatError} `ERR_STORE_NO_CA`, what `openLedger` throws and `work` rejects with
 */
export async function withLedger<Result>(home: Home, work: (ledger: Ledger) => Promise<Result>): Promise<Result> {
  await loadCaChain(home);
  const ledger = await openLedger(home);
  try {
    return await work(ledger);
  } finally {
    await ledger.destroy();
  }
}

/** The same for a list, which is empty where there is no ledger: none is made for a look. */
export async function listFromLedger<Item>(home: Home, list: (ledger: Ledger) => Promise<Item[]>): Promise<Item[]> {
  await loadCaChain(home);
  return (await hasLedger(home)) ? withLedger(home, list) : [];
}
