/**
 * The one door to everything between members: it listens, keeps dialling the one we look for, lets
 * verified members in, and routes texts and files to their sessions. Intents go in by methods,
 * everything that happens comes out as typed events; faces only render.
 */
import { randomUUID, type X509Certificate } from 'node:crypto';
import { networkInterfaces } from 'node:os';
import { resolve } from 'node:path';
import type { Duplex } from 'node:stream';
import { type ChatEvent, checkText } from '../chat/chat-session.js';
import { keepIdentity } from '../enroll/keep-identity.js';
import { isQTChatError, messageOf, QTChatError, quote } from '../errors.js';
import type { FileEvent, OfferDecision } from '../files/file-events.js';
import { sourceFileSize } from '../files/source-file.js';
import { ContactBook, type PeerAddress } from '../store/contacts.js';
import { type ConversationDatabase, openConversationStore } from '../store/conversation-store.js';
import { keepNewerCrl, RevocationKnowledge, readKnownCrl } from '../store/crl.js';
import { DownloadFolder } from '../store/downloads.js';
import { openHomeKey, type RecordCipher } from '../store/home-key.js';
import type { Identity } from '../store/identities.js';
import { MessageStore, storeEpoch } from '../store/messages.js';
import { tcpDialler } from '../transport/dial.js';
import { fileToken } from '../transport/exporter.js';
import { FileDoor, openFileConnection } from '../transport/file-door.js';
import { checkPostQuantum } from '../transport/key-agreement.js';
import { listenForPeers, type PeerListener } from '../transport/listen.js';
import type { PeerConnection } from '../transport/peer-connection.js';
import { fileProtocol } from '../transport/tls-options.js';
import { acquaint } from './acquaint.js';
import { TargetDialler } from './dialler.js';
import { fittingSuccessions } from './follows-from.js';
import type { ConversationOptions } from './options.js';
import { checkOwnCertificate } from './own-certificate.js';
import { PeerLink } from './peer-link.js';
import { type ListExchange, PeerSession, type SelfDescription } from './peer-session.js';
import { Recipient } from './recipient.js';
import { RefusalLimit } from './refusal-limit.js';
import { resolveWho, type Target } from './resolve-who.js';
import { RevocationWatch } from './revocation-watch.js';
import { systemTimers } from './timers.js';

const maximumSessions = 128;
// A chat, some one-shot commands, and what is left of a connection that broke.
const maximumSessionsPerMember = 16;

/** A running conversation. Made by {@link openConversation}. */
export class Conversation {
  readonly #options: ConversationOptions;
  readonly #database: ConversationDatabase;
  readonly #cipher: RecordCipher;
  readonly #contacts: ContactBook;
  readonly #door = new FileDoor();
  readonly #downloads: DownloadFolder;
  readonly #refusals: RefusalLimit;
  readonly #controller = new AbortController();
  readonly #links = new Map<string, PeerLink>();
  readonly #sessions = new Map<PeerSession, Promise<string>>();
  readonly #running = new Set<Promise<void>>();
  readonly #target: Target;
  #self: SelfDescription;
  /** Its certificate may be renewed, its key stays. */
  #identity: Identity;
  readonly #revocation: RevocationKnowledge;
  readonly #watch: RevocationWatch;
  readonly #recipient: Recipient;
  #listener: PeerListener | undefined;
  #dialler: TargetDialler | undefined;
  #closing: Promise<void> | undefined;
  readonly #onAbort = (): void => void this.close();

