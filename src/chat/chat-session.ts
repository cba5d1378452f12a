/**
 * Messages over one control session: the outbox goes out in order, what comes in is stored before it
 * is acknowledged, and what has been here before is dropped. Knows no sockets and no screen.
 */
import { QTChatError } from '../errors.js';
import { type Message, type MessageOf, maximumSequence, maximumTextBytes } from '../protocol/messages.js';
import type { MessageStore } from '../store/messages.js';

/** What a chat session reports. */
export type ChatEvent =
  | { readonly type: 'message'; readonly id: string; readonly sentAt: Date; readonly text: string }
  /** The peer has stored this message of ours. */
  | { readonly type: 'delivered'; readonly id: string };

/** What a chat session needs. */
export interface ChatSessionOptions {
  readonly store: MessageStore;
  /** Names the peer's store, as its hello says. */
  readonly peerEpoch: string;
  /** Whether the peer takes messages; without it the outbox stays where it is. */
  readonly peerTakesText: boolean;
  readonly send: (message: Message) => void;
  readonly emit: (event: ChatEvent) => void;
}

// With texts of 64 KiB at most, a full window stays below what the channel holds unsent.
const windowSize = 64;

/** The messages of one control session. */
export class ChatSession {
  readonly #options: ChatSessionOptions;
  /** Sent here and not acknowledged, rising. */
  #inFlight: number[] = [];
  #sentUpTo = 0;
  #flushing: Promise<void> = Promise.resolve();

  constructor(options: ChatSessionOptions) {
    this.#options = options;
  }

  /**
   * Begins with the cursor that the peer's hello holds for our epoch; sends what waits behind it.
   *
   * @throws {QTChatError} `ERR_PROTOCOL` for a cursor that would leave us no numbers to go on with
   */
  async start(cursor: number): Promise<void> {
    if (cursor > maximumSequence / 2) {
      throw new QTChatError('ERR_PROTOCOL', 'the peer claims to have messages that nobody can have written');
    }
    const { ids, cursor: start } = await this.#options.store.delivered(cursor);
    this.#sentUpTo = start;
    for (const id of ids) this.#options.emit({ type: 'delivered', id });
    await this.flush();
  }

  /** Sends what waits in the outbox; messages of other processes of this home too. */
  flush(): Promise<void> {
    // One after the other, else two of them would send the same messages twice.
    this.#flushing = this.#flushing.catch(() => {}).then(() => this.#sendQueued());
    return this.#flushing;
  }

  /** Stores a message of the peer, then acknowledges it. */
  async handleText(message: MessageOf<'text'>): Promise<void> {
    const { id, sequence, text } = message;
    const sentAt = new Date(message.sentAt);
    const { store, peerEpoch, send, emit } = this.#options;
    const isNew = await store.receive({ id, sequence, sentAt, text, epoch: peerEpoch });
    // Not the cursor: another process of the peer's home may have sent more than this session knows of.
    send({ type: 'delivered', sequence });
    if (isNew) emit({ type: 'message', id, sentAt, text });
  }

  /**
   * Notes what the peer has stored.
   *
   * @throws {QTChatError} `ERR_PROTOCOL` for a message that was never sent
   */
  async handleDelivered(message: MessageOf<'delivered'>): Promise<void> {
    if (message.sequence > this.#sentUpTo) {
      throw new QTChatError('ERR_PROTOCOL', 'the peer acknowledged a message that was never sent');
    }
    this.#inFlight = this.#inFlight.filter((sequence) => sequence > message.sequence);
    const { ids } = await this.#options.store.delivered(message.sequence);
    for (const id of ids) this.#options.emit({ type: 'delivered', id });
    await this.flush();
  }

  async #sendQueued(): Promise<void> {
    if (!this.#options.peerTakesText) return;
    const room = windowSize - this.#inFlight.length;
    if (room <= 0) return;
    for (const { id, sequence, sentAt, text } of await this.#options.store.queuedAfter(this.#sentUpTo, room)) {
      this.#sentUpTo = sequence;
      this.#inFlight.push(sequence);
      this.#options.send({ type: 'text', id, sequence, sentAt: sentAt.getTime(), text });
    }
  }
}

/**
 * Judges a text that is to be sent: in the outbox, one that no peer takes would block all that follow.
 *
 * @throws {QTChatError} `ERR_USAGE` when it is empty or longer than 64 KiB
 */
export function checkText(text: string): void {
  if (text === '') throw new QTChatError('ERR_USAGE', 'a message holds one character at least');
  if (Buffer.byteLength(text, 'utf8') > maximumTextBytes) {
    throw new QTChatError('ERR_USAGE', `a message holds ${maximumTextBytes} octets at most`, { hint: 'Send a file' });
  }
}
