/** What there is between us and every member: made when it is first asked for. */
import type { ConversationDatabase } from '../store/conversation-store.js';
import type { HistoryPlace } from '../store/history.js';
import type { RecordCipher } from '../store/home-key.js';
import type { Identity } from '../store/identities.js';
import { MessageStore } from '../store/messages.js';
import type { ConversationKey } from '../store/record-place.js';
import { PeerLink } from './peer-link.js';

/** The links of one conversation, by member. */
export class Links {
  readonly #database: ConversationDatabase;
  readonly #cipher: RecordCipher;
  readonly #identity: Identity;
  readonly #links = new Map<string, PeerLink>();

  constructor(database: ConversationDatabase, cipher: RecordCipher, identity: Identity) {
    this.#database = database;
    this.#cipher = cipher;
    this.#identity = identity;
  }

  /** The link to a member. */
  of(member: string): PeerLink {
    let link = this.#links.get(member);
    if (link === undefined) {
      link = new PeerLink(new MessageStore(this.#database, this.#cipher, this.#keyOf(member)), this.#identity);
      this.#links.set(member, link);
    }
    return link;
  }

  /** Where the history with a member is. */
  historyOf(member: string): HistoryPlace {
    return { database: this.#database, cipher: this.#cipher, key: this.#keyOf(member) };
  }

  /** Whether a member is here and takes what we have to say. */
  isHere(member: string): boolean {
    return this.#links.get(member)?.isHere ?? false;
  }

  /** One who is here; undefined when nobody is. */
  anyoneHere(): string | undefined {
    return [...this.#links].find(([, link]) => link.isHere)?.[0];
  }

  /** Answers an offer, whoever made it; without an id, the first that waits. */
  answerOffer(answer: 'accept' | 'decline', id?: string): boolean {
    return [...this.#links.values()].some((link) => link.answerOffer(answer, id));
  }

  #keyOf(peer: string): ConversationKey {
    const { circleId, member: self } = this.#identity;
    return { circleId, self, peer };
  }
}
