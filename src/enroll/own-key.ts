/** A key that a server has made, and has therefore seen, gives way to one of our own. */
import { isQTChatError, type QTChatError } from '../errors.js';
import type { Home } from '../store/home.js';
import type { Identity } from '../store/identities.js';
import { type RenewalDeps, rekeyIdentity } from './renew-identity.js';

/** The identity to go on with. */
export interface OwnKeyResult {
  readonly identity: Identity;
  /** Why the key of the server stays for now. */
  readonly trouble?: QTChatError;
}

/**
 * Puts a key of our own in the place of one that a server made, unless that is to stay. Where it cannot
 * be done now, the identity stays as it was, and can be used.
 */
export async function takeOwnKey(home: Home, identity: Identity, deps: RenewalDeps): Promise<OwnKeyResult> {
  const { keyOrigin, keepsServerKey, autoCa } = identity;
  if (keyOrigin === 'local' || keepsServerKey === true || autoCa === undefined) return { identity };
  try {
    return { identity: await rekeyIdentity(home, identity, deps) };
  } catch (trouble) {
    if (isQTChatError(trouble)) return { identity, trouble };
    throw trouble;
  }
}
