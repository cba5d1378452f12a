/**
 * One control session with one member: hello, then messages to the parts they concern, until either
 * side ends it. It keeps the peer alive by pings and ends when the peer is silent or its certificate
 * expires. Which of two sessions stays, and whom to trust, is decided above.
 */
import { type ChatEvent, ChatSession, type Written } from '../chat/chat-session.js';
import { isQTChatError, QTChatError } from '../errors.js';
import type { FileEvent } from '../files/file-events.js';
import { FileSession, type FileSessionOptions } from '../files/file-session.js';
import type { KeySuccession } from '../pki/key-succession.js';
import { type ByeReason, type Hello, type Message, maximumListBytes, protocolVersion } from '../protocol/messages.js';
import type { MessageStore, ReadMark } from '../store/messages.js';
import { ControlChannel } from '../transport/control-channel.js';
import type { PeerConnection } from '../transport/peer-connection.js';
import { callAt } from './call-at.js';
import { systemTimers, type Timers } from './timers.js';

/** What a peer may do, as announced in hello. */
export type Capability = 'text' | 'files';

/** What this process says of itself in every hello. */
export interface SelfDescription {
  readonly session: string;
  readonly epoch: string;
  readonly capabilities: readonly Capability[];
  readonly keyOrigin: Hello['keyOrigin'];
  /** Where this process listens, 0 for nowhere. */
  readonly port: number;
  /** How our key follows from former ones. */
  readonly successions?: readonly KeySuccession[];
}

/** What a session does with revocation lists. */
export interface ListExchange {
  /** The number of the list that is known. */
  readonly number: () => number | undefined;
  /** That list, DER. */
  readonly read: () => Promise<Buffer | undefined>;
  /** Takes one that the peer has, which may be anything; resolves with whether it is newer than what was known. */
  readonly take: (der: Buffer) => Promise<boolean>;
}

/** What a session needs. */
export interface PeerSessionOptions {
  readonly connection: PeerConnection;
  readonly self: SelfDescription;
  readonly store: MessageStore;
  readonly files: Pick<FileSessionOptions, 'peer' | 'connect' | 'decide' | 'folder' | 'again' | 'over'>;
  readonly clock: () => Date;
  readonly random: (size: number) => Buffer;
  /**
   * Called with the peer's hello; the session goes on when it resolves. Where it rejects with
   * `ERR_PEER_NOT_TRUSTED`, the peer is told that its key is refused.
   */
  readonly onHello: (session: PeerSession) => Promise<void>;
  /** Called before anything is taken that has come later; where it rejects, the session ends. */
  readonly checkPeer: () => Promise<void>;
  readonly emit: (event: ChatEvent | FileEvent) => void;
  readonly lists?: ListExchange;
  readonly timing?: Partial<SessionTiming>;
  readonly timers?: Timers;
}

/** Durations of a session, in milliseconds. */
export interface SessionTiming {
  readonly helloTimeoutMs: number;
  readonly pingIntervalMs: number;
  readonly silenceTimeoutMs: number;
  readonly closeTimeoutMs: number;
  /** How long the receiver of a file may compare and store before it asks on, or says that all is on its disk. */
  readonly fileReceiverTimeoutMs: number;
  /** What lies between two reports of a file's progress, at least. */
  readonly fileProgressIntervalMs: number;
}

const defaultTiming: SessionTiming = {
  helloTimeoutMs: 10_000,
  pingIntervalMs: 5_000,
  silenceTimeoutMs: 12_000,
  closeTimeoutMs: 2_000,
  fileReceiverTimeoutMs: 300_000,
  fileProgressIntervalMs: 100,
};

const helloCursors = 16;
// In an hour, of those that say nothing new: both sides may have sent the same one.
const maximumLists = 16;
const listsIntervalMs = 3_600_000;
/** Who types is told of no oftener than this, whatever the peer sends. */
const typingIntervalMs = 1_000;

