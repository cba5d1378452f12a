/** A connection whose both ends have proven who they are. What it carries is decided above. */
import type { TLSSocket } from 'node:tls';
import type { PeerAddress } from '../store/contacts.js';
import type { PeerIdentity } from './identify-peer.js';
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
  /** Version, key agreement where Node tells, and cipher, for people: "TLSv1.3, TLS_AES_256_GCM_SHA384". */
  readonly security: string;
}

/** Binds what a handshake has proven into one object. */
export function peerConnection(
  socket: TLSSocket,
  peer: PeerIdentity,
  details: { dialled: boolean; remote: PeerAddress },
): PeerConnection {
  // Without a listener an error would end the process. Whoever reads the socket sees it there.
  socket.on('error', () => {});
  // Lines of chat are small and wanted at once.
  socket.setNoDelay(true);
  return { socket, peer, ...details, protocol: socket.alpnProtocol as PeerProtocol, security: describe(socket) };
}

function describe(socket: TLSSocket): string {
  const { standardName } = socket.getCipher();
  const group = keyAgreement(socket);
  return [socket.getProtocol(), group, standardName].filter((part) => typeof part === 'string').join(', ');
}

// Only the client side is told, only by Node 24 and later.
function keyAgreement(socket: TLSSocket): string | undefined {
  const details: object | null = socket.getEphemeralKeyInfo();
  return details !== null && 'name' in details && typeof details.name === 'string' ? details.name : undefined;
}
