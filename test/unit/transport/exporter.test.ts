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

it('a file for which the connection ends just before its token is made is interrupted, not failed', async () => {
  const { signal } = new AbortController();
  const how = { identity: bob, protocol: controlProtocol, clock: () => new Date(), signal } as const;
  const { socket } = await dialPeer(listener.address, how);
  expect(fileToken(socket, '0f'.repeat(16))).toHaveLength(32);
  socket.destroy();
  expect(() => fileToken(socket, '0f'.repeat(16))).toThrow(expect.objectContaining({ code: 'ERR_PEER_UNREACHABLE' }));
});
