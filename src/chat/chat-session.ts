/**
 * Messages over one control session: the outbox goes out in order, what comes in is stored before it
 * is acknowledged, and what has been here before is dropped. Knows no sockets and no screen.
 */
import { QTChatError } from '../errors.js';
import { type Message, type MessageOf, maximumSequence } from '../protocol/messages.js';
import type { ChangeFault } from '../store/message-changes.js';
import type { Numbered } from '../store/message-record.js';
import type { MessageStore, ReadMark, Receipt } from '../store/messages.js';

/** What a chat session reports. `id` is that of the message; `quoted` what the answered message says, where it is here. */
export type ChatEvent =
  | {
      readonly type: 'message';
      readonly id: string;
      readonly sentAt: Date;
      readonly text: string;
      readonly replyTo?: string;
      readonly quoted?: string;
    }
  /** The peer has put another text in place of that of its message. */
  | { readonly type: 'edited'; readonly id: string; readonly sentAt: Date; readonly text: string }
  /** The peer has deleted its message. */
  | { readonly type: 'deleted'; readonly id: string; readonly sentAt: Date }
  /** What the peer thinks of a message of either side; an empty `emoji` takes that back. */
  | {
      readonly type: 'reaction';
      readonly id: string;
      readonly sentAt: Date;
      readonly emoji: string;
      readonly quoted?: string;
    }
  /** The peer wanted what it may not: nothing of it was done. */
  | {
      readonly type: 'changeRefused';
      readonly id: string;
      readonly kind: 'edit' | 'delete' | 'reaction';
      readonly reason: ChangeFault;
    }
  /** This message of ours has left; whether it arrives is not known yet. */
  | { readonly type: 'sent'; readonly id: string }
  /** The peer has seen this message of ours. */
  | { readonly type: 'read'; readonly id: string }
  /** The peer is writing. */
  | { readonly type: 'typing' }
  /** The peer has stored this message of ours. */
  | { readonly type: 'delivered'; readonly id: string };

/** What a chat session needs. */
export interface ChatSessionOptions {
  readonly store: MessageStore;
  /** Names the peer's store, as its hello says. */
  readonly peerEpoch: string;
  /** Up to where our hello said that we have what the peer wrote, 0 for nothing. */
  readonly receivedUpTo: number;
  /** Whether the peer takes messages; without it the outbox stays where it is. */
  readonly peerTakesText: boolean;
  /** Sends together what is given together. */
  readonly send: (...messages: readonly Message[]) => void;
  readonly emit: (event: ChatEvent) => void;
}

/** What a member writes. */
export type Written = MessageOf<'text' | 'edit' | 'delete' | 'reaction'>;

/** What may be on its way: so much that disks and line need not wait for each other. */
const windowMessages = 512;
// Well below what the channel holds unsent.
const windowBytes = 2 * 1024 * 1024;
/** What is read of the outbox at a time. */
const pageMessages = 64;

/** The messages of one control session. */
export class ChatSession {
  readonly #options: ChatSessionOptions;
  /** Sent here and not acknowledged, rising. */
  #inFlight: { sequence: number; sizeBytes: number }[] = [];
  #inFlightBytes = 0;
  #sentUpTo = 0;
  /** What the peer knows that we have, and that we have seen. */
  #receivedUpTo: number;
  #seenUpTo = 0;
  #flushing: Promise<void> = Promise.resolve();

  constructor(options: ChatSessionOptions) {
    this.#options = options;
    this.#receivedUpTo = options.receivedUpTo;
  }

  /**
   * Begins with the cursor that the peer's hello holds for our epoch; sends what waits behind it.
   *
   * @throws {QTChatError} `ERR_PROTOCOL` for a cursor that would leave us no numbers to go on with
   */
  async start(cursor: number): Promise<void> {
    await this.noteCursor(cursor);
    await this.flush();
    // What was seen while the peer was away.
    this.tellSeen({
      epoch: this.#options.peerEpoch,
      sequence: await this.#options.store.seenUpTo(this.#options.peerEpoch),
    });
  }

  /**
   * Notes the cursor that the peer's hello holds for our epoch, and begins nothing.
   *
   * @throws {QTChatError} as {@link start}
   */
  async noteCursor(cursor: number): Promise<void> {
    if (cursor > maximumSequence / 2) {
      throw new QTChatError('ERR_PROTOCOL', 'the peer claims to have messages that nobody can have written');
    }
    const { ids, cursor: start } = await this.#options.store.delivered(cursor);
    this.#sentUpTo = start;
    for (const id of ids) this.#options.emit({ type: 'delivered', id });
  }

  /** Sends what waits in the outbox; messages of other processes of this home too. */
  flush(): Promise<void> {
    // One after the other, else two of them would send the same messages twice.
    this.#flushing = this.#flushing.catch(() => {}).then(() => this.#sendQueued());
    return this.#flushing;
  }

  /**
   * Stores what the peer has written, and changes what it may change, then acknowledges that all was heard.
   *
   * @param written - what came together, in its order; at least one
   */
  async receive(written: readonly Written[]): Promise<void> {
    const { store, peerEpoch } = this.#options;
    const receipts = await store.receive(peerEpoch, written.map(numberedOf));
    this.#acknowledge(Math.max(...written.map(({ sequence }) => sequence)));
    for (const [index, message] of written.entries()) await this.#report(message, receipts[index] ?? 'known');
  }

