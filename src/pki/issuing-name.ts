/** How the CAs are called that issue in the place of a root. */
import { commonNameLength } from './check-ca-plan.js';

/** The name of the intermediate CA that is made together with its root. */
export function issuingName(rootName: string): string {
  return `${rootName} (issuing)`;
}

/**
 * The name of a later one. It must be another than all before it, or their revocation lists would be taken for its own.
 *
 * @param mark - 8 characters that tell it from the others; a root's name that leaves no room for them is cut
 */
export function laterIssuingName(rootName: string, mark: string): string {
  const ending = ` (issuing ${mark})`;
  const start = [...rootName].slice(0, commonNameLength - ending.length).join('');
  return `${start.trimEnd()}${ending}`;
}
