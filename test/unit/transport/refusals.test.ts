/**
 * The transport alone, on real sockets: what a listener survives, and whom a dialler refuses. Who is not let in to a
 * conversation is in test/integration/bad-peers.test.ts.
 */
import 'reflect-metadata';
import { connect as connectTcp, type Socket } from 'node:net';
import { type ConnectionOptions, connect, createServer, type TLSSocket } from 'node:tls';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { isQTChatError, type QTChatError } from '../../../src/errors.js';
import type { Identity } from '../../../src/store/identities.js';
import { dialPeer } from '../../../src/transport/dial.js';
import { identifyPeer } from '../../../src/transport/identify-peer.js';
import { listenForPeers, type PeerListener } from '../../../src/transport/listen.js';
import type { PeerConnection } from '../../../src/transport/peer-connection.js';
import { controlProtocol, secureContextOptions } from '../../../src/transport/tls-options.js';
import { makeCircle, makeIntermediate, type TestCircle } from '../../helpers/certificates.js';
import { makeIdentity } from '../../helpers/identity.js';
import { wrongMembers } from '../../helpers/wrong-members.js';

const clock = (): Date => new Date();
let circle: TestCircle;
let rogue: TestCircle;
let alice: Identity;
let bob: Identity;

beforeAll(async () => {
  circle = await makeCircle();
  rogue = await makeCircle();
  alice = await makeIdentity(circle, { member: 'alice' });
  bob = await makeIdentity(circle, { member: 'bob' });
});

describe('a listener', () => {
  let listener: PeerListener;
  let refusals: string[];
  let hosts: (string | undefined)[];
  let onRefusal: () => void = () => {};
  let accepted: PeerConnection[];
  let onAccepted: (connection: PeerConnection) => void = () => {};
  const sockets: (TLSSocket | Socket)[] = [];

  beforeEach(async () => {
    refusals = [];
    hosts = [];
    accepted = [];
    listener = await listenForPeers({
      identity: alice,
      host: '127.0.0.1',
      ports: [0],
      clock,
      onPeer: (connection) => {
        accepted.push(connection);
        onAccepted(connection);
      },
      onRefused: (error, host) => {
        hosts.push(host);
        refusals.push(error.message);
        onRefusal();
      },
      handshakeTimeoutMs: 300,
    });
  });

  afterEach(async () => {
    for (const socket of sockets.splice(0)) socket.destroy();
    await listener.close();
  });

  function refusal(): Promise<string> {
    return new Promise((resolve) => {
      onRefusal = () => resolve(refusals[0] ?? '');
      if (refusals.length > 0) onRefusal();
    });
  }

  /** A client of openssl's making, as far as the listener can tell: it has not our checks. */
  function knock(options: ConnectionOptions): TLSSocket {
    const { address } = listener;
    const socket = connect({
      ...address,
      checkServerIdentity: () => undefined,
      ALPNProtocols: [controlProtocol],
      ...options,
    });
    socket.on('error', () => {});
    sockets.push(socket);
    return socket;
  }

  async function expectAlive(): Promise<void> {
    expect(accepted).toEqual([]);
    expect(hosts.filter((host) => host !== '127.0.0.1' && host !== '127.0.0.9')).toEqual([]);
    await admit(bob);
  }

  function nextAccepted(): Promise<PeerConnection> {
    return new Promise((resolve) => {
      onAccepted = resolve;
    });
  }

  /** Dials and waits until both sides know each other: in TLS 1.3 the dialling side is done before it is judged. */
  async function admit(identity: Identity): Promise<PeerConnection> {
    const admitted = nextAccepted();
    const connection = await dialPeer(listener.address, dialOptions(identity));
    sockets.push(connection.socket);
    expect(connection.peer.member).toBe('alice');
    const inbound = await admitted;
    expect(inbound.peer.member).toBe(identity.member);
    return inbound;
  }

  it.each([
    ['plain text', 'GET / HTTP/1.1\r\n\r\n', /HTTP/],
    ['noise', '\u0001\u0002\u0003\u0004\u0005\u0006\u0007\u0008', /TLS|failed/],
    ['silence', '', /too long/],
  ])('gives up on %s, and lives on', async (_, text, why) => {
    const socket = connectTcp(listener.address);
    socket.on('error', () => {});
    sockets.push(socket);
    if (text !== '') socket.write(text);
    expect(await refusal()).toMatch(why);
    await expectAlive();
  });

  it('makes a full handshake where a client wants to resume', async () => {
    const { key, cert } = secureContextOptions(bob);
    const first = knock({ key, cert, ca: circle.rootPem });
    const session = new Promise<Buffer>((resolve) => first.once('session', resolve));
    await nextAccepted();
    const second = knock({ key, cert, ca: circle.rootPem, session: await session });
    const { socket, peer } = await nextAccepted();
    expect(socket.isSessionReused()).toBe(false);
    expect(peer.member).toBe('bob');
    expect(second.isSessionReused()).toBe(false);
  });

  it('lets one host have no more than 32 connections, and others still in', async () => {
    const closed: Promise<unknown>[] = [];
    for (let count = 0; count < 40; count += 1) {
      const socket = connectTcp({ ...listener.address, localAddress: '127.0.0.9' });
      socket.on('error', () => {});
      closed.push(new Promise((resolve) => socket.once('close', resolve)));
      sockets.push(socket);
    }
    await Promise.race(closed);
    await expectAlive();
  });

  it('accepts a member below an intermediate CA', async () => {
    const intermediate = await makeIntermediate(circle);
    const leaf = await makeIdentity(intermediate, { member: 'carol' });
    const identity = { ...leaf, chain: [...leaf.chain, intermediate.certificate], trustAnchor: alice.trustAnchor };
    await admit(identity);
  });
});

