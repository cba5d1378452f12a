/** Revocation lists over one control session: they go from member to member, because the Auto CA may be away. */
import { QTChatError } from '../errors.js';
import { type Message, maximumListBytes } from '../protocol/messages.js';

/** What this home knows of revocations. */
export interface KnownLists {
  /** The number of the list that is known. */
  readonly number: () => number | undefined;
  /** That list, DER. */
  readonly read: () => Promise<Buffer | undefined>;
  /** Takes one that a peer has, which may be anything; resolves with whether it is newer than what was known. */
  readonly take: (der: Buffer) => Promise<boolean>;
}

// In an hour, of those that say nothing new: both sides may have sent the same one.
const maximumVain = 16;
const vainIntervalMs = 3_600_000;

/** What one session has heard and told of lists. */
export class ListExchange {
  readonly #known: KnownLists;
  readonly #send: (message: Message) => void;
  readonly #now: () => number;
  /** The number of the latest list that the peer is known to have; before its hello nothing is passed on. */
  #numberOfPeer = Number.POSITIVE_INFINITY;
  /** When lists came that said nothing new. */
  #vain: number[] = [];

  /** @param now - milliseconds since some moment */
  constructor(known: KnownLists, send: (message: Message) => void, now: () => number) {
    this.#known = known;
    this.#send = send;
    this.#now = now;
  }

  /** Begins to pass lists on, from the one whose number the peer's hello says. */
  async begin(numberOfPeer = -1): Promise<void> {
    this.#numberOfPeer = numberOfPeer;
    await this.pass();
  }

  /** Gives the peer our list, where it is newer than its own. */
  async pass(): Promise<void> {
    const own = this.#known.number();
    if (own === undefined || own <= this.#numberOfPeer) return;
    this.#numberOfPeer = own;
    const list = await this.#known.read();
    if (list !== undefined && list.length <= maximumListBytes) this.#send({ type: 'revocation-list', list });
  }

  /**
   * Takes a list of the peer.
   *
   * @throws {QTChatError} `ERR_PROTOCOL` when too many came that say nothing new
   */
  async take(list: Uint8Array): Promise<void> {
    const numberOfPeer = this.#numberOfPeer;
    // It is passed on while it is taken, but not to the one who gave it.
    this.#numberOfPeer = Number.POSITIVE_INFINITY;
    const isNews = await this.#known.take(Buffer.from(list));
    this.#numberOfPeer = (isNews ? this.#known.number() : undefined) ?? numberOfPeer;
    if (isNews) return;
    const now = this.#now();
    this.#vain = this.#vain.filter((time) => now - time < vainIntervalMs);
    if (this.#vain.push(now) > maximumVain) throw new QTChatError('ERR_PROTOCOL', 'the peer sends too many lists');
  }
}
