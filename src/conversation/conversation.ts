/**
 * The one door to everything between members: it listens, keeps dialling the one we look for, lets
 * verified members in, and routes texts and files to their sessions. Intents go in by methods,
 * everything that happens comes out as typed events; faces only render.
 */
import { randomUUID, type X509Certificate } from 'node:crypto';
import { networkInterfaces } from 'node:os';
import { basename, resolve } from 'node:path';
import type { Duplex } from 'node:stream';
import type { ChatEvent } from '../chat/chat-session.js';
import { keepIdentity } from '../enroll/keep-identity.js';
import { isQTChatError, messageOf, QTChatError, quote } from '../errors.js';
import type { FileEvent, OfferDecision } from '../files/file-events.js';
import { checkSource } from '../files/source-file.js';
import { ContactBook, type PeerAddress } from '../store/contacts.js';
import { type ConversationDatabase, openConversationStore } from '../store/conversation-store.js';
import { keepNewerCrl, RevocationKnowledge, readKnownCrl } from '../store/crl.js';
import { storeEpoch } from '../store/cursors.js';
import { DownloadFolder } from '../store/downloads.js';
import { openHomeKey, type RecordCipher } from '../store/home-key.js';
import type { Identity } from '../store/identities.js';
import { MessageStore } from '../store/messages.js';
import { OutgoingFiles } from '../store/outgoing-files.js';
import type { ConversationKey } from '../store/record-place.js';
import { tcpDialler } from '../transport/dial.js';
import { fileToken } from '../transport/exporter.js';
import { FileDoor, openFileConnection } from '../transport/file-door.js';
import { checkPostQuantum } from '../transport/key-agreement.js';
import { listenForPeers, type PeerListener } from '../transport/listen.js';
import type { PeerConnection } from '../transport/peer-connection.js';
import { fileProtocol } from '../transport/tls-options.js';
import { acquaint } from './acquaint.js';
import { announce } from './announce.js';
import { fittingSuccessions } from './follows-from.js';
import type { KnownLists } from './list-exchange.js';
import { defaultQuota, MemberQuota, SessionQuota } from './member-quota.js';
import { MessageIntents } from './message-intents.js';
import type { ConversationOptions } from './options.js';
import { checkOwnCertificate } from './own-certificate.js';
import type { SelfDescription } from './own-hello.js';
import { PeerLink } from './peer-link.js';
import { PeerSession } from './peer-session.js';
import { RefusalLimit } from './refusal-limit.js';
import { resolveMembers, resolveWho, type Target } from './resolve-who.js';
import { RevocationWatch } from './revocation-watch.js';
import { seekMember } from './seek-member.js';
import { checkStanding, refuseBlocked } from './standing.js';
import { TargetPeers } from './target-peers.js';
import { systemTimers } from './timers.js';

const maximumSessions = 128;
// A chat, some one-shot commands, and what is left of a connection that broke.
const maximumSessionsPerMember = 16;

/** A running conversation. Made by {@link openConversation}. */
export class Conversation {
  /** What can be done with messages. */
  readonly messages: MessageIntents;
  readonly #options: ConversationOptions;
  readonly #database: ConversationDatabase;
  readonly #cipher: RecordCipher;
  readonly #contacts: ContactBook;
  readonly #door = new FileDoor();
  readonly #downloads: DownloadFolder;
  readonly #outgoing: OutgoingFiles;
  readonly #refusals: RefusalLimit;
  readonly #controller = new AbortController();
  readonly #links = new Map<string, PeerLink>();
  readonly #sessions = new Map<PeerSession, Promise<string>>();
  readonly #quotas = new Map<string, MemberQuota>();
  readonly #running = new Set<Promise<void>>();
  /** Undefined where everybody is let in. */
  readonly #expected: ReadonlySet<string> | undefined;
  #self: SelfDescription;
  /** Its certificate may be renewed, its key stays. */
  #identity: Identity;
  readonly #revocation: RevocationKnowledge;
  readonly #watch: RevocationWatch;
  readonly #targets: TargetPeers;
  #listener: PeerListener | undefined;
  #closing: Promise<void> | undefined;
  readonly #onAbort = (): void => void this.close();

