/** How much is known of who was revoked, in words. */
import { dayOf } from '../../pki/day.js';
import type { Status } from '../status.js';

/** A phrase for it. */
export function listWords({ freshness, thisUpdate }: NonNullable<Status['revocationList']>): string {
  if (thisUpdate === null) return 'not known: no revocation list has been fetched yet';
  return freshness === 'fresh' ? `known, by a list of ${dayOf(thisUpdate)}` : `not known since ${dayOf(thisUpdate)}`;
}
