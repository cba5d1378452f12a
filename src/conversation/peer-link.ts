/**
 * One member and the sessions we have with it at this moment: usually one, two for an instant when
 * both sides dialled, more when the member also runs a one-shot command. Holds what waits for it.
 */
import type { X509Certificate } from 'node:crypto';
import { basename } from 'node:path';
import type { OutgoingFile } from '../files/transfer.js';
import { spkiFingerprint } from '../pki/circle.js';
import type { ReadableFile } from '../store/arriving-file.js';
import type { Identity } from '../store/identities.js';
import type { MessageStore } from '../store/messages.js';
import type { PeerConnection } from '../transport/peer-connection.js';
import type { PeerDescription } from './events.js';
import type { Capability } from './own-hello.js';
import type { PeerSession } from './peer-session.js';

// As many as are on the way, and some that the peer can ask its user about.
const offersAtOnce = 16;

/** What is known of the connection to a member who is here. */
export interface MemberConnection extends Pick<PeerDescription, 'address' | 'security' | 'keyAgreement' | 'keyOrigin'> {
  /** What the member has proven to be by. */
  readonly certificate: X509Certificate;
}

/** The sessions of one member. */
export class PeerLink {
  readonly store: MessageStore;
  readonly #ownSpki: string;
  /** The latest last. */
  #sessions: PeerSession[] = [];
  #waitingFiles: OutgoingFile[] = [];
  /** Taken off the list and not offered yet: none or one. */
  #offering: OutgoingFile[] = [];
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

  /** That of the latest session; undefined where the member is not here. */
  get connection(): MemberConnection | undefined {
    const session = this.#sessions.findLast((one) => one.takes('text') && one.hello !== undefined);
    if (session?.hello === undefined) return undefined;
    const { remote: address, security, keyAgreement, peer } = session.connection;
    const { keyOrigin } = session.hello;
    return { address, security, keyAgreement, keyOrigin, certificate: peer.certificate };
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
   * Takes a session off that has ended.
   *
   * @returns whether the member has gone with it
   */
  remove(session: PeerSession): boolean {
    const wasHere = this.isHere;
    this.#sessions = this.#sessions.filter((other) => other !== session);
    return wasHere && !this.isHere;
  }

  /** Offers a file now, or when the member is here. */
  async offer(file: OutgoingFile): Promise<void> {
    this.#waitingFiles.push(file);
    await this.offerWaiting();
  }

  /** Offers what waits, as far as there is room, over the latest session that takes files. */
  offerWaiting(): Promise<void> {
    // One after the other, so that they are offered in the order they were given.
    this.#offers = this.#offers.then(() => this.#offerWaiting());
    return this.#offers;
  }

  /** Puts a file back that was not answered, or broke off: it is the next to be offered. */
  offerAgain(file: OutgoingFile): void {
    this.#waitingFiles.unshift(file);
  }

  /**
   * Ends files in either direction, those that wait too.
   *
   * @returns how many were ended, and those that no session knew of
   */
  cancel(which?: string): { count: number; waiting: OutgoingFile[] } {
    const isMeant = (file: OutgoingFile): boolean => isCalled(file, which);
    const waiting = this.#waitingFiles.filter(isMeant);
    this.#waitingFiles = this.#waitingFiles.filter((file) => !isMeant(file));
    const ended = this.#sessions.reduce((sum, { files }) => sum + (files?.cancel(which) ?? 0), 0);
    return { count: ended + waiting.length, waiting };
  }

  /** Pauses files in either direction, or lets them go on, those that wait too; how many there were. */
  pause(isOn: boolean, which?: string): number {
    const waiting = this.#waitingFiles.filter((file) => isCalled(file, which));
    for (const file of waiting) file.isPaused = isOn;
    return this.#sessions.reduce((sum, { files }) => sum + (files?.pause(isOn, which) ?? 0), waiting.length);
  }

  /** Opens an arriving file; undefined where it is not arriving. */
  async open(id: string): Promise<ReadableFile | undefined> {
    for (const { files } of this.#sessions) {
      const file = await files?.open(id);
      if (file !== undefined) return file;
    }
    return undefined;
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
      const [file] = this.#offering;
      if (file === undefined) return;
      const isOffered = await files.offer(file);
      this.#offering = [];
      if (!isOffered) this.#waitingFiles.unshift(file);
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

/** Whether a file that waits has that name, or broke off with that id. */
function isCalled({ path, brokenId }: OutgoingFile, which: string | undefined): boolean {
  return which === undefined || [basename(path), brokenId].includes(which);
}
