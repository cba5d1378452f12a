/**
 * One member and the sessions we have with it at this moment: usually one, two for an instant when
 * both sides dialled, more when the member also runs a one-shot command. Holds what waits for it.
 */
import { spkiFingerprint } from '../pki/circle.js';
import type { Identity } from '../store/identities.js';
import type { MessageStore } from '../store/messages.js';
import type { PeerConnection } from '../transport/peer-connection.js';
import type { Capability, PeerSession } from './peer-session.js';

// As many as are on the way, and some that the peer can ask its user about.
const offersAtOnce = 16;

/** The sessions of one member. */
export class PeerLink {
  readonly store: MessageStore;
  readonly #ownSpki: string;
  /** The latest last. */
  #sessions: PeerSession[] = [];
  #waitingFiles: string[] = [];
  /** Taken off the list and not offered yet: none or one. */
  #offering: string[] = [];
  #offers: Promise<void> = Promise.resolve();

  constructor(store: MessageStore, identity: Identity) {
    this.store = store;
    const [own] = identity.chain;
    this.#ownSpki = own === undefined ? '' : spkiFingerprint(own);
  }

  /** Whether the member is here and takes texts; a peer that only delivers something does not count. */
  get isHere(): boolean {
    return this.#sessions.some((session) => session.takes('text'));
  }

  /** All that there are. */
  get sessions(): readonly PeerSession[] {
    return this.#sessions;
  }

  /** The sessions that take `capability`, the latest first. */
  takers(capability: Capability): PeerSession[] {
    return this.#sessions.filter((session) => session.isReady && session.takes(capability)).reverse();
  }

  /**
   * Adds a session whose hello has arrived. Of two connections between the same two processes one
   * retires, the same on both sides.
   *
   * @returns whether the member has come with it
   */
  add(session: PeerSession): boolean {
    const wasHere = this.isHere;
    const twin = this.#sessions.find((other) => other.hello?.session === session.hello?.session);
    this.#sessions.push(session);
    if (twin !== undefined) this.#loser(twin, session).retire();
    return !wasHere && this.isHere;
  }

  /**
   * Takes a session off that has ended; offers it left unanswered are made again.
   *
   * @returns whether the member has gone with it
   */
  remove(session: PeerSession): boolean {
    const wasHere = this.isHere;
    this.#sessions = this.#sessions.filter((other) => other !== session);
    return wasHere && !this.isHere;
  }

  /** Offers a file now, or when the member is here. */
  async offer(path: string): Promise<void> {
    this.#waitingFiles.push(path);
    await this.offerWaiting();
  }

  /** Offers what waits, as far as there is room, over the latest session that takes files. */
  offerWaiting(): Promise<void> {
    // One after the other, so that they are offered in the order they were given.
    this.#offers = this.#offers.then(() => this.#offerWaiting());
    return this.#offers;
  }

  /** Puts files back whose offer went down with its session. */
  offerAgain(paths: readonly string[]): void {
    this.#waitingFiles.unshift(...paths);
  }

  /** Answers an offer of this member; without an id, the first that waits. */
  answerOffer(answer: 'accept' | 'decline', id?: string): boolean {
    return this.#sessions.some((session) => session.files?.answer(answer, id) ?? false);
  }

  /** Texts and files that the member does not have yet. */
  async countPending(): Promise<number> {
    const queued = await this.store.countQueued();
    const offered = this.#sessions.reduce((sum, { files }) => sum + (files?.countOutgoing ?? 0), 0);
    return queued + this.#waitingFiles.length + this.#offering.length + offered;
  }

  async #offerWaiting(): Promise<void> {
    for (;;) {
      const session = this.#sessions.findLast((one) => one.takes('files') && one.isOpenForWork);
      const { files } = session ?? {};
      if (files === undefined || files.countOutgoing >= offersAtOnce) return;
      this.#offering = this.#waitingFiles.splice(0, 1);
      const [path] = this.#offering;
      if (path === undefined) return;
      const isOffered = await files.offer(path);
      this.#offering = [];
      if (!isOffered) this.#waitingFiles.unshift(path);
    }
  }

  // Both sides know both keys and who dialled, so both come to the same answer. When one side dialled
  // both, the older one is what it lost.
  #loser(older: PeerSession, newer: PeerSession): PeerSession {
    const one = this.#diallerOf(older.connection);
    const other = this.#diallerOf(newer.connection);
    return other <= one ? older : newer;
  }

  #diallerOf({ dialled, peer }: PeerConnection): string {
    return dialled ? this.#ownSpki : peer.spkiSha256;
  }
}