  /**
   * Notes up to where the peer has seen what we wrote.
   *
   * @throws {QTChatError} `ERR_PROTOCOL` for a message that was never sent
   */
  async handleRead(sequence: number): Promise<void> {
    if (sequence > this.#sentUpTo) {
      throw new QTChatError('ERR_PROTOCOL', 'the peer has read a message that was never sent');
    }
    for (const id of await this.#options.store.seenByPeer(sequence)) this.#options.emit({ type: 'read', id });
  }

  /** Tells the peer how far the user has seen what it wrote, unless it knows. */
  tellSeen({ epoch, sequence }: ReadMark): void {
    if (epoch !== this.#options.peerEpoch) return;
    // Over other sessions more may have come than the peer's process behind this one has sent.
    const known = Math.min(sequence, this.#receivedUpTo);
    if (known <= this.#seenUpTo) return;
    this.#seenUpTo = known;
    this.#options.send({ type: 'read', sequence: known });
  }

  /**
   * Notes up to where the peer has stored what we wrote.
   *
   * @throws {QTChatError} `ERR_PROTOCOL` for a message that was never sent
   */
  async handleDelivered(sequence: number): Promise<void> {
    if (sequence > this.#sentUpTo) {
      throw new QTChatError('ERR_PROTOCOL', 'the peer acknowledged a message that was never sent');
    }
    this.#inFlight = this.#inFlight.filter((one) => one.sequence > sequence);
    this.#inFlightBytes = this.#inFlight.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
    const { ids } = await this.#options.store.delivered(sequence);
    for (const id of ids) this.#options.emit({ type: 'delivered', id });
    await this.flush();
  }

  async #report(message: Written, receipt: Receipt): Promise<void> {
    if (receipt === 'known') return;
    const { emit } = this.#options;
    const { type } = message;
    const sentAt = new Date(message.sentAt);
    if (type === 'text') {
      const { id, text, replyTo } = message;
      const answered = replyTo === undefined ? {} : { replyTo, ...(await this.#quote(replyTo)) };
      emit({ type: 'message', id, sentAt, text, ...answered });
      return;
    }
    // What is not here needs no deleting: it may have been taken back before it was sent.
    if (type === 'delete' && (receipt === 'unknown' || receipt === 'deleted')) return;
    // It was deleted while this was on its way.
    if (type === 'reaction' && receipt === 'deleted') return;
    const id = message.target;
    if (receipt !== 'done') emit({ type: 'changeRefused', id, kind: type, reason: receipt });
    else if (type === 'edit') emit({ type: 'edited', id, sentAt, text: message.text });
    else if (type === 'delete') emit({ type: 'deleted', id, sentAt });
    else emit({ type: 'reaction', id, sentAt, emoji: message.emoji, ...(await this.#quote(id)) });
  }

  // Not the cursor: another process of the peer's home may have sent more than this session knows of.
  #acknowledge(sequence: number): void {
    this.#receivedUpTo = Math.max(this.#receivedUpTo, sequence);
    this.#options.send({ type: 'delivered', sequence });
  }

  async #quote(id: string): Promise<{ quoted?: string }> {
    const quoted = await this.#options.store.textOf(id);
    return quoted === undefined ? {} : { quoted };
  }

  async #sendQueued(): Promise<void> {
    if (!this.#options.peerTakesText) return;
    for (;;) {
      const page = await this.#options.store.queuedAfter(this.#sentUpTo, pageMessages);
      const fitting = page.filter((message) => this.#takeOff(message));
      this.#options.send(...fitting.map(wireOf));
      for (const { id } of fitting) this.#options.emit({ type: 'sent', id });
      if (fitting.length < pageMessages) return;
    }
  }

  /** Counts a message as being on its way, where there is room for it. */
  #takeOff(message: Numbered): boolean {
    if (this.#inFlight.length >= windowMessages || this.#inFlightBytes >= windowBytes) return false;
    const { sequence } = message;
    const sizeBytes = 'text' in message ? Buffer.byteLength(message.text) : 0;
    this.#sentUpTo = sequence;
    this.#inFlight.push({ sequence, sizeBytes });
    this.#inFlightBytes += sizeBytes;
    return true;
  }
}

/** The message that carries what is in the outbox. */
function wireOf(numbered: Numbered): Message {
  const { id, sequence, kind } = numbered;
  const sentAt = numbered.sentAt.getTime();
  switch (kind) {
    case 'text':
      return { type: kind, id, sequence, sentAt, text: numbered.text, replyTo: numbered.replyTo };
    case 'edit':
      return { type: kind, id, sequence, sentAt, target: numbered.target, text: numbered.text };
    case 'delete':
      return { type: kind, id, sequence, sentAt, target: numbered.target };
    case 'reaction':
      return { type: kind, id, sequence, sentAt, target: numbered.target, emoji: numbered.emoji };
  }
}

/** What a message carries. */
function numberedOf(message: Written): Numbered {
  const { id, sequence, type } = message;
  const sentAt = new Date(message.sentAt);
  switch (type) {
    case 'text': {
      const { text, replyTo } = message;
      return { kind: type, id, sequence, sentAt, text, ...(replyTo !== undefined && { replyTo }) };
    }
    case 'edit':
      return { kind: type, id, sequence, sentAt, target: message.target, text: message.text };
    case 'delete':
      return { kind: type, id, sequence, sentAt, target: message.target };
    case 'reaction':
      return { kind: type, id, sequence, sentAt, target: message.target, emoji: message.emoji };
  }
}
