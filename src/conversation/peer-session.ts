/**
 * One control session with one member: hello, then messages to the parts they concern, until either
 * side ends it. It keeps the peer alive by pings and ends when the peer is silent or its certificate
 * expires. Which of two sessions stays, and whom to trust, is decided above.
 */
import { type ChatEvent, ChatSession } from '../chat/chat-session.js';
import { isQTChatError, QTChatError, quote } from '../errors.js';
import type { FileEvent } from '../files/file-events.js';
import { FileSession, type FileSessionOptions } from '../files/file-session.js';
import type { ByeReason, CallMessage, Hello, Message } from '../protocol/messages.js';
import type { MessageStore, ReadMark } from '../store/messages.js';
import { ControlChannel } from '../transport/control-channel.js';
import type { PeerConnection } from '../transport/peer-connection.js';
import { callAt } from './call-at.js';
import { Dispatch, isWritten } from './dispatch.js';
import { Gathering } from './gathering.js';
import { KeepAlive } from './keep-alive.js';
import { type KnownLists, ListExchange } from './list-exchange.js';
import type { SessionQuota } from './member-quota.js';
import { type Capability, helloCursors, ownHello, type SelfDescription } from './own-hello.js';
import { defaultTiming, type SessionTiming } from './session-timing.js';
import { systemTimers, TimerGroup, type Timers } from './timers.js';

/** What a session needs. */
export interface PeerSessionOptions {
  readonly connection: PeerConnection;
  readonly self: SelfDescription;
  readonly store: MessageStore;
  readonly files: Pick<
    FileSessionOptions,
    'peer' | 'connect' | 'decide' | 'decideConnections' | 'folder' | 'begins' | 'again' | 'over'
  >;
  /** What the peer may still leave with us. */
  readonly quota: SessionQuota;
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
  /** Told what the peer says about calls; absent where none are taken. */
  readonly onCall?: (session: PeerSession, message: CallMessage) => void;
  /** Without it lists are neither passed on nor taken. */
  readonly lists?: KnownLists;
  readonly timing?: Partial<SessionTiming>;
  readonly timers?: Timers;
}

/** One control session. */
export class PeerSession {
  readonly connection: PeerConnection;
  readonly #options: PeerSessionOptions;
  readonly #timing: SessionTiming;
  readonly #channel: ControlChannel;
  readonly #timers: TimerGroup;
  readonly #alive: KeepAlive;
  readonly #lists: ListExchange | undefined;
  #hello: Hello | undefined;
  #chat: ChatSession | undefined;
  #files: FileSession | undefined;
  #dispatch: Dispatch | undefined;
  #goodbye: ByeReason | undefined;
  /** Why we do not go on with this peer; set while it is told. */
  #refusal: unknown;
  #isRetiring = false;
  /** What our hello says that we have. */
  #cursors: Hello['cursors'] = [];

