/**
 * Dials a peer: a stream to the address, TLS over it, and the peer identified before anything is
 * said. The stream is a seam: TCP, or any other Duplex, with the same TLS inside.
 */
import { once } from 'node:events';
import { connect as connectNet } from 'node:net';
import type { Duplex } from 'node:stream';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { isQTChatError, QTChatError } from '../errors.js';
import type { PeerAddress } from '../store/contacts.js';
import type { RevocationKnowledge } from '../store/crl.js';
import type { Identity } from '../store/identities.js';
import { identifyPeer } from './identify-peer.js';
import { type PeerConnection, peerConnection } from './peer-connection.js';
import { explainFailure } from './tls-failure.js';
import { handshakeTimeoutMs, type PeerProtocol, secureContextOptions } from './tls-options.js';

/** The network below TLS: TCP, or anything else that leads to an address. */
export interface Dialler {
  /** Opens a stream, connected when this resolves; rejects when `signal` aborts, and leaves nothing open then. */
  dial(address: PeerAddress, signal: AbortSignal): Promise<Duplex>;
}

/** What a call to {@link dialPeer} needs beside the address. */
export interface DialOptions {
  readonly identity: Identity;
  readonly protocol: PeerProtocol;
  readonly clock: () => Date;
  readonly signal: AbortSignal;
  /** What is known of revoked certificates; nothing when left out. */
  readonly revocation?: Pick<RevocationKnowledge, 'faultOf'>;
  /** Offers no key agreement but the post-quantum one; false when left out. */
  readonly requirePostQuantum?: boolean;
  /** Bounds the whole of it, connecting and handshake. Default 10 seconds. */
  readonly timeoutMs?: number;
  /** TCP when left out. */
  readonly dialler?: Dialler;
}

/**
 * Connects to whoever listens at `address` and identifies them.
 *
 * @throws {QTChatError} `ERR_PEER_UNREACHABLE`, `ERR_PEER_REFUSED`, `ERR_PEER_IS_OURSELVES`, and
 *   `ERR_CANCELLED` when `signal` aborts; nothing stays open then
 */
export async function dialPeer(address: PeerAddress, options: DialOptions): Promise<PeerConnection> {
  const { identity, protocol, clock, requirePostQuantum = false } = options;
  const deadline = AbortSignal.timeout(options.timeoutMs ?? handshakeTimeoutMs);
  const signal = AbortSignal.any([options.signal, deadline]);
  let stream: Duplex | undefined;
  let socket: TLSSocket | undefined;
  try {
    stream = await (options.dialler ?? tcpDialler).dial(address, signal);
    socket = connectTls({
      ...secureContextOptions(identity, requirePostQuantum),
      socket: stream,
      ALPNProtocols: [protocol],
      rejectUnauthorized: true,
      // Members are found by the qtchat: name, not by host name: identifyPeer and the caller judge it.
      checkServerIdentity: () => undefined,
    });
    await secured(socket, stream, signal);
    const peer = identifyPeer(socket, identity, [protocol], clock, options.revocation);
    return peerConnection(socket, peer, { dialled: true, remote: address, requirePostQuantum });
  } catch (error) {
    if (isQTChatError(error, 'ERR_PEER_IS_OURSELVES') && socket !== undefined) await endInOrder(socket, signal);
    socket?.destroy();
    stream?.destroy();
    if (options.signal.aborted) throw cancelled();
    if (deadline.aborted) throw new QTChatError('ERR_PEER_UNREACHABLE', 'it does not answer', { cause: error });
    throw explainFailure(error);
  }
}

async function secured(socket: TLSSocket, stream: Duplex, signal: AbortSignal): Promise<void> {
  let onAbort = (): void => {};
  try {
    await new Promise<void>((resolve, reject) => {
      onAbort = () => reject(signal.reason);
      signal.addEventListener('abort', onAbort, { once: true });
      if (signal.aborted) onAbort();
      socket.once('secureConnect', resolve);
      // Both of them may report one failure, one after the other: neither may go unheard.
      socket.on('error', reject);
      stream.on('error', reject);
      socket.once('close', () => reject(new QTChatError('ERR_PEER_UNREACHABLE', 'it broke the connection off')));
    });
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

// Broken off at once, our own listener could not tell this call of ours from a stranger's.
async function endInOrder(socket: TLSSocket, signal: AbortSignal): Promise<void> {
  socket.end();
  if (!socket.closed) await once(socket, 'close', { signal }).catch(() => {});
}

/** Dials by TCP. */
export const tcpDialler: Dialler = {
  dial: async (address, signal) => {
    signal.throwIfAborted();
    const socket = connectNet({ ...address, autoSelectFamily: true });
    try {
      await once(socket, 'connect', { signal });
      return socket;
    } catch (error) {
      socket.on('error', () => {}).destroy();
      throw error;
    }
  },
};

function cancelled(): QTChatError {
  return new QTChatError('ERR_CANCELLED', 'dialling was cancelled');
}
