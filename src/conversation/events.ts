/** What a conversation tells its faces. Texts and names of peers are data: escape before showing. */
import type { CallEvent } from '../calls/call-events.js';
import type { ChatEvent } from '../chat/chat-session.js';
import type { QTChatError } from '../errors.js';
import type { FileEvent } from '../files/file-events.js';
import type { PeerAddress } from '../store/contacts.js';
import type { KeyOrigin } from '../store/identities.js';
import type { KeyAgreement } from '../transport/key-agreement.js';
import type { AnnouncedState } from './announce.js';
import type { RevocationState } from './revocation-watch.js';

/** A member who is here now. */
export interface PeerDescription {
  readonly member: string;
  readonly circleId: string;
  readonly address: PeerAddress;
  /** TLS version, key agreement and cipher, for people. */
  readonly security: string;
  /** TLS group and whether it is post-quantum, as far as this side can know. */
  readonly keyAgreement: KeyAgreement;
  /** Where the peer says its key was made; a server-made key has been seen by the host. */
  readonly keyOrigin: KeyOrigin;
  readonly spkiSha256: string;
}

/** What we did to a message, of either side: in which face, nobody else would know. */
export type OwnChange =
  | { readonly kind: 'edit'; readonly text: string }
  | { readonly kind: 'delete' }
  | { readonly kind: 'reaction'; readonly emoji: string };

type RefusedChange = Extract<ChatEvent, { type: 'changeRefused' }>;

/** Everything a conversation reports. */
export type ConversationEvent =
  | { readonly type: 'listening'; readonly address: PeerAddress; readonly wantedPort: number }
  /** The peer we dial is not here; `reason` says what the last attempt met. */
  | { readonly type: 'waiting'; readonly who: string; readonly reason: QTChatError | undefined }
  /** The member whom we look for is known: texts without a name go there. Comes once, before `connected`. */
  | { readonly type: 'target'; readonly member: string }
  | { readonly type: 'connected'; readonly peer: PeerDescription }
  | { readonly type: 'disconnected'; readonly member: string; readonly reason: string }
  /** Somebody was not let in; repetitions are told once a minute, with their `count`. */
  | {
      readonly type: 'refused';
      readonly host: string | undefined;
      readonly error: QTChatError;
      readonly count: number;
    }
  /** How much is known of revocations; comes at the start, and when it changes. */
  | ({ readonly type: 'revocation' } & RevocationState)
  /** Where members can find us by name; comes where we announce ourselves, and when it changes. */
  | ({ readonly type: 'announced' } & AnnouncedState)
  /** Our certificate was renewed. */
  | { readonly type: 'renewed'; readonly notAfter: Date }
  /** Our certificate should be renewed, and cannot be. */
  | { readonly type: 'renewalFailed'; readonly notAfter: Date; readonly error: QTChatError }
  /** The conversation cannot reach its peer and has given up; it still listens until closed. */
  | { readonly type: 'stopped'; readonly error: QTChatError }
  /** Something was decided about a contact, or it is a new one. */
  | { readonly type: 'contactChanged'; readonly member: string }
  /** A text of ours is in the outbox, whichever face it was written in; comes before all that becomes of it. */
  | {
      readonly type: 'outgoing';
      readonly member: string;
      readonly id: string;
      readonly text: string;
      readonly sentAt: Date;
      readonly replyTo?: string;
    }
  /** We have changed a message, whichever face did it; `id` is that of the message. */
  | ({ readonly type: 'outgoingChange'; readonly member: string; readonly id: string } & OwnChange)
  /** The user has seen a message of the member, and all before it, whichever face shows them. */
  | { readonly type: 'seen'; readonly member: string; readonly id: string }
  /** A file or folder of ours is to be sent, whichever face said so; its transfer is told of when it begins. */
  | {
      readonly type: 'outgoingFile';
      readonly member: string;
      readonly name: string;
      /** Where it is; absolute. */
      readonly path: string;
    }
  /** It is at the member's, or will not be: nothing reads it any more. */
  | {
      readonly type: 'outgoingFileOver';
      readonly member: string;
      readonly path: string;
      readonly hasArrived: boolean;
    }
  | ({ readonly member: string } & Exclude<ChatEvent, RefusedChange>)
  /** Repetitions are told once a minute, with their `count`. */
  | ({ readonly member: string; readonly count: number } & RefusedChange)
  | ({ readonly member: string } & FileEvent)
  | ({ readonly member: string } & CallEvent);