  constructor(options: PeerSessionOptions) {
    this.#options = options;
    this.connection = options.connection;
    this.#timing = { ...defaultTiming, ...options.timing };
    this.#timers = new TimerGroup(options.timers ?? systemTimers);
    this.#channel = new ControlChannel(options.connection, () => this.#alive.noteHeard());
    const { pingIntervalMs, silenceTimeoutMs } = this.#timing;
    this.#alive = new KeepAlive({
      pingIntervalMs,
      silenceTimeoutMs,
      timers: this.#timers,
      ping: () => this.#channel.send({ type: 'ping' }),
      onDead: (error) => this.#channel.destroy(error),
    });
    const { lists } = options;
    const send = (message: Message): void => this.#channel.send(message);
    this.#lists = lists && new ListExchange(lists, send, () => this.#timers.now());
  }

  /** The peer's hello; undefined until it has arrived. */
  get hello(): Hello | undefined {
    return this.#hello;
  }

  /** Whether the session is up and takes new work. */
  get isReady(): boolean {
    return this.#chat !== undefined && this.isOpenForWork;
  }

  /** Whether the peer has ended the session because we have sent it too much. */
  get isOverQuota(): boolean {
    return this.#refusal === undefined && this.#goodbye === 'quota';
  }

  /** How long the peer takes to answer, in milliseconds; undefined until that is known. */
  get roundTripMs(): number | undefined {
    return this.#alive.roundTripMs;
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
   * @throws {QTChatError} `ERR_PEER_REFUSED` when it ended before the peer's hello, `ERR_PEER_QUOTA`, `ERR_PROTOCOL` when
   *   the peer broke the rules, `ERR_PEER_UNREACHABLE` when the connection broke, and what `onHello` throws
   */
  async run(): Promise<string> {
    try {
      this.#timers.after(this.#timing.helloTimeoutMs, () => {
        if (this.#hello === undefined) this.#channel.destroy(unanswered('said no hello in time'));
      });
      await this.#sayHello();
      const gathering = new Gathering(this.#timers);
      for await (const messages of this.#channel.batches()) {
        await this.#take(messages);
        await gathering.rest(messages.filter(isWritten).length);
      }
      if (this.#hello === undefined) throw unanswered('closed the connection before its hello');
      if (this.#refusal !== undefined) throw this.#refusal;
      return byeTexts[this.#goodbye ?? 'broken'];
    } catch (error) {
      if (this.#hello === undefined && !isFinal(error))
        throw unanswered('closed the connection before its hello', error);
      throw error;
    } finally {
      this.#timers.callOff();
      this.#channel.destroy();
      await this.#files?.close();
      this.#options.quota.close();
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

  /** Says something about a call. */
  sendCall(message: CallMessage): void {
    this.#channel.send(message);
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
    if (this.isReady) await this.#lists?.pass();
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
    const { self, store, lists } = this.#options;
    const crl = lists?.number();
    this.#cursors = await store.receivedCursors(helloCursors);
    this.#channel.send(ownHello(self, this.#cursors, crl));
  }

  async #begin(message: Message): Promise<void> {
    if (message.type === 'bye') throw unanswered(byeTexts[message.reason]);
    if (message.type !== 'hello') throw new QTChatError('ERR_PROTOCOL', 'the peer did not begin with hello');
    this.#hello = message;
    const { clock, self } = this.#options;
    const chat = this.#createParts(message);
    this.#alive.start();
    const onExpiry = (): void =>
      this.refuse(new QTChatError('ERR_PEER_REFUSED', 'the certificate of the peer expired'));
    this.#timers.add(callAt(this.connection.peer.notAfter, clock, onExpiry));
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
    // Where another session has taken over, the peer may still say here what it has seen.
    await (this.isReady ? chat.start(cursor) : chat.noteCursor(cursor));
    if (this.isReady) await this.#lists?.begin(message.crl);
  }

  /** Creates what a session with that peer consists of. */
  #createParts({ epoch: peerEpoch }: Hello): ChatSession {
    const { store, files: fileOptions, quota, clock, random, emit, self, connection, onCall } = this.#options;
    const send = (...messages: readonly Message[]): void => this.#channel.send(...messages);
    const receivedUpTo = this.#cursors.find(({ epoch }) => epoch === peerEpoch)?.sequence ?? 0;
    const chat = new ChatSession({ store, peerEpoch, receivedUpTo, peerTakesText: this.takes('text'), send, emit });
    const files = new FileSession({
      ...fileOptions,
      admit: (id, wanted) => quota.admit(id, wanted),
      dialled: connection.dialled,
      peerWidens: this.takes('file-connections'),
      timers: this.#timers,
      receiverTimeoutMs: this.#timing.fileReceiverTimeoutMs,
      progressIntervalMs: this.#timing.fileProgressIntervalMs,
      random,
      send,
      emit: (event) => this.#onFileEvent(event),
    });
    this.#files = files;
    this.#dispatch = new Dispatch({
      chat,
      files,
      lists: this.#lists,
      takesText: self.capabilities.includes('text'),
      onCall: onCall && ((message) => onCall(this, message)),
      quota,
      clock,
      send,
      onFull: () => {
        const { member } = connection.peer;
        this.#refusal = new QTChatError('ERR_PEER_QUOTA', `${quote(member)} has sent as much as one may in a day`);
        this.close('quota');
      },
      onTyping: () => emit({ type: 'typing' }),
      onPong: () => this.#alive.notePong(),
      onBye: (reason) => {
        this.#goodbye ??= reason;
        // Who says goodbye and stays would otherwise keep the session, and us, for ever.
        this.#end();
      },
    });
    return chat;
  }

  async #take([...messages]: Message[]): Promise<void> {
    if (this.#hello === undefined) {
      const [first] = messages.splice(0, 1);
      if (first !== undefined) await this.#begin(first);
    }
    if (messages.length === 0 || this.#refusal !== undefined) return;
    await this.#options.checkPeer();
    await this.#dispatch?.take(messages);
  }

  #onFileEvent(event: FileEvent): void {
    this.#options.quota.note(event);
    this.#options.emit(event);
    // A transfer is off the list only after its last event.
    if (this.#isRetiring && event.type !== 'fileProgress') setImmediate(() => this.retire());
  }

  #end(): void {
    this.#channel.end();
    this.#timers.after(this.#timing.closeTimeoutMs, () => this.#channel.destroy());
  }
}

const byeTexts: Readonly<Record<ByeReason | 'broken', string>> = {
  done: 'left',
  duplicate: 'goes on over another connection',
  'key-changed': 'does not accept our key, because it knows us by another one',
  quota: 'takes no more messages from us today',
  broken: 'closed the connection',
};

function unanswered(what: string, cause?: unknown): QTChatError {
  return new QTChatError('ERR_PEER_REFUSED', `the peer ${what}`, {
    hint: 'Its screen may say why: our certificate may be expired or revoked, or it knows us by another key',
    cause,
  });
}

function isFinal(error: unknown): boolean {
  return error instanceof QTChatError && error.code !== 'ERR_PEER_UNREACHABLE';
}
