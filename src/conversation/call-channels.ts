/** The sessions of a conversation as calls see them: those whose peers take calls. */
import type { CallDesk } from '../calls/call-desk.js';
import type { CallChannel } from '../calls/call-lines.js';
import { isQTChatError, type QTChatError } from '../errors.js';
import type { CallMessage } from '../protocol/messages.js';
import type { PeerSession } from './peer-session.js';

/** The channels of one conversation. */
export class CallChannels {
  readonly #desk: CallDesk;
  readonly #ownSpki: string;
  readonly #channels = new Map<PeerSession, CallChannel>();

  /** @param ownSpki - SHA-256 of our key */
  constructor(desk: CallDesk, ownSpki: string) {
    this.#desk = desk;
    this.#ownSpki = ownSpki;
  }

  /** A session is up. */
  add(session: PeerSession): void {
    const { hello, connection } = session;
    if (hello === undefined || !session.takes('calls')) return;
    const channel: CallChannel = {
      member: connection.peer.member,
      process: hello.session,
      // Both sides know both keys.
      isOursFirst: this.#ownSpki < connection.peer.spkiSha256,
      get isOpen() {
        return session.isOpenForWork;
      },
      send: (message) => {
        // Older programs know nothing of it.
        if (message.type !== 'call-devices' || session.takes('call-devices')) session.sendCall(message);
      },
    };
    this.#channels.set(session, channel);
    this.#desk.attach(channel);
  }

  /** Hands on what a peer says about a call. */
  handle(session: PeerSession, message: CallMessage): void {
    const channel = this.#channels.get(session);
    // Who takes none has nothing to say about them.
    if (channel !== undefined) this.#desk.handle(channel, message);
  }

  /** A session has ended; one that merely broke may come back. */
  remove(session: PeerSession, error: unknown): void {
    const channel = this.#channels.get(session);
    this.#channels.delete(session);
    if (channel === undefined) return;
    const isBroken = !isQTChatError(error) || error.code === 'ERR_PEER_UNREACHABLE';
    const distrust: QTChatError | undefined = isBroken ? undefined : error;
    this.#desk.detach(channel, distrust);
  }
}
