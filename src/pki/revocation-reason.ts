/** Why a certificate was revoked (RFC 5280 §5.3.1), by name and by the number that CRLs carry. */
import { QTChatError, quote } from '../errors.js';

/** Every reason that may stand in a CRL of ours; 7 is unused, and 8 (removeFromCRL) is for delta CRLs, which we do not make. */
export const revocationReasonCodes = {
  unspecified: 0,
  keyCompromise: 1,
  cACompromise: 2,
  affiliationChanged: 3,
  superseded: 4,
  cessationOfOperation: 5,
  certificateHold: 6,
  privilegeWithdrawn: 9,
  aACompromise: 10,
} as const;

/** The name of a reason. */
export type RevocationReason = keyof typeof revocationReasonCodes;

/** The reasons to choose from. A hold is none of them: what is revoked here stays revoked. */
export const revocationReasons = [
  'unspecified',
  'keyCompromise',
  'affiliationChanged',
  'superseded',
  'cessationOfOperation',
  'privilegeWithdrawn',
] as const satisfies readonly RevocationReason[];

/**
 * Reads a reason as typed.
 *
 * @throws {QTChatError} `ERR_USAGE`; the message lists the choices
 */
export function parseRevocationReason(text: string): RevocationReason {
  const reason = revocationReasons.find((known) => known === text);
  if (reason !== undefined) return reason;
  throw new QTChatError('ERR_USAGE', `${quote(text)} is no reason: expected ${revocationReasons.join(', ')}`, {
    hint: 'Write keyCompromise when somebody else may have the key; leave --reason out when none fits',
  });
}
