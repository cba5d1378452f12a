/** An identity that a home has just gained, in the words of `enroll` and `cert import`. */
import { dayOf } from '../pki/day.js';
import type { Identity, KeyOrigin } from '../store/identities.js';

/** What `--json` says of it. */
export interface GainedIdentity {
  readonly member: string;
  readonly circleId: string;
  /** Upper-case hex. */
  readonly serialNumber: string;
  readonly notAfter: string;
  readonly keyOrigin: KeyOrigin;
  /** Whether the home speaks as this member from now on. */
  readonly speaks: boolean;
}

/** Told where a new identity has taken the place of one whose key had a password. */
export const lostPassword = 'Its key has no password, which the former one had: qtchat identity password sets one';

/** Describes an identity just saved. */
export function gainedIdentity(identity: Identity, speaks: boolean): GainedIdentity {
  const { member, circleId, keyOrigin } = identity;
  const [leaf] = identity.chain;
  const notAfter = new Date(leaf?.validTo ?? '').toISOString();
  return { member, circleId, serialNumber: leaf?.serialNumber ?? '', notAfter, keyOrigin, speaks };
}

/**
 * Words for it: a line for stdout, and lines for stderr that end with the next command.
 *
 * @param peer - whom to talk to first, where somebody is known
 */
export function gainedWords(
  { member, circleId, notAfter, speaks }: GainedIdentity,
  peer?: string,
): { line: string; notes: string[] } {
  const rest = `${member} of circle ${circleId}, until ${dayOf(notAfter)}`;
  if (!speaks)
    return {
      line: `Kept ${rest}`,
      notes: [`This home speaks as it did before. To change that: qtchat identity use ${member}`],
    };
  return { line: `You are now ${rest}`, notes: [`Next: qtchat chat${peer === undefined ? '' : ` --peer ${peer}`}`] };
}
