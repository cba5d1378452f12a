import { randomBytes } from 'node:crypto';
import { Duplex } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import { describe, expect, it } from '@jest/globals';
import type { ChatEvent } from '../../../src/chat/chat-session.js';
import { defaultQuota, MemberQuota, SessionQuota } from '../../../src/conversation/member-quota.js';
import { PeerSession } from '../../../src/conversation/peer-session.js';
import type { FileEvent } from '../../../src/files/file-events.js';
import type { Message } from '../../../src/protocol/messages.js';
import type { DownloadFolder } from '../../../src/store/downloads.js';
import type { MessageStore } from '../../../src/store/messages.js';
import type { PeerConnection } from '../../../src/transport/peer-connection.js';
import { frameOf, goodHello } from '../../helpers/rogue.js';

/** The socket of a session, whose peer says these messages and closes. */
function wireThatSays(...messages: Message[]): TLSSocket {
  const wire = new Duplex({ read: () => {}, write: (_chunk, _encoding, done) => done() });
  for (const message of messages) wire.push(frameOf(message));
  wire.push(null);
  return wire as unknown as TLSSocket;
}

const epoch = 'ff'.repeat(16);

/** The store of one who has written five messages, of which the peer has all. */
const store = {
  receivedCursors: async () => [],
  delivered: async (cursor: number) => ({ ids: [], cursor }),
  queuedAfter: async () => [],
  seenUpTo: async () => 0,
  seenByPeer: async (sequence: number) => [`message ${sequence}`],
} as unknown as MessageStore;

function session(socket: TLSSocket, onHello: (session: PeerSession) => Promise<void>) {
  const events: (ChatEvent | FileEvent)[] = [];
  const notAfter = new Date(Date.now() + 3_600_000);
  const peer = { member: 'bob', circleId: 'c', spkiSha256: '', names: [], notAfter };
  const started = new PeerSession({
    connection: { socket, peer, dialled: false } as unknown as PeerConnection,
    self: { session: 'ee'.repeat(16), epoch, capabilities: ['text', 'files'], keyOrigin: 'local', port: 0 },
    store,
    files: {
      peer: 'c/bob',
      folder: {} as DownloadFolder,
      decide: () => 'ask',
      connect: () => Promise.reject(new Error('no file is sent here')),
      begins: async () => {},
      again: () => {},
      over: () => {},
    },
    clock: () => new Date(),
    random: randomBytes,
    onHello,
    quota: new SessionQuota(new MemberQuota(defaultQuota, () => new Date())),
    checkPeer: async () => {},
    emit: (event) => events.push(event),
  });
  return { started, events };
}

describe('a session', () => {
  const said = (): TLSSocket =>
    wireThatSays({ ...goodHello, cursors: [{ epoch, sequence: 5 }] }, { type: 'read', sequence: 5 });

  it.each<[string, (session: PeerSession) => Promise<void>]>([
    ['that stays', async () => {}],
    ['whose place another one has taken', async (one) => one.retire()],
  ])('%s is told what the peer has seen of what it got before', async (_, onHello) => {
    const { started, events } = session(said(), onHello);
    await started.run();
    expect(events).toEqual([{ type: 'read', id: 'message 5' }]);
  });
});