describe('a dialler', () => {
  const servers: { close(): void }[] = [];
  const sockets = new Set<{ destroy(): void }>();

  afterEach(() => {
    for (const socket of sockets) socket.destroy();
    for (const server of servers.splice(0)) server.close();
  });

  /** A server that does not look at anybody, showing `identity`. */
  async function serve(identity: Identity, options: object = {}): Promise<{ host: string; port: number }> {
    const server = createServer({ ...secureContextOptions(identity), ALPNProtocols: [controlProtocol], ...options });
    server.on('connection', (socket: Socket) => sockets.add(socket));
    server.on('tlsClientError', () => {});
    server.on('secureConnection', (socket) => socket.on('error', () => {}));
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
    return { host: '127.0.0.1', port: (server.address() as { port: number }).port };
  }

  async function failure(address: { host: string; port: number }): Promise<QTChatError> {
    try {
      (await dialPeer(address, dialOptions(bob))).socket.destroy();
    } catch (error) {
      if (isQTChatError(error)) return error;
      throw error;
    }
    throw new Error('the peer was accepted');
  }

  it.each(wrongMembers)('refuses one %s, and says why', async (_, make, why) => {
    const error = await failure(await serve(await make({ circle, rogue, member: 'mallory' })));
    expect(error.message).toMatch(why);
    expect(error.exitCode).not.toBe(0);
  });

  it.each<[string, object, RegExp]>([
    ['TLS 1.2', { minVersion: 'TLSv1.2', maxVersion: 'TLSv1.2' }, /TLS 1\.3/],
    ['no ALPN', { ALPNProtocols: undefined }, /ALPN/],
    ['a wrong ALPN', { ALPNProtocols: ['h2'] }, /ALPN/],
  ])('refuses a member that speaks %s', async (_, options, why) => {
    expect((await failure(await serve(alice, options))).message).toMatch(why);
  });

  it('tells its own key from others, so that its own port can be skipped', async () => {
    expect((await failure(await serve(bob))).code).toBe('ERR_PEER_IS_OURSELVES');
  });

  it('says that nobody listens', async () => {
    const address = await serve(alice);
    await new Promise<void>((resolve) => (servers.pop() as unknown as { close(f: () => void): void }).close(resolve));
    expect(await failure(address)).toMatchObject({ code: 'ERR_PEER_UNREACHABLE', message: 'nobody listens there' });
  });

  it('ends at once when it is cancelled, before and while it dials', async () => {
    const address = await serve(alice);
    const controller = new AbortController();
    const dialling = dialPeer(address, { ...dialOptions(bob), signal: controller.signal });
    controller.abort();
    await expect(dialling).rejects.toMatchObject({ code: 'ERR_CANCELLED' });
    await expect(dialPeer(address, { ...dialOptions(bob), signal: controller.signal })).rejects.toMatchObject({
      code: 'ERR_CANCELLED',
    });
  });
});

describe('identifyPeer', () => {
  it('refuses a session that was resumed, wherever a server allows it', async () => {
    const { secureOptions: _, ...resumable } = secureContextOptions(alice);
    const server = createServer({ ...resumable, ALPNProtocols: [controlProtocol], requestCert: true });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
    const { port } = server.address() as { port: number };
    const verdict = (): Promise<string> =>
      new Promise((resolve) => {
        server.once('secureConnection', (socket) => {
          try {
            resolve(identifyPeer(socket, alice, [controlProtocol], clock).member);
          } catch (error) {
            resolve((error as Error).message);
          }
          socket.end('.');
        });
      });
    const dial = (session?: Buffer): Promise<Buffer> =>
      new Promise((resolve) => {
        const { key, cert, ca } = secureContextOptions(bob);
        const options = { port, key, cert, ca, ALPNProtocols: [controlProtocol], checkServerIdentity: () => undefined };
        const socket = connect({ ...options, ...(session && { session }) } as ConnectionOptions);
        socket.once('session', resolve).on('close', () => resolve(Buffer.alloc(0)));
        socket.resume();
      });
    const firstVerdict = verdict();
    const session = await dial();
    expect(await firstVerdict).toBe('bob');
    const secondVerdict = verdict();
    await dial(session);
    expect(await secondVerdict).toMatch(/resumed/);
    await new Promise((resolve) => server.close(resolve));
  });
});

describe('opening a port', () => {
  it('takes the next one where the first is in use, and fails where all are', async () => {
    const options = { identity: alice, host: '127.0.0.1', clock, onPeer: () => {} };
    const first = await listenForPeers({ ...options, ports: [0] });
    const { port } = first.address;
    const second = await listenForPeers({ ...options, ports: [port, 0] });
    expect(second.address.port).not.toBe(port);
    await expect(listenForPeers({ ...options, ports: [port] })).rejects.toMatchObject({
      code: 'ERR_PORT_IN_USE',
      message: `port ${port} of "127.0.0.1" is in use by another program`,
    });
    await expect(listenForPeers({ ...options, ports: [port, second.address.port] })).rejects.toMatchObject({
      message: `port ${port} and port ${second.address.port} of "127.0.0.1" are in use by another program`,
    });
    await expect(listenForPeers({ ...options, host: '192.0.2.1', ports: [0] })).rejects.toMatchObject({
      code: 'ERR_ADDRESS_UNAVAILABLE',
    });
    await first.close();
    await second.close();
  });
});

function dialOptions(identity: Identity) {
  return { identity, protocol: controlProtocol, clock, signal: new AbortController().signal } as const;
}
