/**
 * Listens for peers. Whatever strangers do here, the listener lives on: connections are counted and
 * limited before anybody has proven anything, a handshake has ten seconds, and only identified
 * members reach the caller.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { createServer, type Server, type TLSSocket } from 'node:tls';
import { QTChatError, quote, systemErrorCode } from '../errors.js';
import type { PeerAddress } from '../store/contacts.js';
import type { RevocationKnowledge } from '../store/crl.js';
import type { Identity } from '../store/identities.js';
import { ConnectionLimit, type ConnectionLimits } from './connection-limit.js';
import { identifyPeer } from './identify-peer.js';
import { type PeerConnection, peerConnection } from './peer-connection.js';
import { explainFailure } from './tls-failure.js';
import { controlProtocol, fileProtocol, handshakeTimeoutMs, secureContextOptions } from './tls-options.js';

/** What {@link listenForPeers} needs. */
export interface ListenOptions {
  readonly identity: Identity;
  /** The address to listen on; absent for all interfaces. */
  readonly host?: string;
  /** Tried in this order until one is free; 0 lets the system choose. */
  readonly ports: readonly number[];
  readonly clock: () => Date;
  /** Takes every identified member; it now owns the connection. */
  readonly onPeer: (connection: PeerConnection) => void;
  /** Told why somebody was not let in, and from where as far as that is known. */
  readonly onRefused?: (error: QTChatError, host: string | undefined) => void;
  readonly handshakeTimeoutMs?: number;
  /** Of connections at once; default 512, and 32 from one host. */
  readonly limits?: ConnectionLimits;
  /** What is known of revoked certificates; nothing when left out. */
  readonly revocation?: Pick<RevocationKnowledge, 'faultOf'>;
  /** Takes no key agreement but the post-quantum one; false when left out. */
  readonly requirePostQuantum?: boolean;
}

/** An open listener. */
export interface PeerListener {
  readonly address: PeerAddress;
  /** Shows another certificate of the same key from now on. */
  showCertificate(identity: Identity): void;
  /** Takes a stream that came in by another network than TCP, and treats it like one of its own. */
  accept(stream: Duplex, remote: PeerAddress): void;
  /** Stops listening and breaks off every connection that came in. */
  close(): Promise<void>;
}

/** Where a connection came from, as far as that is known. */
interface Remote {
  readonly host: string | undefined;
  readonly port: number | undefined;
}

const defaultLimits: ConnectionLimits = { total: 512, perHost: 32 };
const protocols = [controlProtocol, fileProtocol] as const;

/**
 * Opens the listener on the first free port.
 *
 * @throws {QTChatError} `ERR_PORT_IN_USE` when every port is taken, `ERR_ADDRESS_UNAVAILABLE` when
 *   the host is none of ours or a port is not permitted
 */
