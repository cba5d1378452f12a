/**
 * What every TLS connection between members has in common (docs/PROTOCOL.md, "Peer connection"):
 * TLS 1.3 only, certificates on both sides, our protocol by ALPN, and never a resumed session.
 */
import { constants } from 'node:crypto';
import type { SecureContextOptions } from 'node:tls';
import type { Identity } from '../store/identities.js';
import { groupOptions } from './key-agreement.js';

/** ALPN of the control channel. */
export const controlProtocol = 'qtchat/1';
/** ALPN of a connection that carries one file. */
export const fileProtocol = 'qtchat-file/1';
/** What may be agreed on by ALPN (RFC 7301). */
export type PeerProtocol = typeof controlProtocol | typeof fileProtocol;

/** How long a TCP connection may take to become a TLS session. */
export const handshakeTimeoutMs = 10_000;

/**
 * The credentials of `identity`, and the circle's root as the only trust anchor.
 *
 * A default Node server resumes sessions, and on resumption the certificate is not judged again.
 * Under SSL_OP_NO_TICKET a ticket is a mere number into a cache that Node leaves empty, so every
 * handshake is a full one; and `identifyPeer` refuses a resumed session all the same.
 *
 * @param requirePostQuantum - offers no other key agreement
 */
export function secureContextOptions(identity: Identity, requirePostQuantum = false): SecureContextOptions {
  return {
    ...groupOptions(requirePostQuantum),
    key: identity.privateKey.export({ type: 'pkcs8', format: 'pem' }),
    cert: identity.chain.map((certificate) => certificate.toString()).join(''),
    ca: [identity.trustAnchor.toString()],
    minVersion: 'TLSv1.3',
    maxVersion: 'TLSv1.3',
    secureOptions: constants.SSL_OP_NO_TICKET,
  };
}
