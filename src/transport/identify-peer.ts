/**
 * Decides who is at the other end of a TLS connection; the same for the side that dialled and the
 * side that was dialled. The chain to the circle's root has been judged by OpenSSL before. Whether
 * the member is the one we look for, and whether the key is the pinned one, is decided above.
 */
import type { X509Certificate } from 'node:crypto';
import type { TLSSocket } from 'node:tls';
import { QTChatError, quote } from '../errors.js';
import { basicConstraintsOf, readCertificateFields } from '../pki/certificate-fields.js';
import { circleNamesOf, spkiFingerprint } from '../pki/circle.js';
import { dayOf } from '../pki/day.js';
import { type SubjectAltName, subjectAltNamesOf } from '../pki/subject-alt-name.js';
import type { RevocationKnowledge } from '../store/crl.js';
import type { Identity } from '../store/identities.js';
import type { PeerProtocol } from './tls-options.js';

/** A member of our circle, proven by the certificate and its key. */
export interface PeerIdentity {
  readonly member: string;
  readonly circleId: string;
  /** SHA-256 of the public key, lower-case hex. */
  readonly spkiSha256: string;
  /** The addresses and names that the certificate vouches for. */
  readonly names: readonly SubjectAltName[];
  readonly notAfter: Date;
  /**
   * What it has proven to be by. Nobody asks the socket for it again: Node takes the certificate out of a connection that was
   * dialled when it gives it (v20 to v24: at the second call there is none).
   */
  readonly certificate: X509Certificate;
}

const purposes = [
  { oid: '1.3.6.1.5.5.7.3.1', name: 'serverAuth' },
  { oid: '1.3.6.1.5.5.7.3.2', name: 'clientAuth' },
];

/**
 * Identifies the peer of a completed handshake.
 *
 * @param protocols - what may have been agreed on by ALPN
 * @param revocation - what is known of revoked certificates; nothing when left out
 * @throws {QTChatError} `ERR_PEER_REFUSED` when anything is missing or wrong,
 *   `ERR_PEER_IS_OURSELVES` when the peer holds our own key
 */
export function identifyPeer(
  socket: TLSSocket,
  self: Identity,
  protocols: readonly PeerProtocol[],
  clock: () => Date,
  revocation?: Pick<RevocationKnowledge, 'faultOf'>,
): PeerIdentity {
  if (!socket.authorized) throw refused('its certificate was not verified');
  if (socket.getProtocol() !== 'TLSv1.3') throw refused('it does not speak TLS 1.3');
  if (socket.isSessionReused()) throw refused('it resumed an earlier session instead of proving its identity');
  if (!protocols.some((protocol) => protocol === socket.alpnProtocol)) {
    throw refused(`it does not ask for the protocol ${protocols.join(' or ')} (ALPN)`);
  }
  const certificate = socket.getPeerX509Certificate();
  if (certificate === undefined) throw refused('it showed no certificate');
  const now = clock();
  const peer = identifyCertificate(certificate, self, now);
  const fault = revocation?.faultOf(certificate, now);
  if (fault !== undefined) throw refused(fault);
  return peer;
}

/**
 * The part of {@link identifyPeer} that looks at the certificate alone.
 *
 * @throws {QTChatError} as {@link identifyPeer}
 */
function identifyCertificate(certificate: X509Certificate, self: Identity, now: Date): PeerIdentity {
  checkUsable(certificate, now);
  const spkiSha256 = spkiFingerprint(certificate);
  const own = self.chain[0];
  if (own !== undefined && spkiSha256 === spkiFingerprint(own)) {
    throw new QTChatError('ERR_PEER_IS_OURSELVES', 'the address leads back to ourselves');
  }
  const [name, another] = circleNamesOf(certificate);
  if (name === undefined) throw refused('its certificate carries no qtchat: name');
  if (another !== undefined) throw refused('its certificate carries more than one qtchat: name');
  if (name.circleId !== self.circleId) throw refused(`it belongs to another circle (${quote(name.circleId)})`);
  return {
    member: name.member,
    circleId: name.circleId,
    spkiSha256,
    names: subjectAltNamesOf(certificate),
    notAfter: notAfterOf(certificate),
    certificate,
  };
}

/**
 * Judges whether a certificate may be used between peers at all: dates, usages, not a CA's. We ask
 * it of our own certificate too, because a peer that refuses us has no way to say why.
 *
 * @throws {QTChatError} `ERR_PEER_REFUSED`
 */
export function checkUsable(certificate: X509Certificate, now: Date): void {
  const notBefore = new Date(certificate.validFrom);
  if (now < notBefore) throw refused(`its certificate is not valid before ${dayOf(notBefore)}`);
  const notAfter = notAfterOf(certificate);
  if (now > notAfter) throw refused(`its certificate expired on ${dayOf(notAfter)}`);
  // Not X509Certificate#ca: that says no when keyUsage lacks keyCertSign, whatever basicConstraints claim.
  if (basicConstraintsOf(readCertificateFields(certificate)).ca)
    throw refused('its certificate is one of a CA, not of a member');
  // Despite its name, this is the list of extended key usages.
  const usages = (certificate.keyUsage ?? []) as readonly string[];
  for (const purpose of purposes) {
    if (!usages.includes(purpose.oid)) throw refused(`its certificate lacks the ${purpose.name} usage`);
  }
}

function notAfterOf(certificate: X509Certificate): Date {
  return new Date(certificate.validTo);
}

function refused(why: string): QTChatError {
  return new QTChatError('ERR_PEER_REFUSED', `the peer was refused: ${why}`);
}
