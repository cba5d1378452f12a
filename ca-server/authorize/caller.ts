/**
 * Who is at the other end of a TLS connection to the port for members: the ledger's own certificate,
 * octet by octet, or nobody. OpenSSL has judged the chain before; where a certificate has expired,
 * everything but its end is judged here again, because OpenSSL names one fault only.
 */
import type { TLSSocket } from 'node:tls';
import { QTChatError } from '../../src/errors.js';
import { type CertificateRecord, findCertificate } from '../../src/ledger/certificates.js';
import { circleIdOf, circleNamesOf } from '../../src/pki/circle.js';
import { rootCertificate } from '../../src/pki/issuer.js';
import { verifyPath } from '../../src/pki/verify-path.js';
import type { AutoCa } from '../auto-ca.js';

/** A member, proven by certificate and key. */
export interface Caller {
  /** Of the certificate that was shown. */
  readonly record: CertificateRecord;
  readonly isExpired: boolean;
}

/**
 * Identifies who speaks; undefined when no certificate was shown.
 *
 * @throws {QTChatError} `ERR_ENROLL_REFUSED` with a reason for the host's log
 */
export async function identifyCaller(
  socket: TLSSocket,
  { ledger, signer, deps }: Pick<AutoCa, 'ledger' | 'signer' | 'deps'>,
): Promise<Caller | undefined> {
  const certificate = socket.getPeerX509Certificate();
  if (certificate === undefined) return undefined;
  if (socket.isSessionReused()) throw refusal('it resumed an earlier session instead of proving its identity');
  const record = await findCertificate(ledger, certificate.serialNumber);
  if (record === undefined || !record.content.equals(certificate.raw)) {
    throw refusal('its certificate is not one that this CA has issued');
  }
  if (record.revokedAt !== undefined) throw refusal(`the certificate of ${record.member} was revoked`);
  const now = deps.clock();
  const isExpired = record.notAfter < now;
  const root = rootCertificate(signer);
  const judgement = { at: isExpired ? record.notAfter : now, purpose: 'clientAuth' as const };
  const [fault] = verifyPath([certificate, ...signer.chain], root, judgement);
  if (fault !== undefined) throw refusal(fault.message);
  // What OpenSSL says of an expired certificate; of all others it must say nothing.
  const said: unknown = socket.authorizationError;
  if (!socket.authorized && !(isExpired && said === 'CERT_HAS_EXPIRED')) {
    throw refusal(`the certificate of ${record.member} was not accepted (${String(said)})`);
  }
  const names = circleNamesOf(certificate);
  const isNamed = names.length === 1 && names[0]?.member === record.member && names[0]?.circleId === circleIdOf(root);
  if (!isNamed) throw refusal('its certificate does not name one member of this circle');
  return { record, isExpired };
}

function refusal(reason: string): QTChatError {
  return new QTChatError('ERR_ENROLL_REFUSED', reason);
}
