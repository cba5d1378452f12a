/**
 * Judges a certification path by revocation lists that were given (RFC 5280 §6.3, for complete lists
 * by the certificate's own issuer); fetches none. A list counts only if its issuer signed it and it
 * has not ended: what an old list does not name may have been revoked since.
 */
import type { X509Certificate } from 'node:crypto';
import { isQTChatError } from '../errors.js';
import { readCertificateFields } from './certificate-fields.js';
import { type Crl, verifyCrl } from './read-crl.js';
import { inWords, nameOf, type PathFault } from './verify-path.js';

/**
 * Judges the path from `chain[0]` over the rest of `chain` to `trustAnchor`, which may stand at its
 * end. The first certificate must be covered by a list; issuers are judged as far as lists are given.
 *
 * @param at - the moment for which the lists must be in force
 * @returns every fault found, nearest the first certificate first
 */
export function verifyRevocation(
  chain: readonly X509Certificate[],
  trustAnchor: X509Certificate,
  crls: readonly Crl[],
  at: Date,
): PathFault[] {
  try {
    const below = chain.filter((certificate) => !certificate.raw.equals(trustAnchor.raw));
    return faultsOfPath(below, trustAnchor, crls, at);
  } catch (error) {
    if (!isQTChatError(error, 'ERR_PKI_CERTIFICATE_INVALID')) throw error;
    return [{ code: 'malformed', message: error.message }];
  }
}

function faultsOfPath(
  below: readonly X509Certificate[],
  trustAnchor: X509Certificate,
  crls: readonly Crl[],
  at: Date,
): PathFault[] {
  return below.flatMap((certificate, index) => {
    const issuer = below[index + 1] ?? trustAnchor;
    const issuerName = readCertificateFields(certificate).issuer;
    const lists = crls.filter((crl) => crl.issuer.equals(issuerName));
    if (lists.length > 0) return lists.flatMap((crl) => faultsBy(crl, certificate, issuer, at));
    return index === 0 ? [unknown(certificate, `no list of ${nameOf(issuer)} was given`)] : [];
  });
}

function faultsBy(crl: Crl, certificate: X509Certificate, issuer: X509Certificate, at: Date): PathFault[] {
  const fault = faultOf(crl, issuer, at);
  if (fault !== undefined) return [unknown(certificate, fault)];
  const entry = crl.revoked.find(({ serialNumber }) => serialNumber === certificate.serialNumber);
  if (entry === undefined) return [];
  const message = `${nameOf(certificate)} was revoked on ${inWords(entry.revokedAt)} (${entry.reason})`;
  return [{ code: 'revoked', message }];
}

/** Why a list does not count; undefined when it does. */
function faultOf(crl: Crl, issuer: X509Certificate, at: Date): string | undefined {
  try {
    verifyCrl(crl, issuer);
  } catch (error) {
    if (isQTChatError(error, 'ERR_PKI_CRL_INVALID')) return error.message;
    throw error;
  }
  if (!(crl.thisUpdate <= at)) return `the list begins only on ${inWords(crl.thisUpdate)}`;
  if (crl.nextUpdate === undefined) return 'the list does not say until when it counts';
  return at <= crl.nextUpdate ? undefined : `the list ended on ${inWords(crl.nextUpdate)}`;
}

function unknown(certificate: X509Certificate, reason: string): PathFault {
  return { code: 'revocation-unknown', message: `whether ${nameOf(certificate)} was revoked is unknown: ${reason}` };
}
