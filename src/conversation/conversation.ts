/**
 * The one door to everything between members: it listens, keeps dialling the one we look for, and puts the parts
 * together that let verified members in and bring texts and files to them. Intents go in by methods, everything that
 * happens comes out as typed events; faces only render.
 */
import type { Duplex } from 'node:stream';
import { keepIdentity } from '../enroll/keep-identity.js';
import { isQTChatError, QTChatError } from '../errors.js';
import { spkiFingerprint } from '../pki/circle.js';
import { ArrivedFiles } from '../store/arrived-files.js';
import { ContactBook, type PeerAddress } from '../store/contacts.js';
import { type ConversationDatabase, openConversationStore } from '../store/conversation-store.js';
import { RevocationKnowledge } from '../store/crl.js';
import { storeEpoch } from '../store/cursors.js';
import { openHomeKey, type RecordCipher } from '../store/home-key.js';
import type { Identity } from '../store/identities.js';
import { OutgoingFiles } from '../store/outgoing-files.js';
import { type DialOptions, tcpDialler } from '../transport/dial.js';
import { checkPostQuantum } from '../transport/key-agreement.js';
import { listenForPeers, type PeerListener } from '../transport/listen.js';
import type { PeerConnection } from '../transport/peer-connection.js';
import { fileProtocol } from '../transport/tls-options.js';
import { announce } from './announce.js';
import { CallIntents } from './call-intents.js';
import { ContactIntents } from './contact-intents.js';
import { FileIntents } from './file-intents.js';
import { fittingSuccessions } from './follows-from.js';
import { Links } from './links.js';
import { MessageIntents } from './message-intents.js';
import type { ConversationOptions } from './options.js';
import { checkOwnCertificate } from './own-certificate.js';
import type { SelfDescription } from './own-hello.js';
import type { MemberConnection } from './peer-link.js';
import { Refusals } from './refusals.js';
import { resolveMembers, resolveWho, type Target } from './resolve-who.js';
import { RevocationWatch } from './revocation-watch.js';
import { RunningWork } from './running-work.js';
import { seekMember } from './seek-member.js';
import { Sessions } from './sessions.js';
import { refuseBlocked } from './standing.js';
import { TargetPeers } from './target-peers.js';
import { systemTimers } from './timers.js';