  constructor(
    options: ConversationOptions,
    parts: {
      database: ConversationDatabase;
      cipher: RecordCipher;
      epoch: string;
      targets: readonly Target[];
      expected?: ReadonlySet<string>;
    },
  ) {
    this.#options = options;
    this.#database = parts.database;
    this.#cipher = parts.cipher;
    this.#expected = parts.expected;
    this.#contacts = new ContactBook(parts.database, options.clock);
    this.#downloads = new DownloadFolder(options.downloads);
    const { circleId, member: self } = options.identity;
    this.#outgoing = new OutgoingFiles(parts.database, parts.cipher, { circleId, self });
    this.#refusals = new RefusalLimit(options.clock);
    this.messages = new MessageIntents({
      clock: options.clock,
      linkOf: (member) => this.#linkOf(member),
      historyOf: (member) => ({ database: this.#database, cipher: this.#cipher, key: this.#keyOf(member) }),
      checkMember: (member) => this.#checkMember(member),
    });
    this.#identity = options.identity;
    const { home, identity, clock, requireFreshCrl: requireFresh = false } = options;
    this.#revocation = new RevocationKnowledge(home, identity, { requireFresh });
    this.#targets = this.#lookFor(parts.targets);
    this.#watch = new RevocationWatch({
      knowledge: this.#revocation,
      clock,
      onState: (state) => options.onEvent({ type: 'revocation', ...state }),
      onChange: (faultOf) => this.#onNewList(faultOf),
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
    return this.#targets.first;
  }

  /** As whom we speak. */
  get self(): string {
    return this.#options.identity.member;
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
    await this.#takeOverFiles();
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
    for (const dialling of this.#targets.start()) this.#track(dialling);
    this.#announce();
  }

  #lookFor(targets: readonly Target[]): TargetPeers {
    const { clock, random, confirmPeer, onEvent, ...options } = this.#options;
    return new TargetPeers(targets, {
      contacts: this.#contacts,
      identity: () => this.#identity,
      revocation: this.#revocation,
      requirePostQuantum: this.#requirePostQuantum,
      clock,
      timers: options.timers ?? systemTimers,
      dialler: options.dialler ?? tcpDialler,
      random,
      signal: this.#controller.signal,
      giveUpWhenRefused: options.giveUpWhenRefused ?? false,
      ...(confirmPeer !== undefined && { confirmPeer }),
      seek: (member, signal) => this.#seek(member, signal),
      isHere: (member) => this.isHere(member),
      whoIsHere: () => [...this.#links].find(([, link]) => link.isHere)?.[0],
      adopt: (connection) => this.#adopt(connection),
      onFirst: (member) => onEvent({ type: 'target', member }),
      onWaiting: (who, reason) => onEvent({ type: 'waiting', who, reason }),
      onStopped: (error) => onEvent({ type: 'stopped', error }),
    });
  }

  /** {@link MessageIntents.send} without an answered message. */
  async sendText(member: string, text: string): Promise<string> {
    return this.messages.send(member, text);
  }

  /**
   * Offers a file to a member, now or when the member is here; where this process takes files too, it stays to
   * the end, and what it has not sent then goes with the next one.
   *
   * @throws {QTChatError} `ERR_STORE_NOT_FOUND`, `ERR_STORE_UNREADABLE`, `ERR_PEER_BLOCKED`
   */
  async sendFile(member: string, path: string): Promise<void> {
    await this.#checkMember(member);
    const absolute = resolve(path);
    await checkSource(absolute);
    const recordId = this.#keepsFiles ? randomUUID() : undefined;
    if (recordId !== undefined) await this.#outgoing.add({ id: recordId, member, path: absolute });
    await this.#linkOf(member).offer({ path: absolute, vainAttempts: 0, ...(recordId !== undefined && { recordId }) });
  }

  /** Takes or refuses an offered file; without an id, the first one that waits for an answer. */
  answerOffer(answer: 'accept' | 'decline', id?: string): boolean {
    for (const link of this.#links.values()) {
      if (link.answerOffer(answer, id)) return true;
    }
    return false;
  }

  /**
   * The member that WHO means.
   *
   * @throws {QTChatError} `ERR_CONTACT_NOT_FOUND`
   */
  async memberNamed(who: string): Promise<string> {
    const contact = await this.#contacts.named(this.#options.identity.circleId, who);
    if (contact !== undefined) return contact.member;
    throw new QTChatError('ERR_CONTACT_NOT_FOUND', `${quote(who)} is no contact of yours`, {
      hint: 'Members become contacts when you meet',
    });
  }

  /**
   * Ends files of a member in either direction, for good.
   *
   * @param name - of the files; all files when left out
   * @returns how many there were
   */
  cancelFiles(member: string, name?: string): number {
    const { count, waiting } = this.#linkOf(member).cancel(name);
    for (const { path, recordId = '' } of waiting) {
      this.#track(this.#outgoing.remove(recordId));
      const file = { id: recordId, direction: 'out', name: basename(path), sizeBytes: 0 } as const;
      const error = new QTChatError('ERR_CANCELLED', 'it was cancelled');
      this.#options.onEvent({ type: 'fileFailed', member, file, error });
    }
    return count;
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

  #seek(member: string, signal: AbortSignal): AsyncIterable<PeerAddress> {
    const { home, lan, listen } = this.#options;
    return seekMember(member, { home, identity: this.#identity, lan, host: listen?.host, signal });
  }

  /** Lets members find us by name, until the end. */
  #announce(): void {
    const { home, lan, listen, announce: isWanted, onEvent } = this.#options;
    const port = this.listeningPort;
    if (!isWanted || port === undefined) return;
    const announced = announce({
      ...{ home, lan, port, host: listen?.host },
      identity: () => this.#identity,
      signal: this.#controller.signal,
      onState: (state) => onEvent({ type: 'announced', ...state }),
    });
    this.#track(announced);
  }

  /** Revocation lists go from member to member: the Auto CA may be away. */
  #lists(): KnownLists {
    const { home, identity } = this.#options;
    return {
      number: () => this.#revocation.number,
      read: () => readKnownCrl(home, identity),
      take: async (der) => {
        const isNewer = await keepNewerCrl(home, identity, der);
        if (isNewer) await this.#watch.look();
        return isNewer;
      },
    };
  }

  /** Ends the sessions of those who must not be trusted any more; all others hear of the list that says so. */
  #onNewList(faultOf: (certificate: X509Certificate) => string | undefined): void {
    for (const session of this.#sessions.keys()) {
      const certificate = session.connection.socket.getPeerX509Certificate();
      const fault = certificate && faultOf(certificate);
      if (fault === undefined) this.#track(session.passList());
      else session.refuse(new QTChatError('ERR_PEER_REFUSED', `the peer was refused: ${fault}`));
    }
  }

  #admit(connection: PeerConnection): void {
    const run = connection.protocol === fileProtocol ? this.#door.admit(connection) : this.#receive(connection);
    this.#track(run.catch((error: unknown) => this.#refuseOurs(error, connection.remote.host)));
  }

  /** Runs a session with one who called; the blocked are not told that they are, and we are not told that they call. */
  async #receive(connection: PeerConnection): Promise<void> {
    const { socket } = connection;
    const { member } = connection.peer;
    if (this.#expected?.has(member) === false) {
      socket.destroy();
      throw new QTChatError('ERR_PEER_REFUSED', `${quote(member)} is none of those that we let in`);
    }
    try {
      await this.#checkWelcome(connection);
    } catch (error) {
      if (isQTChatError(error)) return;
      throw error;
    }
    // The last thing before a session is there, so that it is counted when the next one asks.
    if (!this.#hasRoomFor(member)) {
      socket.destroy();
      throw new QTChatError('ERR_PEER_REFUSED', `${quote(member)} has too many sessions`);
    }
    const session = this.#createSession(connection);
    try {
      await this.#run(session);
    } catch (error) {
      if (session.hello === undefined || !isQTChatError(error)) throw error;
    }
  }

