/**
 * When a chat without a terminal is over: as soon as its input has ended and all is delivered, or when nobody came in time. It
 * reads nothing, and is told what happens.
 */
import type { Conversation } from '../../conversation/conversation.js';
import type { ConversationEvent } from '../../conversation/events.js';
import { QTChatError } from '../../errors.js';

/** What the end depends on. */
export interface FilterEndOptions {
  /** How long the peer may be away; as long as it likes where left out. */
  readonly timeoutMs: number | undefined;
  /** The conversation, and the member whom the chat is with, once they are there. */
  readonly present: () => { conversation: Conversation | undefined; recipient: string | undefined };
  /** Whether something that was read is not in the outbox yet. */
  readonly isSending: () => boolean;
  readonly end: () => void;
  readonly fail: (error: unknown) => void;
}

/** Watches over the end of one chat. */
export class FilterEnd {
  readonly #options: FilterEndOptions;
  readonly #moving = new Set<string>();
  /** Whom programs have addressed by name, and the one whom the chat is with. */
  readonly #addressed = new Set<string>();
  #hasInputEnded = false;
  #isOver = false;
  #timer: NodeJS.Timeout | undefined;
  #lastReason: QTChatError | undefined;

  constructor(options: FilterEndOptions) {
    this.#options = options;
  }

  /** Notes whom something was said to: it is waited for until they have it. */
  address(member: string): void {
    this.#addressed.add(member);
  }

  /** Notes what happened. */
  note(event: ConversationEvent): void {
    switch (event.type) {
      case 'waiting':
        this.#lastReason = event.reason ?? this.#lastReason;
        return;
      case 'fileStarted':
        this.#moving.add(event.file.id);
        return;
      case 'fileDone':
      case 'fileFailed':
      case 'fileInterrupted':
        this.#moving.delete(event.file.id);
        return;
      default:
        return;
    }
  }

  /** The peer is not here: it has to come in time. */
  awaitPeer(): void {
    const { timeoutMs, fail } = this.#options;
    if (this.#isOver || timeoutMs === undefined) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => fail(this.#nobodyWithin(timeoutMs)), timeoutMs);
  }

  /** The peer is here. */
  peerCame(): void {
    clearTimeout(this.#timer);
  }

  /** Nothing more will be read. */
  inputEnded(): void {
    this.#hasInputEnded = true;
    this.settle();
  }

  /** The chat ends: nothing is waited for any more. */
  stop(): void {
    this.#isOver = true;
    clearTimeout(this.#timer);
  }

  /** Ends the chat where nothing is left to do; to be called whenever something may have been the last of it. */
  settle(): void {
    const { present, isSending, end, fail } = this.#options;
    if (!this.#hasInputEnded || this.#isOver || isSending() || this.#moving.size > 0) return;
    const { conversation, recipient } = present();
    if (recipient !== undefined) this.#addressed.add(recipient);
    if (conversation === undefined || this.#addressed.size === 0) {
      end();
      return;
    }
    Promise.all([...this.#addressed].map((member) => conversation.countPending(member))).then((counts) => {
      if (counts.every((count) => count === 0) && this.#moving.size === 0) end();
    }, fail);
  }

  #nobodyWithin(timeoutMs: number): QTChatError {
    const reason = this.#lastReason === undefined ? '' : `: ${this.#lastReason.message}`;
    const message = `nobody was reached within ${timeoutMs / 1000} seconds${reason}`;
    const hint =
      this.#options.present().recipient === undefined
        ? 'What was typed is not kept, because it is not known which member is meant'
        : 'What was typed waits in the outbox and goes with the next chat';
    return new QTChatError('ERR_PEER_UNREACHABLE', message, { hint });
  }
}
