/** How the CAs are called that issue in the place of a root. */
import type { KeyObject } from 'node:crypto';
import { commonNameLength } from './check-ca-plan.js';
import { keyIdentifier } from './spki.js';

/** The name of the intermediate CA that is made together with its root. */
export function issuingName(rootName: string): string {
  return `${rootName} (issuing)`;
}

/**
 * The name of a later one: another than all before it, by its key, so that nobody takes their revocation lists for
 * its own. A root's name that leaves no room is cut.
 */
export function laterIssuingName(rootName: string, key: KeyObject): string {
  const ending = ` (issuing ${keyIdentifier(key).toString('hex').slice(0, 8)})`;
  return `${[...rootName]
    .slice(0, commonNameLength - ending.length)
    .join('')
    .trimEnd()}${ending}`;
}
