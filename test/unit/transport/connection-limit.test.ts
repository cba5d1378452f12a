import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterEach, beforeAll, beforeEach, expect, it } from '@jest/globals';
import type { Identity } from '../../../src/store/identities.js';
import { dialPeer } from '../../../src/transport/dial.js';
import { listenForPeers, type PeerListener } from '../../../src/transport/listen.js';
import type { PeerConnection } from '../../../src/transport/peer-connection.js';
import { controlProtocol } from '../../../src/transport/tls-options.js';
import { makeCircle } from '../../helpers/certificates.js';
import { makeIdentity } from '../../helpers/identity.js';

let alice: Identity;
let bob: Identity;
let listener: PeerListener;
let refusals: string[];
const strangers: Socket[] = [];
const members: PeerConnection[] = [];
let onMember: () => void = () => {};

beforeAll(async () => {
  const circle = await makeCircle();
  alice = await makeIdentity(circle, { member: 'alice' });
  bob = await makeIdentity(circle, { member: 'bob' });
});

beforeEach(async () => {
  refusals = [];
  listener = await listenForPeers({
    identity: alice,
    host: '127.0.0.1',
    ports: [0],
    clock: () => new Date(),
    onPeer: (connection) => {
      members.push(connection);
      onMember();
    },
    onRefused: ({ message }) => refusals.push(message),
    limits: { total: 4, perHost: 3 },
  });
});

afterEach(async () => {
  for (const { socket } of members.splice(0)) socket.destroy();
  for (const socket of strangers.splice(0)) socket.destroy();
  await listener.close();
});

/** A stranger that connects and says nothing; all of 127.0.0.0/8 is this machine on Linux. */
async function stranger(localAddress: string): Promise<Socket> {
  const socket = connect({ ...listener.address, localAddress });
  strangers.push(socket.on('error', () => {}).resume());
  await once(socket, 'connect');
  return socket;
}

/** A member that both sides know: in TLS 1.3 the dialling side is done before it is judged. */
async function member(): Promise<PeerConnection> {
  const letIn = new Promise<void>((resolve) => {
    onMember = resolve;
  });
  const { signal } = new AbortController();
  const trust = { identity: bob, clock: () => new Date(), signal };
  const connection = await dialPeer(listener.address, { ...trust, protocol: controlProtocol });
  members.push(connection);
  await letIn;
  return connection;
}

const closed = (socket: Socket): Promise<unknown> => (socket.closed ? Promise.resolve() : once(socket, 'close'));

it('strangers of one host who wait keep others of that host out, and nobody else', async () => {
  for (let count = 0; count < 3; count += 1) await stranger('127.0.0.1');
  await expect(member()).rejects.toMatchObject({ code: 'ERR_PEER_UNREACHABLE' });
  expect(refusals).toContain('there are too many connections');
  const another = await stranger('127.0.0.2');
  another.end();
  await closed(another);
  expect(strangers.slice(0, 3).map(({ closed }) => closed)).toEqual([false, false, false]);
});

it('where there are too many in all, the one who has waited longest makes room, and a member is let in', async () => {
  const [first, ...others] = [await stranger('127.0.0.2'), await stranger('127.0.0.2')];
  others.push(await stranger('127.0.0.3'), await stranger('127.0.0.3'));
  const { peer } = await member();
  expect(peer.member).toBe('alice');
  await closed(first as Socket);
  expect(others.map((socket) => socket.closed)).toEqual([false, false, false]);
  expect(refusals).toContain('there are too many connections');
});

it('members never make room', async () => {
  const here = [await member(), await member()];
  const [first] = [await stranger('127.0.0.2'), await stranger('127.0.0.2')];
  for (let count = 0; count < 5; count += 1) await stranger('127.0.0.3');
  await closed(first as Socket);
  expect(here.map(({ socket }) => socket.destroyed)).toEqual([false, false]);
});
