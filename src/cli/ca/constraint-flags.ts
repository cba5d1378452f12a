/** The flags that limit what a CA may certify, turned into name constraints. */
import { type NameConstraints, parseDnsSubtree, parseIpSubtree } from '../../pki/name-constraints.js';

/** What was typed. */
export interface ConstraintFlags {
  readonly 'permit-dns'?: string[] | undefined;
  readonly 'permit-ip'?: string[] | undefined;
  readonly 'exclude-dns'?: string[] | undefined;
  readonly 'exclude-ip'?: string[] | undefined;
}

/**
 * Reads the flags; undefined when none was given.
 *
 * @throws {QTChatError} `ERR_PKI_SAN_INVALID`
 */
export function readConstraintFlags(flags: ConstraintFlags): NameConstraints | undefined {
  const permitted = [
    ...(flags['permit-dns'] ?? []).map(parseDnsSubtree),
    ...(flags['permit-ip'] ?? []).map(parseIpSubtree),
  ];
  const excluded = [
    ...(flags['exclude-dns'] ?? []).map(parseDnsSubtree),
    ...(flags['exclude-ip'] ?? []).map(parseIpSubtree),
  ];
  return permitted.length + excluded.length === 0 ? undefined : { permitted, excluded };
}
