/** Where the ledger of a home is: in a file of the home. */
import { type Home, ledgerPath } from '../store/home.js';
import type { PostgresServer } from '../store/postgres.js';
import { exists } from '../store/private-file.js';

/** The place of a ledger. */
export type LedgerLocation =
  | { readonly type: 'sqlite'; readonly path: string }
  | { readonly type: 'postgres'; readonly server: PostgresServer };

/** Where the ledger of a home is, or will be. */
export async function locateLedger(home: Home): Promise<LedgerLocation> {
  return { type: 'sqlite', path: ledgerPath(home) };
}

/** Tells whether a home has a ledger, without making one. */
export async function hasLedger(home: Home): Promise<boolean> {
  const location = await locateLedger(home);
  return location.type === 'postgres' || exists(location.path);
}
