/**
 * The member that texts without a name go to. It is known from the start where a contact was named;
 * else it is found by dialling an address, or is the one who calls where that leaves no doubt.
 */
import type { ContactBook } from '../store/contacts.js';
import type { PeerConnection } from '../transport/peer-connection.js';
import type { Target } from './resolve-who.js';
import { vouchesFor } from './trust.js';

/** Who is talked to. Once found, it stays. */
export class Recipient {
  readonly #target: Target;
  readonly #contacts: ContactBook;
  readonly #onFound: (member: string) => void;
  #member: string | undefined;
  #isOwnAddress = false;

  constructor(target: Target, contacts: ContactBook, onFound: (member: string) => void) {
    this.#target = target;
    this.#contacts = contacts;
    this.#onFound = onFound;
  }

  /** The member, once known. */
  get member(): string | undefined {
    return this.#member;
  }

  /** Takes a member for the recipient, unless there is one already. */
  settle(member: string): void {
    if (this.#member !== undefined) return;
    this.#member = member;
    this.#onFound(member);
  }

  /** Whoever waits at the own address means the one who comes; `here` may have come before this was known. */
  noteOwnAddress(here: string | undefined): void {
    this.#isOwnAddress = true;
    if (here !== undefined) this.settle(here);
  }

  /**
   * Judges a member that has come and takes texts.
   *
   * @param port - where it says that it listens
   * @param isFound - whether it was dialled as this very target
   */
  async consider(connection: PeerConnection, port: number, isFound: boolean): Promise<void> {
    if (isFound || (await this.#isMeant(connection, port))) this.settle(connection.peer.member);
  }

  // Who calls from the host that was dialled need not be the one who was meant: others may share it.
  async #isMeant({ peer, remote, dialled }: PeerConnection, port: number): Promise<boolean> {
    const { host, seek, addresses } = this.#target;
    if (seek === peer.member) return true;
    // It was somebody else that we looked for there.
    if (dialled) return false;
    if (this.#isOwnAddress) return true;
    if (addresses.length === 0 && seek === undefined) return true;
    if (host === undefined) return false;
    if (vouchesFor(peer, host)) return true;
    const at = { host: remote.host, port };
    return remote.host === host && (await this.#contacts.lastConfirmedAt(peer.circleId, at)) === peer.member;
  }
}