/** A running conversation. Made by {@link openConversation}. */
export class Conversation {
  /** What can be done with messages. */
  readonly messages: MessageIntents;
  /** What can be done with files. */
  readonly files: FileIntents;
  /** What can be done with calls. */
  readonly calls: CallIntents;
  /** Whom we know, and what is decided about them. */
  readonly contacts: ContactIntents;
  readonly #options: ConversationOptions;
  readonly #database: ConversationDatabase;
  readonly #contacts: ContactBook;
  readonly #links: Links;
  readonly #sessions: Sessions;
  readonly #refusals: Refusals;
  readonly #work: RunningWork;
  readonly #controller = new AbortController();
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
      expected: ReadonlySet<string> | undefined;
    },
  ) {
    const { home, identity, clock, onEvent, requireFreshCrl: requireFresh = false, openMedia, noMedia } = options;
    const { database, cipher, epoch, targets, expected } = parts;
    const { signal } = this.#controller;
    this.#options = options;
    this.#database = database;
    this.#identity = identity;
    this.#contacts = new ContactBook(database, clock);
    this.contacts = new ContactIntents({
      ...{ database, book: this.#contacts, circleId: identity.circleId, self: identity.member, clock },
      onDecided: async (member) => {
        onEvent({ type: 'contactChanged', member });
        // What is said or heard now ends now.
        await Promise.all(this.#links.of(member).sessions.map((session) => session.check()));
        // Who was given up for being blocked, or for another key, may be let in now.
        await this.#dialAgain(member);
      },
    });
    this.#links = new Links(database, cipher, identity);
    this.#refusals = new Refusals(clock, onEvent);
    this.#work = new RunningWork((error) => this.#stop(error));
    this.#revocation = new RevocationKnowledge(home, identity, { requireFresh });
    this.#targets = this.#lookFor(targets);
    this.#watch = new RevocationWatch({
      ...{ home, identity, clock },
      knowledge: this.#revocation,
      onState: (state) => onEvent({ type: 'revocation', ...state }),
      onChange: (faultOf) => this.#sessions.judge(faultOf),
    });
    const checkMember = (member: string): Promise<void> => this.#sessions.checkMember(member);
    const parted = { links: this.#links, work: this.#work };
    this.messages = new MessageIntents({
      clock,
      linkOf: (member) => this.#links.of(member),
      historyOf: (member) => this.#links.historyOf(member),
      ...{ checkMember, onEvent },
    });
    this.files = new FileIntents({
      ...options,
      ...parted,
      outgoing: new OutgoingFiles(database, cipher, { circleId: identity.circleId, self: identity.member }),
      arrived: new ArrivedFiles(database),
      checkMember,
      trust: () => this.#trust(),
    });
    this.calls = new CallIntents({
      ...{ ...parted, checkMember, clock, onEvent, openMedia, noMedia },
      takesCalls: options.takesCalls ?? false,
      timers: options.timers ?? systemTimers,
      random: options.random,
      ownSpki: this.ownKey ?? '',
    });
    this.#sessions = new Sessions({
      ...options,
      ...parted,
      ...{ database, expected, signal },
      self: () => this.#self,
      contacts: this.#contacts,
      files: this.files,
      calls: this.calls.channels,
      lists: this.#watch.lists,
      targets: this.#targets,
      refusals: this.#refusals,
      onHopeless: (error) => this.#stop(error),
    });
    this.#self = {
      session: options.random(16).toString('hex'),
      epoch,
      capabilities: [
        ...options.capabilities,
        ...(this.calls.channels === undefined ? [] : (['calls', 'call-devices'] as const)),
      ],
      keyOrigin: identity.keyOrigin,
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

  /** The circle that we belong to. */
  get circleId(): string {
    return this.#identity.circleId;
  }

  /** When our certificate ends. */
  get notAfter(): Date {
    return new Date(this.#identity.chain[0]?.validTo ?? '');
  }

  /** SHA-256 of our key, lower-case hex, as contacts see it. */
  get ownKey(): string | undefined {
    const [own] = this.#identity.chain;
    return own && spkiFingerprint(own);
  }

  /** The port where this conversation listens; undefined when it does not. */
  get listeningPort(): number | undefined {
    return this.#listener?.address.port;
  }

  /** Starts listening and dialling; see {@link openConversation} for what it throws. */
  async start(): Promise<void> {
    const { signal } = this.#options;
    await this.#watch.start();
    await this.files.takeOver();
    await this.#listen();
    signal.addEventListener('abort', this.#onAbort, { once: true });
    if (signal.aborted) this.#onAbort();
    this.#keep();
    for (const dialling of this.#targets.start()) this.#work.add(dialling);
    this.#announce();
  }

  /**
   * The member that WHO means.
   *
   * @throws {QTChatError} `ERR_CONTACT_NOT_FOUND`
   */
  async memberNamed(who: string): Promise<string> {
    return (await this.contacts.named(who)).member;
  }

  /**
   * Keeps dialling a contact from now on, until it is here and whenever it is gone.
   *
   * @throws {QTChatError} `ERR_PEER_BLOCKED`
   */
  async dial(member: string): Promise<void> {
    await this.#sessions.checkMember(member);
    const target = await resolveWho(member, this.#identity, this.#contacts);
    const dialling = this.#controller.signal.aborted ? undefined : this.#targets.add({ ...target, member });
    if (dialling !== undefined) this.#work.add(dialling);
  }

  async #dialAgain(member: string): Promise<void> {
    if ((await this.#contacts.find(this.#identity.circleId, member))?.blocked !== undefined) return;
    const dialling = this.#controller.signal.aborted ? undefined : this.#targets.again(member);
    if (dialling !== undefined) this.#work.add(dialling);
  }

  /** Whether a member is here and takes what we have to say. */
  isHere(member: string): boolean {
    return this.#links.isHere(member);
  }

  /** What is known of the connection to a member; undefined while it is away. */
  connectionOf(member: string): MemberConnection | undefined {
    return this.#links.of(member).connection;
  }

  /** How long a member takes to answer, in milliseconds; undefined until that is known. */
  roundTripMs(member: string): number | undefined {
    return this.#links.of(member).takers('text')[0]?.roundTripMs;
  }

  /** How many texts and files for a member are not delivered yet. */
  async countPending(member: string): Promise<number> {
    return this.#links.of(member).countPending();
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
    await this.calls.close();
    await this.#sessions.close();
    await this.#listener?.close();
    await this.#work.ended();
    await this.#database.destroy();
  }

  async #listen(): Promise<void> {
    const { listen, clock, requirePostQuantum = false, onEvent } = this.#options;
    if (listen === undefined) return;
    this.#listener = await listenForPeers({
      ...listen,
      identity: this.#identity,
      revocation: this.#revocation,
      requirePostQuantum,
      clock,
      onPeer: (connection) => this.#admit(connection),
      onRefused: (error, host) => this.#refusals.tell(error, host),
    });
    const { address } = this.#listener;
    this.#self = { ...this.#self, port: address.port };
    onEvent({ type: 'listening', address, wantedPort: listen.ports[0] ?? 0 });
  }

  #lookFor(targets: readonly Target[]): TargetPeers {
    const { random, timers = systemTimers, giveUpWhenRefused = false, confirmPeer, onEvent } = this.#options;
    return new TargetPeers(targets, {
      contacts: this.#contacts,
      circleId: this.#identity.circleId,
      trust: () => this.#trust(),
      ...{ timers, random, giveUpWhenRefused },
      signal: this.#controller.signal,
      ...(confirmPeer !== undefined && { confirmPeer }),
      seek: (member, signal) => this.#seek(member, signal),
      isHere: (member) => this.#links.isHere(member),
      whoIsHere: () => this.#links.anyoneHere(),
      adopt: (connection) => this.#sessions.adopt(connection),
      onFirst: (member) => onEvent({ type: 'target', member }),
      onWaiting: (who, reason) => onEvent({ type: 'waiting', who, reason }),
      onStopped: (error) => onEvent({ type: 'stopped', error }),
    });
  }

  /** Renews our certificate when due, and fetches revocation lists, until the end. */
  #keep(): void {
    const { home, clock, onEvent, keepIdentity: how } = this.#options;
    if (how === undefined) return;
    const kept = keepIdentity({
      ...how,
      home,
      identity: this.#identity,
      clock,
      signal: this.#controller.signal,
      onRenewed: (identity) => {
        this.#identity = identity;
        this.#listener?.showCertificate(identity);
        onEvent({ type: 'renewed', notAfter: this.notAfter });
      },
      onCrl: () => this.#watch.look(),
      onTrouble: (error) => onEvent({ type: 'renewalFailed', notAfter: this.notAfter, error }),
    });
    this.#work.add(kept);
  }

  /** Who was no contact when we began to look may have called meanwhile. */
  async *#seek(member: string, signal: AbortSignal): AsyncGenerator<PeerAddress> {
    const { home, lan, listen } = this.#options;
    const contact = await this.#contacts.find(this.#identity.circleId, member);
    yield* contact?.addresses ?? [];
    yield* seekMember(member, { home, identity: this.#identity, lan, host: listen?.host, signal });
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
    this.#work.add(announced);
  }

  #admit(connection: PeerConnection): void {
    const { protocol, remote } = connection;
    const run = protocol === fileProtocol ? this.files.admit(connection) : this.#sessions.receive(connection);
    const told = run.catch((error: unknown) => {
      if (!isQTChatError(error)) throw error;
      this.#refusals.tell(error, remote.host);
    });
    this.#work.add(told);
  }

  /** As whom we dial now, and whom we believe. */
  #trust(): Omit<DialOptions, 'protocol' | 'signal'> {
    const { clock, requirePostQuantum = false, dialler = tcpDialler } = this.#options;
    return { identity: this.#identity, revocation: this.#revocation, requirePostQuantum, clock, dialler };
  }

  #stop(error: QTChatError): void {
    this.#controller.abort(error);
    this.#options.onEvent({ type: 'stopped', error });
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
    const conversation = new Conversation(options, { database, cipher, epoch, targets, expected });
    await conversation.start();
    return conversation;
  } catch (error) {
    await database.destroy();
    throw error;
  }
}
