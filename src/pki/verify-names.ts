/**
 * Judges whether a certificate speaks for a host, as TLS clients do (RFC 9525): by subjectAltName
 * alone, never by the common name. OpenSSL compares, through X509Certificate.
 */
import type { X509Certificate } from 'node:crypto';
import { quote } from '../errors.js';
import { nameOf, type PathFault } from './verify-path.js';

/** Names under which a client would reach the holder; all of them must be in the certificate. */
export interface ExpectedNames {
  /** DNS names, no wildcards. */
  readonly hosts: readonly string[];
  /** IPv4 and IPv6 addresses. */
  readonly addresses: readonly string[];
}

/** A wildcard stands for one whole label and nothing less (RFC 9525 §6.3). */
const byRfc9525 = { subject: 'never', partialWildcards: false } as const;

/** One fault for every name that is not in the certificate. */
export function verifyNames(certificate: X509Certificate, { hosts, addresses }: ExpectedNames): PathFault[] {
  const missing = [
    ...hosts.filter((host) => certificate.checkHost(host, byRfc9525) === undefined),
    ...addresses.filter((address) => certificate.checkIP(address) === undefined),
  ];
  return missing.map((name) => ({ code: 'name', message: `${nameOf(certificate)} is not for ${quote(name)}` }));
}