  /** Tells of a refusal; anything else is none. */
  #refuseOurs(error: unknown, host: string): void {
    if (!isQTChatError(error)) throw error;
    this.#refuse(error, host);
  }

  /** Makes sure that a session may begin; else the connection is closed without a word. */
  async #checkWelcome({ peer, socket }: PeerConnection): Promise<void> {
    try {
      await this.#refuseBlocked(peer.member);
      this.#controller.signal.throwIfAborted();
    } catch (error) {
      socket.destroy();
      throw error;
    }
  }

  /** Makes sure that a member may be told something; sessions with a key of theirs that is not trusted any more end. */
  async #checkMember(member: string): Promise<void> {
    await this.#refuseBlocked(member);
    await Promise.all(this.#linkOf(member).sessions.map((session) => session.check()));
  }

  #refuseBlocked(member: string): Promise<void> {
    return refuseBlocked(this.#contacts, this.#options.identity.circleId, member);
  }

  #hasRoomFor(member: string): boolean {
    const sessions = [...this.#sessions.keys()];
    const own = sessions.filter(({ connection }) => connection.peer.member === member);
    return sessions.length < maximumSessions && own.length < maximumSessionsPerMember;
  }

  /** Takes a dialled connection over; resolves when the session is up, rejects when it never was. */
  async #adopt(connection: PeerConnection): Promise<void> {
    await this.#checkWelcome(connection);
    await new Promise<void>((onReady, reject) => {
      const session = this.#createSession(connection, onReady);
      // Where it ended before anybody could say whether it was up, it was not.
      this.#track(this.#run(session).then(onReady, reject));
    });
  }

  #createSession(connection: PeerConnection, onReady?: () => void): PeerSession {
    const { circleId, member } = connection.peer;
    const link = this.#linkOf(member);
    return new PeerSession({
      connection,
      self: this.#self,
      store: link.store,
      clock: this.#options.clock,
      random: this.#options.random,
      files: {
        peer: `${circleId}/${member}`,
        folder: this.#downloads,
        decide: ({ sizeBytes }) => this.#decide(member, sizeBytes),
        connect: (id, signal) => this.#connectFile(connection, id, signal),
        again: (file) => link.offerAgain(file),
        over: ({ recordId }) => {
          if (recordId !== undefined) this.#track(this.#outgoing.remove(recordId));
        },
      },
      onHello: async (session) => {
        await this.#welcome(link, session);
        onReady?.();
      },
      quota: new SessionQuota(this.#quotaOf(member)),
      checkPeer: () => checkStanding(this.#contacts, connection.peer),
      emit: (event) => {
        this.#tell(member, event);
        if (isOver(event)) this.#track(link.offerWaiting());
      },
      lists: this.#lists(),
      timers: this.#options.timers ?? systemTimers,
      ...(this.#options.timing === undefined ? {} : { timing: this.#options.timing }),
    });
  }

  #tell(member: string, event: ChatEvent | FileEvent): void {
    if (event.type !== 'changeRefused') {
      this.#options.onEvent({ member, ...event });
      return;
    }
    // As with strangers: whoever tries the same again and again does not fill the screen.
    const count = this.#refusals.count(member, `${event.kind} ${event.reason}`);
    if (count !== undefined) this.#options.onEvent({ member, ...event, count });
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
      if (link.remove(session)) this.#options.onEvent({ type: 'disconnected', member, reason });
      // Whoever was not shown as here cannot be shown as gone.
      else if (failure?.code === 'ERR_PROTOCOL') this.#refuse(failure, remote.host);
      if (failure?.code === 'ERR_PEER_QUOTA') this.#refuse(failure, remote.host);
      this.#targets.notify();
    }
    // To the dialler the peer was here: it would try for ever.
    if (session.isKeyRefused && this.#options.giveUpWhenRefused) this.#stop(this.#keyRefused(member));
    if (session.isOverQuota) this.#targets.holdOff(member);
    if (session.isOverQuota && this.#options.giveUpWhenRefused) this.#stop(overQuota(member));
    await link.offerWaiting();
  }

  async #welcome(link: PeerLink, session: PeerSession): Promise<void> {
    const { connection, hello } = session;
    const { peer, remote } = connection;
    if (hello === undefined) return;
    try {
      await acquaint(
        { contacts: this.#contacts, database: this.#database, clock: this.#options.clock },
        connection,
        hello,
      );
    } catch (error) {
      // Where we dialled, the dialler hears of it and stops; an impostor who calls must not stop us.
      if (!connection.dialled && isQTChatError(error, 'ERR_PEER_NOT_TRUSTED')) this.#refuse(error, remote.host);
      throw error;
    }
    if (session.takes('text')) await this.#targets.consider(connection, hello.port);
    if (link.add(session)) {
      const { security, keyAgreement } = connection;
      const { circleId, member, spkiSha256 } = peer;
      const description = { member, circleId, spkiSha256, address: remote, keyOrigin: hello.keyOrigin };
      this.#options.onEvent({ type: 'connected', peer: { ...description, security, keyAgreement } });
    }
    this.#targets.notify();
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

  // A one-shot command that fails says so; its user sends again.
  get #keepsFiles(): boolean {
    return this.#options.capabilities.includes('files');
  }

  async #takeOverFiles(): Promise<void> {
    if (!this.#keepsFiles) return;
    for (const { id, member, path } of await this.#outgoing.takeOver()) {
      await this.#linkOf(member).offer({ path, recordId: id, vainAttempts: 0 });
    }
  }

  #quotaOf(member: string): MemberQuota {
    const { quota, clock } = this.#options;
    const known = this.#quotas.get(member) ?? new MemberQuota({ ...defaultQuota, ...quota }, clock);
    this.#quotas.set(member, known);
    return known;
  }

  #linkOf(member: string): PeerLink {
    let link = this.#links.get(member);
    if (link === undefined) {
      const store = new MessageStore(this.#database, this.#cipher, this.#keyOf(member));
      link = new PeerLink(store, this.#options.identity);
      this.#links.set(member, link);
    }
    return link;
  }

  #keyOf(peer: string): ConversationKey {
    const { circleId, member: self } = this.#options.identity;
    return { circleId, self, peer };
  }

  #refuse(error: QTChatError, host: string | undefined): void {
    // Our own call to our own address; from elsewhere it is a copy of our key, which people should know of.
    if (isQTChatError(error, 'ERR_PEER_IS_OURSELVES') && isOwnHost(host)) return;
    const count = this.#refusals.count(host, error.message);
    if (count !== undefined) this.#options.onEvent({ type: 'refused', host, error, count });
  }

  #keyRefused(member: string): QTChatError {
    const { member: self } = this.#options.identity;
    const message = `${quote(member)} does not accept our key, because it knows us by another one`;
    return new QTChatError('ERR_PEER_REFUSED', message, {
      hint: `If you have a new identity, ask them to trust it: qtchat contacts trust ${self}`,
    });
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
 *   `ERR_PEER_BLOCKED`, `ERR_USAGE` for an impossible WHO or key agreement, `ERR_PORT_IN_USE`, `ERR_ADDRESS_UNAVAILABLE`,
 *   `ERR_STORE_…`
 */
