/** What a new member does at the Auto CA before it talks to anybody: takes a key of its own, and learns who was revoked. */
import { isQTChatError } from '../errors.js';
import type { Home } from '../store/home.js';
import type { Identity } from '../store/identities.js';
import { fetchCrl } from './fetch-crl.js';
import { type OwnKeyResult, takeOwnKey } from './own-key.js';
import type { RenewalDeps } from './renew-identity.js';

/** Does both as far as they can be done now; neither stands in the way of using the identity. */
export async function settleIn(home: Home, enrolled: Identity, deps: RenewalDeps): Promise<OwnKeyResult> {
  const result = await takeOwnKey(home, enrolled, deps);
  // Where the Auto CA has just been away it need not be waited for again; chat fetches the list, too.
  if (result.trouble !== undefined || enrolled.autoCa === undefined) return result;
  try {
    await fetchCrl(home, result.identity, deps.signal);
  } catch (error) {
    if (!isQTChatError(error)) throw error;
  }
  return result;
}
