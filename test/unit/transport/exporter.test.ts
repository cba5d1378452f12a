import { afterAll, beforeAll, expect, it } from '@jest/globals';
import type { Identity } from '../../../src/store/identities.js';
import { dialPeer } from '../../../src/transport/dial.js';
import { fileToken } from '../../../src/transport/exporter.js';
import { listenForPeers, type PeerListener } from '../../../src/transport/listen.js';
import { controlProtocol } from '../../../src/transport/tls-options.js';
import { makeCircle } from '../../helpers/certificates.js';
import { makeIdentity } from '../../helpers/identity.js';

let bob: Identity;
let listener: PeerListener;

beforeAll(async () => {
  const circle = await makeCircle();
  const alice = await makeIdentity(circle, { member: 'alice' });
  bob = await makeIdentity(circle, { member: 'bob' });
  const how = { host: '127.0.0.1', ports: [0], clock: () => new Date(), onPeer: () => {} };
  listener = await listenForPeers({ identity: alice, ...how });
});

afterAll(() => listener.close());

it('every connection of a file has a token of its own', async () => {
  const { signal } = new AbortController();
  const how = { identity: bob, protocol: controlProtocol, clock: () => new Date(), signal } as const;
  const { socket } = await dialPeer(listener.address, how);
  const id = '0f'.repeat(16);
  const tokens = [fileToken(socket, id), fileToken(socket, id, 1), fileToken(socket, id, 2)];
  expect(new Set(tokens.map((token) => token.toString('hex'))).size).toBe(3);
  expect(fileToken(socket, id, 0)).toEqual(tokens[0]);
  socket.destroy();
});

it('a file for which the connection ends just before its token is made is interrupted, not failed', async () => {
  const { signal } = new AbortController();
  const how = { identity: bob, protocol: controlProtocol, clock: () => new Date(), signal } as const;
  const { socket } = await dialPeer(listener.address, how);
  expect(fileToken(socket, '0f'.repeat(16))).toHaveLength(32);
  socket.destroy();
  expect(() => fileToken(socket, '0f'.repeat(16))).toThrow(expect.objectContaining({ code: 'ERR_PEER_UNREACHABLE' }));
});
