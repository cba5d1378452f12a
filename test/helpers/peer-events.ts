/** Events of a conversation, as a face is told them. */
import type { ConversationEvent, PeerDescription } from '../../src/conversation/events.js';
import type { FileDescription } from '../../src/files/file-events.js';

type EventOf<Type extends ConversationEvent['type']> = Extract<ConversationEvent, { type: Type }>;

/** A member who is here. */
export function peerNamed(member: string): PeerDescription {
  return {
    ...{ member, circleId: 'ab'.repeat(13), address: { host: '192.168.1.7', port: 17590 } },
    ...{ security: 'TLSv1.3, X25519, TLS_AES_256_GCM_SHA384', keyAgreement: { group: 'X25519', postQuantum: false } },
    ...{ keyOrigin: 'local', spkiSha256: 'cd'.repeat(32) },
  };
}

/** What a member wrote. */
export function messageEvent(member: string, id: string, text: string): EventOf<'message'> {
  return { type: 'message', member, id, text, sentAt: new Date(2026, 10, 29, 21, 5) };
}

/** A file of a transfer. */
export function fileNamed(name: string, more: Partial<FileDescription> = {}): FileDescription {
  return { id: 'f'.repeat(32), direction: 'in', name, sizeBytes: 1_000_000, ...more };
}
