/**
 * The sessions of a conversation: who may begin one, what it is given, who is here by it, and what its end means.
 * Connections come from the listener and the dialler; what members say goes to their links.
 */
import type { X509Certificate } from 'node:crypto';
import type { ChatEvent } from '../chat/chat-session.js';
import { isQTChatError, QTChatError, quote } from '../errors.js';
import type { FileEvent } from '../files/file-events.js';
import type { ContactBook } from '../store/contacts.js';
import type { ConversationDatabase } from '../store/conversation-store.js';
import type { PeerConnection } from '../transport/peer-connection.js';
import { acquaint } from './acquaint.js';
import type { CallChannels } from './call-channels.js';
import type { FileIntents } from './file-intents.js';
import type { Links } from './links.js';
import type { KnownLists } from './list-exchange.js';
import { defaultQuota, MemberQuota, SessionQuota } from './member-quota.js';
import type { ConversationOptions } from './options.js';
import type { SelfDescription } from './own-hello.js';
import type { PeerLink } from './peer-link.js';
import { PeerSession } from './peer-session.js';
import type { Refusals } from './refusals.js';
import type { RunningWork } from './running-work.js';
import { checkStanding, refuseBlocked } from './standing.js';
import type { TargetPeers } from './target-peers.js';

/** What {@link Sessions} need. */
export interface SessionsOptions
  extends Pick<
    ConversationOptions,
    'identity' | 'quota' | 'clock' | 'random' | 'onEvent' | 'giveUpWhenRefused' | 'timing' | 'timers'
  > {
  /** What is said in hello now. */
  readonly self: () => SelfDescription;
  /** The only members to let in; undefined for everybody. */
  readonly expected: ReadonlySet<string> | undefined;
  readonly database: ConversationDatabase;
  readonly contacts: ContactBook;
  readonly links: Links;
  readonly files: FileIntents;
  /** Undefined where no calls are taken. */
  readonly calls: CallChannels | undefined;
  readonly lists: KnownLists;
  readonly targets: Pick<TargetPeers, 'notify' | 'holdOff' | 'consider'>;
  readonly refusals: Refusals;
  readonly work: RunningWork;
  /** When it aborts, no session begins any more. */
  readonly signal: AbortSignal;
  /** Told when there is no use in trying on. */
  readonly onHopeless: (error: QTChatError) => void;
}

const maximumSessions = 256;
// A chat, some one-shot commands, and what is left of a connection that broke.
const maximumSessionsPerMember = 16;

/** All that there are. */
export class Sessions {
  readonly #options: SessionsOptions;
  /** With what tells when and why each has ended. */
  readonly #sessions = new Map<PeerSession, Promise<string>>();
  readonly #quotas = new Map<string, MemberQuota>();

  constructor(options: SessionsOptions) {
    this.#options = options;
  }