/** One control session. */
export class PeerSession {
  readonly connection: PeerConnection;
  readonly #options: PeerSessionOptions;
  readonly #timing: SessionTiming;
  readonly #channel: ControlChannel;
  readonly #timers: Timers;
  /** Call off what waits. */
  readonly #waiting = new Set<() => void>();
  #heardAt: number;
  #hello: Hello | undefined;
  #chat: ChatSession | undefined;
  #files: FileSession | undefined;
  #goodbye: ByeReason | undefined;
  /** Why we do not go on with this peer; set while it is told. */
  #refusal: unknown;
  #isRetiring = false;
  /** When lists came that were no news. */
  #vainLists: number[] = [];
  /** The number of the latest list that the peer is known to have. */
  #listOfPeer = Number.POSITIVE_INFINITY;
  /** What our hello says that we have. */
  #cursors: Hello['cursors'] = [];
  #typedAt: number | undefined;

  constructor(options: PeerSessionOptions) {
    this.#options = options;
    this.connection = options.connection;
    this.#timing = { ...defaultTiming, ...options.timing };
    this.#timers = options.timers ?? systemTimers;
    this.#heardAt = this.#timers.now();
    this.#channel = new ControlChannel(options.connection, () => {
      this.#heardAt = this.#timers.now();
    });
  }

  /** The peer's hello; undefined until it has arrived. */
  get hello(): Hello | undefined {
    return this.#hello;
  }

  /** Whether the session is up and takes new work. */
  get isReady(): boolean {
    return this.#chat !== undefined && this.isOpenForWork;
  }

  /** The files of this session, once hello has arrived. */
  get files(): FileSession | undefined {
    return this.#files;
  }

  /** Whether hello has arrived and new work may be begun. */
  get isOpenForWork(): boolean {
    return this.#hello !== undefined && this.#refusal === undefined && !this.#isRetiring && this.#channel.isOpen;
  }

  /** Whether the peer has ended the session because it knows us by another key. */
  get isKeyRefused(): boolean {
    return this.#refusal === undefined && this.#goodbye === 'key-changed';
  }

  /** What the peer takes. */
  takes(capability: Capability): boolean {
    return this.#hello?.capabilities.includes(capability) ?? false;
  }

  /**
   * Runs the session to its end; nothing of it is left then.
   *
   * @returns why it ended, for people
   * @throws {QTChatError} `ERR_PEER_REFUSED` when it ended before the peer's hello, `ERR_PROTOCOL` when
   *   the peer broke the rules, `ERR_PEER_UNREACHABLE` when the connection broke, and what `onHello` throws
   */
  async run(): Promise<string> {
    try {
      this.#after(this.#timing.helloTimeoutMs, () => {
        if (this.#hello === undefined) this.#channel.destroy(unanswered('said no hello in time'));
      });
      await this.#sayHello();
      for await (const messages of this.#channel.batches()) await this.#take(messages);
      if (this.#hello === undefined) throw unanswered('closed the connection before its hello');
      if (this.#refusal !== undefined) throw this.#refusal;
      return byeTexts[this.#goodbye ?? 'broken'];
    } catch (error) {
      if (this.#hello === undefined && !isFinal(error))
        throw unanswered('closed the connection before its hello', error);
      throw error;
    } finally {
      for (const callOff of this.#waiting) callOff();
      this.#channel.destroy();
      await this.#files?.close();
    }
  }

  /** Sends what waits in the outbox. */
  flush(): Promise<void> {
    return this.isReady ? (this.#chat?.flush() ?? Promise.resolve()) : Promise.resolve();
  }

  /** Tells the peer how far the user has seen what it wrote. */
  tellSeen(mark: ReadMark): void {
    // Also where another session takes over: what came over this one is told over this one.
    this.#chat?.tellSeen(mark);
  }

  /** Tells the peer that the user is writing. */
  tellTyping(): void {
    if (this.isReady) this.#channel.send({ type: 'typing' });
  }

  /** Ends the session in order; breaks it off if the peer does not follow. */
  close(reason: ByeReason): void {
    if (this.#goodbye !== undefined) return;
    this.#goodbye = reason;
    this.#channel.send({ type: 'bye', reason });
    this.#end();
  }

  /** Breaks the session off where the peer is not to be heard any more; not after a while, as at its next word. */
  async check(): Promise<void> {
    try {
      await this.#options.checkPeer();
    } catch (error) {
      if (!isQTChatError(error)) throw error;
      this.refuse(error);
    }
  }

  /** Gives the peer our revocation list, where it is newer than its own. */
  async passList(): Promise<void> {
    const { lists } = this.#options;
    const own = lists?.number();
    if (own === undefined || own <= this.#listOfPeer || !this.isReady) return;
    this.#listOfPeer = own;
    const list = await lists?.read();
    if (list !== undefined && list.length <= maximumListBytes) this.#channel.send({ type: 'revocation-list', list });
  }

  /** Breaks the session off, because the peer is not to be trusted any more. */
  refuse(error: QTChatError): void {
    this.#channel.destroy(error);
  }

  /** Takes no more work and ends when the files on their way have arrived: another session has taken over. */
  retire(): void {
    this.#isRetiring = true;
    if (!this.#files?.isBusy) this.close('duplicate');
  }

  async #sayHello(): Promise<void> {
    const { self, store } = this.#options;
    const { session, epoch, keyOrigin, port, successions } = self;
    const crl = this.#options.lists?.number();
    const cursors = await store.receivedCursors(helloCursors);
    this.#cursors = cursors;
    const capabilities = [...self.capabilities];
    this.#channel.send({
      type: 'hello',
      version: protocolVersion,
      session,
      epoch,
      keyOrigin,
      port,
      capabilities,
      cursors,
      ...(crl !== undefined && { crl }),
      ...(successions !== undefined && { successions: [...successions] }),
    });
  }

  async #begin(message: Message): Promise<void> {
    if (message.type === 'bye') throw unanswered(byeTexts[message.reason]);
    if (message.type !== 'hello') throw new QTChatError('ERR_PROTOCOL', 'the peer did not begin with hello');
    this.#hello = message;
    const { store, files, random, emit, self, connection } = this.#options;
    const send = (...messages: readonly Message[]): void => this.#channel.send(...messages);
    this.#files = new FileSession({
      ...files,
      dialled: connection.dialled,
      receiverTimeoutMs: this.#timing.fileReceiverTimeoutMs,
      progressIntervalMs: this.#timing.fileProgressIntervalMs,
      random,
      send,
      emit: (event) => this.#onFileEvent(event),
    });
    const receivedUpTo = this.#cursors.find(({ epoch }) => epoch === message.epoch)?.sequence ?? 0;
    const peer = { peerEpoch: message.epoch, receivedUpTo, peerTakesText: this.takes('text') };
    const chat = new ChatSession({ store, ...peer, send, emit });
    this.#keepAlive();
    try {
      await this.#options.onHello(this);
    } catch (error) {
      // Only this the peer is told; our own troubles would be taken for a changed key.
      if (!isQTChatError(error, 'ERR_PEER_NOT_TRUSTED')) throw error;
      this.#refusal = error;
      this.close('key-changed');
      return;
    }
    this.#chat = chat;
    const cursor = message.cursors.find(({ epoch }) => epoch === self.epoch)?.sequence ?? 0;
    if (this.isReady) await chat.start(cursor);
    this.#listOfPeer = message.crl ?? -1;
    await this.passList();
  }

  async #takeList(list: Uint8Array): Promise<void> {
    const { lists } = this.#options;
    const known = this.#listOfPeer;
    // It is passed on while it is taken, but not to the one who gave it.
    this.#listOfPeer = Number.POSITIVE_INFINITY;
    const isNews = await lists?.take(Buffer.from(list));
    this.#listOfPeer = (isNews ? lists?.number() : undefined) ?? known;
    if (isNews) return;
    const now = this.#timers.now();
    this.#vainLists = this.#vainLists.filter((time) => now - time < listsIntervalMs);
    if (this.#vainLists.push(now) > maximumLists)
      throw new QTChatError('ERR_PROTOCOL', 'the peer sends too many lists');
  }

  async #take([...messages]: Message[]): Promise<void> {
    if (this.#hello === undefined) {
      const [first] = messages.splice(0, 1);
      if (first !== undefined) await this.#begin(first);
    }
    if (messages.length === 0 || this.#refusal !== undefined) return;
    await this.#options.checkPeer();
    await this.#noteDelivered(messages);
    const written: Written[] = [];
    for (const message of messages) {
      if (isWritten(message)) {
        written.push(message);
        continue;
      }
      await this.#receive(written.splice(0));
      await this.#handle(message);
    }
    await this.#receive(written);
  }

  /** Of acknowledgements that have come together the furthest says it all. */
  async #noteDelivered(messages: readonly Message[]): Promise<void> {
    let furthest = 0;
    for (const message of messages) {
      if (message.type === 'delivered') furthest = Math.max(furthest, message.sequence);
    }
    if (furthest > 0) await this.#chat?.handleDelivered(furthest);
  }

  /** Takes what was written together: one flush to the disk is enough for it. */
  async #receive(written: readonly Written[]): Promise<void> {
    if (written.length === 0) return;
    this.#requireText();
    await this.#chat?.receive(written);
  }

  async #handle(message: Exclude<Message, Written>): Promise<void> {
    switch (message.type) {
      case 'hello':
        throw new QTChatError('ERR_PROTOCOL', 'the peer said hello twice');
      case 'ping':
        return this.#channel.send({ type: 'pong' });
      case 'pong':
      case 'delivered':
        return;
      case 'bye':
        this.#goodbye ??= message.reason;
        // Who says goodbye and stays would otherwise keep the session, and us, for ever.
        return this.#end();
      case 'read':
        return this.#chat?.handleRead(message);
      case 'typing':
        this.#requireText();
        return this.#handleTyping();
      case 'revocation-list':
        return this.#takeList(message.list);
      case 'file-offer':
        return this.#files?.handleOffer(message);
      case 'file-accept':
        return this.#files?.handleAccept(message);
      case 'file-decline':
        return this.#files?.handleDecline(message);
      case 'file-ready':
        return this.#files?.handleReady(message);
      case 'file-received':
        return this.#files?.handleReceived(message);
      case 'file-failed':
        return this.#files?.handleFailed(message);
    }
  }

  #requireText(): void {
    if (this.#options.self.capabilities.includes('text')) return;
    throw new QTChatError('ERR_PROTOCOL', 'the peer sent a text where none is taken');
  }

  #handleTyping(): void {
    const now = this.#options.clock().getTime();
    const since = now - (this.#typedAt ?? Number.NEGATIVE_INFINITY);
    if (since >= 0 && since < typingIntervalMs) return;
    this.#typedAt = now;
    this.#options.emit({ type: 'typing' });
  }

  #onFileEvent(event: FileEvent): void {
    this.#options.emit(event);
    // A transfer is off the list only after its last event.
    if (this.#isRetiring && event.type !== 'fileProgress') setImmediate(() => this.retire());
  }

  #keepAlive(): void {
    const { pingIntervalMs, silenceTimeoutMs } = this.#timing;
    const ping = (): void => {
      this.#channel.send({ type: 'ping' });
      this.#after(pingIntervalMs, ping);
    };
    const watch = (): void => {
      const leftMs = this.#heardAt + silenceTimeoutMs - this.#timers.now();
      if (leftMs > 0) {
        this.#after(leftMs, watch);
        return;
      }
      const seconds = Math.round(silenceTimeoutMs / 1000);
      this.#channel.destroy(new QTChatError('ERR_PEER_UNREACHABLE', `nothing was heard for ${seconds} seconds`));
    };
    this.#after(pingIntervalMs, ping);
    this.#after(silenceTimeoutMs, watch);
    const { notAfter } = this.connection.peer;
    const stopExpiry = callAt(notAfter, this.#options.clock, () => {
      this.#channel.destroy(new QTChatError('ERR_PEER_REFUSED', 'the certificate of the peer expired'));
    });
    this.#waiting.add(stopExpiry);
  }

  #end(): void {
    this.#channel.end();
    this.#after(this.#timing.closeTimeoutMs, () => this.#channel.destroy());
  }

  #after(delayMs: number, action: () => void): void {
    const callOff = this.#timers.after(delayMs, () => {
      this.#waiting.delete(callOff);
      action();
    });
    this.#waiting.add(callOff);
  }
}

const byeTexts: Readonly<Record<ByeReason | 'broken', string>> = {
  done: 'left',
  duplicate: 'goes on over another connection',
  'key-changed': 'does not accept our key, because it knows us by another one',
  broken: 'closed the connection',
};

function unanswered(what: string, cause?: unknown): QTChatError {
  return new QTChatError('ERR_PEER_REFUSED', `the peer ${what}`, {
    hint: 'Its screen may say why: our certificate may be expired or revoked, or it knows us by another key',
    cause,
  });
}

function isWritten(message: Message): message is Written {
  return ['text', 'edit', 'delete', 'reaction'].includes(message.type);
}

function isFinal(error: unknown): boolean {
  return error instanceof QTChatError && error.code !== 'ERR_PEER_UNREACHABLE';
}
