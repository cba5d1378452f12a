/** A connection whose both ends have proven who they are. What it carries is decided above. */
import type { TLSSocket } from 'node:tls';
import type { PeerAddress } from '../store/contacts.js';
import type { PeerIdentity } from './identify-peer.js';
import { describeKeyAgreement, type KeyAgreement, keyAgreementOf } from './key-agreement.js';
import type { PeerProtocol } from './tls-options.js';

/** An authenticated connection. Its errors are silent; every end shows as the socket's `close`. */
export interface PeerConnection {
  readonly socket: TLSSocket;
  readonly peer: PeerIdentity;
  readonly protocol: PeerProtocol;
  /** Whether this side dialled. */
  readonly dialled: boolean;
  /** The far end; for an inbound connection the port is a passing one. */
  readonly remote: PeerAddress;
  readonly keyAgreement: KeyAgreement;
  /** Version, key agreement as far as it is known, and cipher, for people: "TLSv1.3, X25519, TLS_AES_256_GCM_SHA384". */
  readonly security: string;
}

/** Binds what a handshake has proven into one object. */
export function peerConnection(
  socket: TLSSocket,
  peer: PeerIdentity,
  details: { dialled: boolean; remote: PeerAddress; requirePostQuantum: boolean },
): PeerConnection {
  // Without a listener an error would end the process. Whoever reads the socket sees it there.
  socket.on('error', () => {});
  // Over TCP the socket does so by itself; over another stream it would stay half-open for ever.
  if (socket.allowHalfOpen) socket.once('end', () => socket.end());
  // Lines of chat are small and wanted at once.
  socket.setNoDelay(true);
  const { dialled, remote, requirePostQuantum } = details;
  const keyAgreement = keyAgreementOf(socket, requirePostQuantum);
  const { standardName } = socket.getCipher();
  const security = [socket.getProtocol(), describeKeyAgreement(keyAgreement), standardName].join(', ');
  return { socket, peer, dialled, remote, protocol: socket.alpnProtocol as PeerProtocol, keyAgreement, security };
}
