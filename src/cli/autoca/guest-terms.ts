/** What a host says of a guest: name, names for the certificate, how long. Invites and approvals alike. */

import { parseMemberName } from '../../pki/member-name.js';
import { validityDaysCap } from '../../pki/profile.js';
import { parseDnsName, parseIpAddress, type SubjectAltName } from '../../pki/subject-alt-name.js';
import { checkDays } from '../../pki/validity.js';

/** What the guest's certificate will say. */
export interface GuestTerms {
  readonly member: string;
  readonly names: SubjectAltName[];
  readonly validityDays: number;
  readonly replace: boolean;
  /** To tell the host when its certificate will be shorter than asked for. */
  readonly warning?: string;
}

/**
 * Judges the flags.
 *
 * @throws {QTChatError} `ERR_PKI_NAME_INVALID`, `ERR_PKI_SAN_INVALID`, `ERR_PKI_VALIDITY`
 */
export function readGuestTerms(
  name: string,
  flags: { ip?: string[] | undefined; dns?: string[] | undefined; days: number; replace: boolean },
): GuestTerms {
  checkDays(flags.days, validityDaysCap);
  const validityDays = Math.min(flags.days, validityDaysCap);
  const warning = `Cut to ${validityDays} days, the longest that other systems accept`;
  return {
    member: parseMemberName(name),
    names: [...(flags.ip ?? []).map(parseIpAddress), ...(flags.dns ?? []).map(parseDnsName)],
    validityDays,
    replace: flags.replace,
    ...(validityDays < flags.days && { warning }),
  };
}
