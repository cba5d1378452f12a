// Sessions as a conversation holds them, but with a store that forgets: what is not the disk of a conversation.
import { randomBytes } from 'node:crypto';
import { MemoryStore } from './memory-store.mjs';

/** What of the source is needed here, beside what members need. */
export const sessionModules = [
  'src/conversation/member-quota',
  'src/conversation/peer-session',
  'src/transport/dial',
  'src/transport/listen',
  'src/transport/tls-options',
];

/** Dials a peer of this machine as the member of a home. */
export async function dialMember(all, home, port, options = {}) {
  return all.dialPeer(
    { host: '127.0.0.1', port: Number(port) },
    {
      identity: await all.loadIdentity(home),
      protocol: all.controlProtocol,
      clock: () => new Date(),
      signal: new AbortController().signal,
      ...options,
    },
  );
}

/** Runs a session over a connection; `emit` hears its events, and `ready` when the peer has said hello. */
export function runSession(all, connection, emit) {
  const store = new MemoryStore();
  const clock = () => new Date();
  const session = new all.PeerSession({
    connection,
    store,
    emit,
    self: {
      session: randomBytes(16).toString('hex'),
      epoch: randomBytes(16).toString('hex'),
      capabilities: ['text'],
      keyOrigin: 'local',
      port: 0,
    },
    files: {},
    quota: new all.SessionQuota(new all.MemberQuota(all.defaultQuota, clock)),
    clock,
    random: randomBytes,
    onHello: async () => emit({ type: 'ready' }),
    checkPeer: async () => {},
  });
  session.run().catch((error) => process.send({ error: String(error?.stack) }));
  return { session, store };
}