export async function listenForPeers(options: ListenOptions): Promise<PeerListener> {
  const contextOf = (identity: Identity) => secureContextOptions(identity, options.requirePostQuantum);
  const server = createServer({
    ...contextOf(options.identity),
    ALPNProtocols: [...protocols],
    requestCert: true,
    rejectUnauthorized: true,
    handshakeTimeout: options.handshakeTimeoutMs ?? handshakeTimeoutMs,
  });
  // Where the stream at hand came from: one that is no TCP socket cannot be asked, nor can its TLS socket be asked for it.
  const origin = new AsyncLocalStorage<PeerAddress>();
  const remoteOf = (socket: TLSSocket): Remote =>
    origin.getStore() ?? { host: hostOf(socket), port: socket.remotePort };
  const limit = new ConnectionLimit(options.limits ?? defaultLimits, (host) => {
    options.onRefused?.(new QTChatError('ERR_PEER_REFUSED', 'there are too many connections'), host);
  });
  server.on('connection', (socket: Duplex & Partial<Socket>) => {
    const remote = origin.getStore() ?? { host: plainHost(socket.remoteAddress), port: socket.remotePort };
    limit.admit(socket, placeOf(remote, socket), remote.host ?? '');
  });
  server.on('tlsClientError', (error, socket) => {
    options.onRefused?.(explainFailure(error, faultOf(socket)), remoteOf(socket).host);
  });
  server.on('secureConnection', (socket) => {
    const remote = remoteOf(socket);
    accept(socket, remote, options, () => limit.prove(placeOf(remote, socket)));
  });
  const port = await listenOnFirst(server, options);
  return {
    address: { host: options.host ?? '0.0.0.0', port },
    showCertificate: (identity) => server.setSecureContext(contextOf(identity)),
    // Never `new TLSSocket(stream, {isServer: true})`: that judges no certificates.
    accept: (stream, remote) => origin.run(remote, () => void server.emit('connection', stream)),
    close: async () => {
      limit.end();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

function accept(socket: TLSSocket, { host, port }: Remote, options: ListenOptions, onProven: () => void): void {
  const { identity, clock, revocation, requirePostQuantum = false } = options;
  try {
    const peer = identifyPeer(socket, identity, protocols, clock, revocation);
    onProven();
    const remote = { host: host ?? '', port: port ?? 0 };
    options.onPeer(peerConnection(socket, peer, { dialled: false, remote, requirePostQuantum }));
  } catch (error) {
    socket.on('error', () => {});
    socket.destroy();
    options.onRefused?.(explainFailure(error), host);
  }
}

// When a handshake has failed, Node has closed the TLS socket and forgotten its address; the TCP
// socket below still has the one that was read of it when it came.
function hostOf(socket: TLSSocket & { _parent?: Socket | null }): string | undefined {
  return plainHost(socket._parent?.remoteAddress ?? socket.remoteAddress);
}

// A dual-stack socket shows IPv4 peers as ::ffff:1.2.3.4.
function plainHost(host: string | undefined): string | undefined {
  return host?.replace(/^::ffff:(?=.*\.)/, '');
}

/** The same for a connection and for the TLS in it, and for no other at the same time. */
function placeOf({ host, port }: Remote, { localAddress }: { localAddress?: string | undefined }): string {
  return JSON.stringify([host, port, localAddress]);
}

function faultOf(socket: TLSSocket): string | undefined {
  // Node puts its name of the X.509 fault here, whatever the type says.
  const fault: unknown = socket.authorizationError;
  return typeof fault === 'string' ? fault : undefined;
}

async function listenOnFirst(server: Server, options: ListenOptions): Promise<number> {
  let failure: unknown;
  for (const port of options.ports) {
    try {
      return await listenOn(server, options.host, port);
    } catch (error) {
      failure = error;
      if (systemErrorCode(error) !== 'EADDRINUSE') break;
    }
  }
  const place = options.host === undefined ? '' : ` of ${quote(options.host)}`;
  if (systemErrorCode(failure) === 'EADDRINUSE') {
    const verb = options.ports.length === 1 ? 'is' : 'are';
    const message = `port ${options.ports.join(' and port ')}${place} ${verb} in use by another program`;
    throw new QTChatError('ERR_PORT_IN_USE', message, {
      hint: 'Choose another with --listen ADDR:PORT',
      cause: failure,
    });
  }
  const message = `cannot listen on port ${options.ports.join(', ')}${place} (${systemErrorCode(failure) ?? 'unknown reason'})`;
  const hint = 'Choose an address of this machine and a port above 1023 with --listen ADDR:PORT';
  throw new QTChatError('ERR_ADDRESS_UNAVAILABLE', message, { hint, cause: failure });
}

function listenOn(server: Server, host: string | undefined, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const onError = (error: Error): void => reject(error);
    server.once('error', onError);
    server.listen({ port, ...(host === undefined ? {} : { host }), exclusive: true }, () => {
      server.off('error', onError);
      // Running out of file descriptors is reported here and passes; it must not end the process.
      server.on('error', () => {});
      resolve((server.address() as AddressInfo).port);
    });
  });
}