  /**
   * Runs a session with one who called; the blocked are not told that they are, and we are not told that they call.
   *
   * @throws {QTChatError} why the member was refused
   */
  async receive(connection: PeerConnection): Promise<void> {
    const { socket } = connection;
    const { member } = connection.peer;
    if (this.#options.expected?.has(member) === false) {
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
    const session = this.#create(connection);
    try {
      await this.#run(session);
    } catch (error) {
      if (session.hello === undefined || !isQTChatError(error)) throw error;
    }
  }

  /** Takes a dialled connection over; resolves when the session is up, rejects when it never was. */
  async adopt(connection: PeerConnection): Promise<void> {
    await this.#checkWelcome(connection);
    await new Promise<void>((onReady, reject) => {
      const session = this.#create(connection, onReady);
      // Where it ended before anybody could say whether it was up, it was not.
      this.#options.work.add(this.#run(session).then(onReady, reject));
    });
  }

  /**
   * Makes sure that a member may be told something; sessions with a key of theirs that is not trusted any more end.
   *
   * @throws {QTChatError} `ERR_PEER_BLOCKED`
   */
  async checkMember(member: string): Promise<void> {
    await this.#refuseBlocked(member);
    await Promise.all(this.#options.links.of(member).sessions.map((session) => session.check()));
  }

  /** Ends the sessions of those who must not be trusted any more; all others hear of the list that says so. */
  judge(faultOf: (certificate: X509Certificate) => string | undefined): void {
    for (const session of this.#sessions.keys()) {
      const fault = faultOf(session.connection.peer.certificate);
      if (fault === undefined) this.#options.work.add(session.passList());
      else session.refuse(new QTChatError('ERR_PEER_REFUSED', `the peer was refused: ${fault}`));
    }
  }

  /** Says goodbye to everybody, and resolves when nobody is left. */
  async close(): Promise<void> {
    for (const session of this.#sessions.keys()) session.close('done');
    await Promise.allSettled(this.#sessions.values());
  }

  /** Makes sure that a session may begin; else the connection is closed without a word. */
  async #checkWelcome({ peer, socket }: PeerConnection): Promise<void> {
    try {
      await this.#refuseBlocked(peer.member);
      this.#options.signal.throwIfAborted();
    } catch (error) {
      socket.destroy();
      throw error;
    }
  }

  #refuseBlocked(member: string): Promise<void> {
    return refuseBlocked(this.#options.contacts, this.#options.identity.circleId, member);
  }

  #hasRoomFor(member: string): boolean {
    const sessions = [...this.#sessions.keys()];
    const own = sessions.filter(({ connection }) => connection.peer.member === member);
    return sessions.length < maximumSessions && own.length < maximumSessionsPerMember;
  }

  #create(connection: PeerConnection, onReady?: () => void): PeerSession {
    const { self, contacts, links, files, calls, lists, work, clock, random, timing, timers } = this.#options;
    const { member } = connection.peer;
    const link = links.of(member);
    return new PeerSession({
      ...{ connection, clock, random, lists },
      self: self(),
      store: link.store,
      files: files.ofSession(connection),
      quota: new SessionQuota(this.#quotaOf(member)),
      onHello: async (session) => {
        await this.#welcome(link, session);
        onReady?.();
      },
      checkPeer: () => checkStanding(contacts, connection.peer),
      emit: (event) => {
        this.#tell(member, event);
        if (event.type === 'fileDone' && event.path !== undefined) work.add(keepFile(link, event, clock()));
        if (isOver(event)) work.add(link.offerWaiting());
      },
      ...(calls !== undefined && { onCall: (session, message) => calls.handle(session, message) }),
      ...(timing !== undefined && { timing }),
      ...(timers !== undefined && { timers }),
    });
  }

  #tell(member: string, event: ChatEvent | FileEvent): void {
    if (event.type === 'changeRefused') this.#options.refusals.tellChange(member, event);
    else this.#options.onEvent({ member, ...event });
  }

  async #run(session: PeerSession): Promise<void> {
    const { links, calls, targets, refusals, giveUpWhenRefused, onEvent, onHopeless } = this.#options;
    const { peer, remote } = session.connection;
    const { member } = peer;
    const link = links.of(member);
    let reason = '';
    let failure: QTChatError | undefined;
    let cause: unknown;
    try {
      const ended = session.run();
      this.#sessions.set(session, ended);
      reason = await ended;
    } catch (error) {
      cause = error;
      if (session.hello === undefined || !isQTChatError(error)) throw error;
      if (error.code === 'ERR_PEER_NOT_TRUSTED') throw error;
      failure = error;
      reason = error.message;
    } finally {
      this.#sessions.delete(session);
      calls?.remove(session, cause);
      if (link.remove(session)) onEvent({ type: 'disconnected', member, reason });
      // Whoever was not shown as here cannot be shown as gone.
      else if (failure?.code === 'ERR_PROTOCOL') refusals.tell(failure, remote.host);
      if (failure?.code === 'ERR_PEER_QUOTA') refusals.tell(failure, remote.host);
      targets.notify();
    }
    // To the dialler the peer was here: it would try for ever.
    if (session.isKeyRefused && giveUpWhenRefused) onHopeless(this.#keyRefused(member));
    if (session.isOverQuota) targets.holdOff(member);
    if (session.isOverQuota && giveUpWhenRefused) onHopeless(overQuota(member));
    await link.offerWaiting();
  }

  async #welcome(link: PeerLink, session: PeerSession): Promise<void> {
    const { contacts, database, clock, calls, targets, refusals, onEvent } = this.#options;
    const { connection, hello } = session;
    const { peer, remote } = connection;
    if (hello === undefined) return;
    try {
      await acquaint({ contacts, database, clock }, connection, hello);
    } catch (error) {
      // Where we dialled, the dialler hears of it and stops; an impostor who calls must not stop us.
      if (!connection.dialled && isQTChatError(error, 'ERR_PEER_NOT_TRUSTED')) refusals.tell(error, remote.host);
      throw error;
    }
    if (session.takes('text')) await targets.consider(connection, hello.port);
    if (link.add(session)) {
      const { security, keyAgreement } = connection;
      const { circleId, member, spkiSha256 } = peer;
      const description = { member, circleId, spkiSha256, address: remote, keyOrigin: hello.keyOrigin };
      onEvent({ type: 'connected', peer: { ...description, security, keyAgreement } });
    }
    calls?.add(session);
    targets.notify();
    await link.offerWaiting();
  }

  #quotaOf(member: string): MemberQuota {
    const { quota, clock } = this.#options;
    const known = this.#quotas.get(member) ?? new MemberQuota({ ...defaultQuota, ...quota }, clock);
    this.#quotas.set(member, known);
    return known;
  }

  #keyRefused(member: string): QTChatError {
    const { member: self } = this.#options.identity;
    const message = `${quote(member)} does not accept our key, because it knows us by another one`;
    return new QTChatError('ERR_PEER_REFUSED', message, {
      hint: `If you have a new identity, ask them to trust it: qtchat contacts trust ${self}`,
    });
  }
}

function overQuota(member: string): QTChatError {
  return new QTChatError('ERR_PEER_QUOTA', `${quote(member)} takes no more messages from us today`, {
    hint: 'What waits in the outbox goes with the next chat or send; tomorrow it will be taken',
  });
}

/** The history tells of files that have arrived. */
async function keepFile(link: PeerLink, event: Extract<FileEvent, { type: 'fileDone' }>, at: Date): Promise<void> {
  const { id, direction, name, sizeBytes, isFolder = false } = event.file;
  await link.store.addFile({ id, direction, at, name, sizeBytes, isFolder, path: event.path ?? '' });
}

// A file that is off the list leaves room for one that waits, or waits itself.
function isOver({ type }: ChatEvent | FileEvent): boolean {
  return type === 'fileDone' || type === 'fileDeclined' || type === 'fileFailed' || type === 'fileInterrupted';
}
