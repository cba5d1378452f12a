/** Hands what a peer says after its hello to the parts of the session that it concerns, in its order. */
import type { ChatSession, Written } from '../chat/chat-session.js';
import { QTChatError } from '../errors.js';
import type { FileSession } from '../files/file-session.js';
import type { ByeReason, CallMessage, Message } from '../protocol/messages.js';
import type { ListExchange } from './list-exchange.js';
import type { SessionQuota } from './member-quota.js';

/** Where it goes. */
export interface DispatchOptions {
  readonly chat: ChatSession;
  readonly files: FileSession;
  readonly lists: ListExchange | undefined;
  /** Whether our hello said that we take texts. */
  readonly takesText: boolean;
  /** Undefined where our hello said that we take no calls. */
  readonly onCall: ((message: CallMessage) => void) | undefined;
  readonly quota: Pick<SessionQuota, 'admitMessages'>;
  /** The quota is used up: nothing more is taken, and the session is to end. */
  readonly onFull: () => void;
  readonly clock: () => Date;
  readonly send: (message: Message) => void;
  readonly onTyping: () => void;
  readonly onPong: () => void;
  readonly onBye: (reason: ByeReason) => void;
}

/** Who types is told of no oftener than this, whatever the peer sends. */
const typingIntervalMs = 1_000;

/** Of one session. */
export class Dispatch {
  readonly #options: DispatchOptions;
  #typedAt: number | undefined;
  #isFull = false;

  constructor(options: DispatchOptions) {
    this.#options = options;
  }

  /**
   * Takes messages that came together.
   *
   * @throws {QTChatError} `ERR_PROTOCOL` when one of them breaks the rules
   */
  async take(messages: readonly Message[]): Promise<void> {
    await this.#noteMarks(messages);
    const written: Written[] = [];
    for (const message of messages) {
      if (isWritten(message)) {
        written.push(message);
        continue;
      }
      if (written.length > 0) await this.#receive(written.splice(0));
      if (this.#isFull) return;
      await this.#handle(message);
    }
    if (written.length > 0) await this.#receive(written);
    if (messages.some(({ type }) => type === 'ping')) this.#options.send({ type: 'pong' });
  }

  /** Of marks that have come together the furthest says it all: each costs a look at the disk, and thousands a stall. */
  async #noteMarks(messages: readonly Message[]): Promise<void> {
    const { chat } = this.#options;
    const delivered = furthest(messages, 'delivered');
    if (delivered > 0) await chat.handleDelivered(delivered);
    const read = furthest(messages, 'read');
    if (read > 0) await chat.handleRead(read);
  }

  /** Takes what was written together: one flush to the disk is enough for it. */
  async #receive(written: readonly Written[]): Promise<void> {
    this.#requireText();
    const bytes = written.reduce((sum, message) => sum + ('text' in message ? Buffer.byteLength(message.text) : 0), 0);
    if (this.#admits(written.length, bytes)) await this.#options.chat.receive(written);
  }

  /** Counts what is to be taken; where it is too much, nothing is taken any more. */
  #admits(messages: number, bytes: number): boolean {
    const { quota, onFull } = this.#options;
    this.#isFull ||= !quota.admitMessages(messages, bytes);
    if (this.#isFull) onFull();
    return !this.#isFull;
  }

  async #handle(message: Exclude<Message, Written>): Promise<void> {
    const { files, lists, onBye } = this.#options;
    switch (message.type) {
      case 'hello':
        throw new QTChatError('ERR_PROTOCOL', 'the peer said hello twice');
      // Noted, or answered, together with others.
      case 'ping':
      case 'delivered':
      case 'read':
        return;
      case 'pong':
        return this.#options.onPong();
      case 'bye':
        return onBye(message.reason);
      case 'typing':
        this.#requireText();
        return this.#handleTyping();
      case 'revocation-list':
        return lists?.take(message.list);
      // Each is a line on the screen or in a log, also where it is declined.
      case 'file-offer':
        return this.#admits(1, 0) ? files.handleOffer(message) : undefined;
      case 'file-pause':
      case 'file-resume':
        return this.#admits(1, 0) ? files.handlePause(message) : undefined;
      case 'file-accept':
        return files.handleAccept(message);
      case 'file-decline':
        return files.handleDecline(message);
      case 'file-ready':
        return files.handleReady(message);
      case 'file-connection':
        return files.handleConnection(message);
      case 'file-received':
        return files.handleReceived(message);
      case 'file-failed':
        return files.handleFailed(message);
      case 'call-offer':
      case 'call-ringing':
      case 'call-answer':
      case 'call-candidate':
      case 'call-devices':
      case 'call-end':
        return this.#handleCall(message);
    }
  }

  #handleCall(message: CallMessage): void {
    const { onCall } = this.#options;
    if (onCall === undefined) throw new QTChatError('ERR_PROTOCOL', 'the peer called where no calls are taken');
    if (this.#admits(1, 0)) onCall(message);
  }

  #requireText(): void {
    if (this.#options.takesText) return;
    throw new QTChatError('ERR_PROTOCOL', 'the peer sent a text where none is taken');
  }

  #handleTyping(): void {
    const { clock, onTyping } = this.#options;
    const now = clock().getTime();
    const since = now - (this.#typedAt ?? Number.NEGATIVE_INFINITY);
    if (since >= 0 && since < typingIntervalMs) return;
    this.#typedAt = now;
    onTyping();
  }
}

/** Whether a message is to be stored, and acknowledged when it is. */
export function isWritten(message: Message): message is Written {
  return ['text', 'edit', 'delete', 'reaction'].includes(message.type);
}

function furthest(messages: readonly Message[], type: 'delivered' | 'read'): number {
  return messages.reduce((most, message) => (message.type === type ? Math.max(most, message.sequence) : most), 0);
}
