/** Which codes have no attempt left. Apart from codes.ts, because a name's holders depend on it too. */
import type { Ledger } from './open.js';

/** How many attempts a code serves for. */
export const codeAttempts = 3;

/** The ids of invites whose code was tried as often as it may be; a query, for use in others. */
export function spentCodes(ledger: Ledger) {
  return ledger
    .selectFrom('code_slot')
    .select('invite_id')
    .where('attempts', '>=', codeAttempts)
    .where('invite_id', 'is not', null)
    .$narrowType<{ invite_id: string }>();
}
