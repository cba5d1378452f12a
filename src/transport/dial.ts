/**
 * Dials a peer: a stream to the address, TLS over it, and the peer identified before anything is
 * said. The stream is a seam: TCP now, any other Duplex later, with the same TLS inside.
 */
import { connect as connectNet } from 'node:net';
import type { Duplex } from 'node:stream';
import { connect as connectTls } from 'node:tls';
import { QTChatError } from '../errors.js';
import type { PeerAddress } from '../store/contacts.js';
import type { Identity } from '../store/identities.js';
import { identifyPeer } from './identify-peer.js';
import { type PeerConnection, peerConnection } from './peer-connection.js';
import { explainFailure } from './tls-failure.js';
import { handshakeTimeoutMs, type PeerProtocol, secureContextOptions } from './tls-options.js';

/** What a call to {@link dialPeer} needs beside the address. */
export interface DialOptions {
  readonly identity: Identity;
  readonly protocol: PeerProtocol;
  readonly clock: () => Date;
  readonly signal: AbortSignal;
  /** Bounds the whole of it, connecting and handshake. Default 10 seconds. */
  readonly timeoutMs?: number;
  /** Opens the stream. Default: TCP. */
  readonly openStream?: (address: PeerAddress) => Duplex;
}

/**
 * Connects to whoever listens at `address` and identifies them.
 *
 * @throws {QTChatError} `ERR_PEER_UNREACHABLE`, `ERR_PEER_REFUSED`, `ERR_PEER_IS_OURSELVES`, and
 *   `ERR_CANCELLED` when `signal` aborts; nothing stays open then
 */
export async function dialPeer(address: PeerAddress, options: DialOptions): Promise<PeerConnection> {
  const { identity, protocol, clock, signal } = options;
  if (signal.aborted) throw cancelled();
  const stream = (options.openStream ?? openTcp)(address);
  const socket = connectTls({
    ...secureContextOptions(identity),
    socket: stream,
    ALPNProtocols: [protocol],
    rejectUnauthorized: true,
    // Members are found by the qtchat: name, not by host name: identifyPeer and the caller judge it.
    checkServerIdentity: () => undefined,
  });
  // The first failure is the reason; what follows from it is not.
  let reason: Error | undefined;
  const end = (error: Error): void => {
    reason ??= error;
    socket.destroy(error);
    stream.destroy();
  };
  const onAbort = (): void => end(cancelled());
  const timer = setTimeout(
    () => end(new QTChatError('ERR_PEER_UNREACHABLE', 'it does not answer')),
    options.timeoutMs ?? handshakeTimeoutMs,
  );
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once('secureConnect', resolve);
      // Both of them report one failure, one after the other: neither may go unheard.
      socket.on('error', reject);
      stream.on('error', end);
      socket.once('close', () => reject(new QTChatError('ERR_PEER_UNREACHABLE', 'it broke the connection off')));
    });
    const peer = identifyPeer(socket, identity, [protocol], clock);
    return peerConnection(socket, peer, { dialled: true, remote: address });
  } catch (error) {
    socket.destroy();
    stream.destroy();
    throw explainFailure(reason ?? error);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', onAbort);
  }
}

function openTcp(address: PeerAddress): Duplex {
  return connectNet({ host: address.host, port: address.port, autoSelectFamily: true });
}

function cancelled(): QTChatError {
  return new QTChatError('ERR_CANCELLED', 'dialling was cancelled');
}