  constructor(
    options: ConversationOptions,
    parts: { database: ConversationDatabase; cipher: RecordCipher; epoch: string; target: Target },
  ) {
    this.#options = options;
    this.#database = parts.database;
    this.#cipher = parts.cipher;
    this.#target = parts.target;
    this.#contacts = new ContactBook(parts.database, options.clock);
    this.#downloads = new DownloadFolder(options.downloads);
    this.#refusals = new RefusalLimit(options.clock);
    this.#recipient = new Recipient(parts.target, this.#contacts, (member) =>
      options.onEvent({ type: 'target', member }),
    );
    this.#identity = options.identity;
    const { home, identity, clock, requireFreshCrl: requireFresh = false } = options;
    this.#revocation = new RevocationKnowledge(home, identity, { requireFresh });
    this.#watch = new RevocationWatch({
      knowledge: this.#revocation,
      clock,
      onState: (state) => options.onEvent({ type: 'revocation', ...state }),
      onChange: (faultOf) => this.#endRefused(faultOf),
    });
    this.#self = {
      session: options.random(16).toString('hex'),
      epoch: parts.epoch,
      capabilities: options.capabilities,
      keyOrigin: options.identity.keyOrigin,
      ...(identity.successions !== undefined && { successions: fittingSuccessions(identity.successions) }),
      port: 0,
    };
  }

  /** The member that texts without a name go to: the one dialled, once known. */
  get targetMember(): string | undefined {
    return this.#recipient.member;
  }

  /** The port where this conversation listens; undefined when it does not. */
  get listeningPort(): number | undefined {
    return this.#listener?.address.port;
  }

  /** Starts listening and dialling; see {@link openConversation} for what it throws. */
  async start(): Promise<void> {
    const { listen, signal, clock, onEvent } = this.#options;
    const revocation = this.#revocation;
    await this.#watch.start();
    if (listen !== undefined) {
      this.#listener = await listenForPeers({
        identity: this.#identity,
        revocation,
        ...listen,
        requirePostQuantum: this.#requirePostQuantum,
        clock,
        onPeer: (connection) => this.#admit(connection),
        onRefused: (error, host) => this.#refuse(error, host),
      });
      const { address } = this.#listener;
      this.#self = { ...this.#self, port: address.port };
      onEvent({ type: 'listening', address, wantedPort: listen.ports[0] ?? 0 });
    }
    signal.addEventListener('abort', this.#onAbort, { once: true });
    if (signal.aborted) this.#onAbort();
    this.#keep();
    const currentIdentity = (): Identity => this.#identity;
    this.#dialler = new TargetDialler({
      target: this.#target,
      contacts: this.#contacts,
      get identity() {
        return currentIdentity();
      },
      revocation,
      requirePostQuantum: this.#requirePostQuantum,
      clock,
      timers: this.#options.timers ?? systemTimers,
      dialler: this.#options.dialler ?? tcpDialler,
      random: this.#options.random,
      signal: this.#controller.signal,
      giveUpWhenRefused: this.#options.giveUpWhenRefused ?? false,
      ...(this.#options.confirmPeer === undefined ? {} : { confirmPeer: this.#options.confirmPeer }),
      isConnected: () => this.#isTargetHere(),
      adopt: (connection) => this.#adopt(connection),
      onOwnAddress: () => this.#recipient.noteOwnAddress([...this.#links].find(([, link]) => link.isHere)?.[0]),
      onWaiting: (reason) => onEvent({ type: 'waiting', who: this.#target.who, reason }),
      onStopped: (error) => onEvent({ type: 'stopped', error }),
    });
    if (this.#target.member !== undefined) this.#recipient.settle(this.#target.member);
    if (this.#target.addresses.length > 0) this.#track(this.#dialler.run());
  }

  /**
   * Puts a text into the outbox of a member; it goes out as soon as the member is here.
   *
   * @returns its id, which the `delivered` event carries
   * @throws {QTChatError} `ERR_USAGE` when the text is empty or too long
   */
  async sendText(member: string, text: string): Promise<string> {
    checkText(text);
    const link = this.#linkOf(member);
    const id = randomUUID();
    await link.store.queue({ id, sentAt: this.#options.clock(), text });
    for (const session of link.takers('text')) await session.flush();
    return id;
  }

  /**
   * Offers a file to a member, now or when the member is here.
   *
   * @throws {QTChatError} `ERR_STORE_NOT_FOUND`, `ERR_STORE_UNREADABLE`
   */
  async sendFile(member: string, path: string): Promise<void> {
    const absolute = resolve(path);
    await sourceFileSize(absolute);
    await this.#linkOf(member).offer(absolute);
  }

  /** Takes or refuses an offered file; without an id, the first one that waits for an answer. */
  answerOffer(answer: 'accept' | 'decline', id?: string): boolean {
    for (const link of this.#links.values()) {
      if (link.answerOffer(answer, id)) return true;
    }
    return false;
  }

  /** Whether a member is here and takes what we have to say. */
  isHere(member: string): boolean {
    return this.#links.get(member)?.isHere ?? false;
  }

  /** How many texts and files for a member are not delivered yet. */
  async countPending(member: string): Promise<number> {
    return this.#linkOf(member).countPending();
  }

  /** Takes a stream that has come by another network than TCP; whoever is behind it must prove who that is. */
  accept(stream: Duplex, remote: PeerAddress): void {
    if (this.#listener === undefined) stream.destroy();
    else this.#listener.accept(stream, remote);
  }

  /** Says goodbye to everybody, stops listening and dialling, and resolves when nothing is left open. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#options.signal.removeEventListener('abort', this.#onAbort);
    this.#controller.abort(new QTChatError('ERR_CANCELLED', 'the conversation ended'));
    this.#watch.stop();
    for (const session of this.#sessions.keys()) session.close('done');
    await Promise.allSettled(this.#sessions.values());
    await this.#listener?.close();
    await Promise.allSettled(this.#running);
    await this.#database.destroy();
  }

  /** Renews our certificate when due, and fetches revocation lists, until the end. */
  #keep(): void {
    const { home, clock, onEvent, keepIdentity: how } = this.#options;
    if (how === undefined) return;
    const notAfter = (): Date => new Date(this.#identity.chain[0]?.validTo ?? '');
    const kept = keepIdentity({
      ...how,
      home,
      identity: this.#identity,
      clock,
      signal: this.#controller.signal,
      onRenewed: (identity) => {
        this.#identity = identity;
        this.#listener?.showCertificate(identity);
        onEvent({ type: 'renewed', notAfter: notAfter() });
      },
      onCrl: () => this.#watch.look(),
      onTrouble: (error) => onEvent({ type: 'renewalFailed', notAfter: notAfter(), error }),
    });
    this.#track(kept);
  }

  /** Revocation lists go from member to member: the Auto CA may be away. */
  #lists(): ListExchange {
    const { home, identity } = this.#options;
    return {
      number: () => this.#revocation.number,
      read: () => readKnownCrl(home, identity),
      take: async (der) => {
        if (await keepNewerCrl(home, identity, der)) await this.#watch.look();
      },
    };
  }

  /** Ends the sessions of those who must not be trusted any more. */
  #endRefused(faultOf: (certificate: X509Certificate) => string | undefined): void {
    for (const session of this.#sessions.keys()) {
      const certificate = session.connection.socket.getPeerX509Certificate();
      const fault = certificate && faultOf(certificate);
      if (fault !== undefined) session.refuse(new QTChatError('ERR_PEER_REFUSED', `the peer was refused: ${fault}`));
    }
  }

  #admit(connection: PeerConnection): void {
    const { peer, remote, socket } = connection;
    if (this.#controller.signal.aborted) {
      socket.destroy();
    } else if (connection.protocol === fileProtocol) {
      this.#track(this.#door.admit(connection).catch((error: unknown) => this.#refuseOurs(error, remote.host)));
    } else if (!this.#hasRoomFor(peer.member)) {
      socket.destroy();
      this.#refuse(new QTChatError('ERR_PEER_REFUSED', `${quote(peer.member)} has too many sessions`), remote.host);
    } else {
      const session = this.#createSession(connection);
      this.#track(
        this.#run(session).catch((error: unknown) => {
          if (session.hello === undefined || !isQTChatError(error)) this.#refuseOurs(error, remote.host);
        }),
      );
    }
  }

  /** Tells of a refusal; anything else is none. */
  #refuseOurs(error: unknown, host: string): void {
    if (!isQTChatError(error)) throw error;
    this.#refuse(error, host);
  }

  #hasRoomFor(member: string): boolean {
    const sessions = [...this.#sessions.keys()];
    const own = sessions.filter(({ connection }) => connection.peer.member === member);
    return sessions.length < maximumSessions && own.length < maximumSessionsPerMember;
  }

  /** Takes a dialled connection over; resolves when the session is up, rejects when it never was. */
  #adopt(connection: PeerConnection): Promise<void> {
    return new Promise((onReady, reject) => {
      const session = this.#createSession(connection, onReady);
      // Where it ended before anybody could say whether it was up, it was not.
      this.#track(this.#run(session).then(onReady, reject));
    });
  }

  #createSession(connection: PeerConnection, onReady?: () => void): PeerSession {
    const { member } = connection.peer;
    const link = this.#linkOf(member);
    return new PeerSession({
      connection,
      self: this.#self,
      store: link.store,
      clock: this.#options.clock,
      random: this.#options.random,
      files: {
        folder: this.#downloads,
        decide: ({ sizeBytes }) => this.#decide(member, sizeBytes),
        connect: (id, signal) => this.#connectFile(connection, id, signal),
      },
      onHello: async (session) => {
        await this.#welcome(link, session);
        onReady?.();
      },
      emit: (event) => {
        this.#options.onEvent({ member, ...event });
        if (isOver(event)) this.#track(link.offerWaiting());
      },
      lists: this.#lists(),
      timers: this.#options.timers ?? systemTimers,
      ...(this.#options.timing === undefined ? {} : { timing: this.#options.timing }),
    });
  }

  async #run(session: PeerSession): Promise<void> {
    const { peer, remote } = session.connection;
    const { member } = peer;
    const link = this.#linkOf(member);
    let reason = '';
    let failure: QTChatError | undefined;
    try {
      const ended = session.run();
      this.#sessions.set(session, ended);
      reason = await ended;
    } catch (error) {
      if (session.hello === undefined || !isQTChatError(error)) throw error;
      if (error.code === 'ERR_PEER_NOT_TRUSTED') throw error;
      failure = error;
      reason = error.message;
    } finally {
      this.#sessions.delete(session);
      link.offerAgain(session.unansweredFiles);
      if (link.remove(session)) this.#options.onEvent({ type: 'disconnected', member, reason });
      // Whoever was not shown as here cannot be shown as gone.
      else if (failure?.code === 'ERR_PROTOCOL') this.#refuse(failure, remote.host);
      this.#dialler?.notify();
    }
    await link.offerWaiting();
  }

  async #welcome(link: PeerLink, session: PeerSession): Promise<void> {
    const { connection, hello } = session;
    const { peer, remote } = connection;
    if (hello === undefined) return;
    try {
      await acquaint(this.#contacts, connection, hello);
    } catch (error) {
      // Where we dialled, the dialler hears of it and stops; an impostor who calls must not stop us.
      if (!connection.dialled && isQTChatError(error, 'ERR_PEER_NOT_TRUSTED')) this.#refuse(error, remote.host);
      throw error;
    }
    if (session.takes('text')) await this.#recipient.consider(connection, hello.port);
    if (link.add(session)) {
      const { security, keyAgreement } = connection;
      const { circleId, member, spkiSha256 } = peer;
      const description = { member, circleId, spkiSha256, address: remote, keyOrigin: hello.keyOrigin };
      this.#options.onEvent({ type: 'connected', peer: { ...description, security, keyAgreement } });
    }
    this.#dialler?.notify();
    await link.offerWaiting();
  }

  #decide(member: string, sizeBytes: number): OfferDecision {
    if (!this.#options.capabilities.includes('files')) return 'unsupported';
    return this.#options.decideOffer({ member, sizeBytes });
  }

  #connectFile(connection: PeerConnection, id: string, signal: AbortSignal) {
    const token = fileToken(connection.socket, id);
    if (!connection.dialled) return this.#door.expect(id, token, connection.peer.spkiSha256, signal);
    const trust = { identity: this.#identity, revocation: this.#revocation, clock: this.#options.clock };
    const { dialler = tcpDialler } = this.#options;
    const how = { ...trust, requirePostQuantum: this.#requirePostQuantum, dialler, signal };
    return openFileConnection(connection, connection.remote, { id, token }, how);
  }

  get #requirePostQuantum(): boolean {
    return this.#options.requirePostQuantum ?? false;
  }

  #isTargetHere(): boolean {
    const { member } = this.#recipient;
    return member !== undefined && this.isHere(member);
  }

  #linkOf(member: string): PeerLink {
    let link = this.#links.get(member);
    if (link === undefined) {
      const { identity } = this.#options;
      const key = { circleId: identity.circleId, self: identity.member, peer: member };
      link = new PeerLink(new MessageStore(this.#database, this.#cipher, key), identity);
      this.#links.set(member, link);
    }
    return link;
  }

  #refuse(error: QTChatError, host: string | undefined): void {
    // Our own call to our own address; from elsewhere it is a copy of our key, which people should know of.
    if (isQTChatError(error, 'ERR_PEER_IS_OURSELVES') && isOwnHost(host)) return;
    const count = this.#refusals.count(host, error.message);
    if (count !== undefined) this.#options.onEvent({ type: 'refused', host, error, count });
  }

  #stop(error: QTChatError): void {
    this.#controller.abort(error);
    this.#options.onEvent({ type: 'stopped', error });
  }

  #track(work: Promise<void>): void {
    const tracked = work
      .catch((error: unknown) => {
        const known = error instanceof QTChatError ? error : undefined;
        if (known === undefined) this.#stop(unforeseen(error));
      })
      .finally(() => this.#running.delete(tracked));
    this.#running.add(tracked);
  }
}