export async function openConversation(options: ConversationOptions): Promise<Conversation> {
  checkOwnCertificate(options.identity, options.clock());
  if (options.requirePostQuantum) checkPostQuantum();
  const database = await openConversationStore(options.home);
  try {
    const cipher = await openHomeKey(options.home, options);
    const epoch = await storeEpoch(database, options.random);
    const contacts = new ContactBook(database, options.clock);
    const { who = '', alsoDial = [], from, identity } = options;
    const targets: Target[] = [];
    for (const one of [who, ...alsoDial]) {
      const target = one === '' ? { who: one, addresses: [] } : await resolveWho(one, identity, contacts);
      if (target.member !== undefined) await refuseBlocked(contacts, identity.circleId, target.member);
      targets.push(target);
    }
    const expected = from && (await resolveMembers(from, identity, contacts));
    const conversation = new Conversation(options, { database, cipher, epoch, targets, ...(expected && { expected }) });
    await conversation.start();
    return conversation;
  } catch (error) {
    await database.destroy();
    throw error;
  }
}

// A file that is off the list leaves room for one that waits, or waits itself.
function isOver({ type }: ChatEvent | FileEvent): boolean {
  return type === 'fileDone' || type === 'fileDeclined' || type === 'fileFailed' || type === 'fileInterrupted';
}

function overQuota(member: string): QTChatError {
  return new QTChatError('ERR_PEER_QUOTA', `${quote(member)} takes no more messages from us today`, {
    hint: 'What waits in the outbox goes with the next chat or send; tomorrow it will be taken',
  });
}

function isOwnHost(host: string | undefined): boolean {
  return Object.values(networkInterfaces()).some((entries) => entries?.some(({ address }) => address === host));
}

function unforeseen(error: unknown): QTChatError {
  const text = messageOf(error);
  return new QTChatError('ERR_INTERNAL', `something unforeseen went wrong: ${text}`, { cause: error });
}
