/**
 * What a conversation knows of revocations: reads the list again when it has changed, whoever fetched
 * it, tells how fresh it is, and says whose sessions must end.
 */
import type { X509Certificate } from 'node:crypto';
import {
  type CrlFreshness,
  crlIssuerOf,
  freshnessOf,
  keepNewerCrl,
  type RevocationKnowledge,
  readKnownCrl,
} from '../store/crl.js';
import type { Home } from '../store/home.js';
import type { Identity } from '../store/identities.js';
import type { KnownLists } from './list-exchange.js';

/** How much is known. */
export interface RevocationState {
  readonly freshness: CrlFreshness;
  /** When the known list was made. */
  readonly thisUpdate?: Date;
  /** Until when it is fresh. */
  readonly nextUpdate?: Date;
}

/** What a watch needs. */
export interface RevocationWatchOptions {
  readonly home: Home;
  readonly identity: Identity;
  readonly knowledge: RevocationKnowledge;
  readonly clock: () => Date;
  /** Called at the start, and whenever the freshness has changed. */
  readonly onState: (state: RevocationState) => void;
  /** Called when another list is known: whoever is revoked must go. */
  readonly onChange: (faultOf: (certificate: X509Certificate) => string | undefined) => void;
}

/** Another process of this home may have fetched a list. */
const intervalMs = 15_000;

/** Watches the list that a home knows. */
export class RevocationWatch {
  readonly #options: RevocationWatchOptions;
  #told: CrlFreshness | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: RevocationWatchOptions) {
    this.#options = options;
  }

  /** The lists as sessions exchange them. */
  get lists(): KnownLists {
    const { home, identity, knowledge } = this.#options;
    return {
      number: () => knowledge.number,
      read: () => readKnownCrl(home, identity),
      take: async (der) => {
        const isNewer = await keepNewerCrl(home, identity.circleId, der, crlIssuerOf(identity));
        if (isNewer) await this.look();
        return isNewer;
      },
    };
  }

  /** Looks at once, and from now on again and again. */
  async start(): Promise<void> {
    await this.look();
    this.#timer = setInterval(() => void this.look().catch(() => {}), intervalMs);
    this.#timer.unref();
  }

  /** Looks whether there is another list, and how old it has grown. */
  async look(): Promise<void> {
    const { knowledge, clock, onState, onChange } = this.#options;
    const hasChanged = await knowledge.refresh();
    const now = clock();
    // A list that has ended may be reason enough, where a fresh one is required.
    const freshness = freshnessOf(knowledge.crl, now);
    if (hasChanged || freshness !== this.#told) onChange((certificate) => knowledge.faultOf(certificate, now));
    if (freshness === this.#told) return;
    this.#told = freshness;
    const { thisUpdate, nextUpdate } = knowledge.crl ?? {};
    onState({ freshness, ...(thisUpdate && { thisUpdate }), ...(nextUpdate && { nextUpdate }) });
  }

  /** Looks no more. */
  stop(): void {
    clearInterval(this.#timer);
  }
}