/**
 * Opens the conversations of a home and starts listening and dialling.
 *
 * @throws {QTChatError} `ERR_PEER_REFUSED` when our own certificate may not be used (any more),
 *   `ERR_USAGE` for an impossible WHO or key agreement, `ERR_PORT_IN_USE`, `ERR_ADDRESS_UNAVAILABLE`, `ERR_STORE_…`
 */
export async function openConversation(options: ConversationOptions): Promise<Conversation> {
  checkOwnCertificate(options.identity, options.clock());
  if (options.requirePostQuantum) checkPostQuantum();
  const database = await openConversationStore(options.home);
  try {
    const cipher = await openHomeKey(options.home, options);
    const epoch = await storeEpoch(database, options.random);
    const contacts = new ContactBook(database, options.clock);
    const { who = '', identity } = options;
    const target = who === '' ? { who, addresses: [] } : await resolveWho(who, identity, contacts);
    const conversation = new Conversation(options, { database, cipher, epoch, target });
    await conversation.start();
    return conversation;
  } catch (error) {
    await database.destroy();
    throw error;
  }
}

// A file that is off the list leaves room for one that waits.
function isOver(event: ChatEvent | FileEvent): boolean {
  return event.type === 'fileDone' || event.type === 'fileDeclined' || event.type === 'fileFailed';
}

function isOwnHost(host: string | undefined): boolean {
  return Object.values(networkInterfaces()).some((entries) => entries?.some(({ address }) => address === host));
}

function unforeseen(error: unknown): QTChatError {
  const text = messageOf(error);
  return new QTChatError('ERR_INTERNAL', `something unforeseen went wrong: ${text}`, { cause: error });
}
