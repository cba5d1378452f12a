/**
 * Notices that a peer is gone without a word: pings go out, and whoever is not heard for a while is taken for dead. On the way
 * it learns how long an answer takes.
 */
import { QTChatError } from '../errors.js';
import type { TimerGroup } from './timers.js';

/** What a {@link KeepAlive} needs. */
export interface KeepAliveOptions {
  readonly pingIntervalMs: number;
  readonly silenceTimeoutMs: number;
  readonly timers: TimerGroup;
  readonly ping: () => void;
  /** Called once. */
  readonly onDead: (error: QTChatError) => void;
}

/** Of one session. */
export class KeepAlive {
  readonly #options: KeepAliveOptions;
  #heardAt: number;
  #pingedAt: number | undefined;
  #roundTripMs: number | undefined;

  constructor(options: KeepAliveOptions) {
    this.#options = options;
    this.#heardAt = options.timers.now();
  }

  /** Notes that something was heard, whatever it was. */
  noteHeard(): void {
    this.#heardAt = this.#options.timers.now();
  }

  /** Notes an answer to a ping; those that nobody waits for say nothing. */
  notePong(): void {
    if (this.#pingedAt === undefined) return;
    this.#roundTripMs = this.#options.timers.now() - this.#pingedAt;
    this.#pingedAt = undefined;
  }

  /** From the last answered ping to its answer, in milliseconds; undefined until there is one. */
  get roundTripMs(): number | undefined {
    return this.#roundTripMs;
  }

  /** Begins; ends with its timers. */
  start(): void {
    const { timers, pingIntervalMs, silenceTimeoutMs } = this.#options;
    timers.after(pingIntervalMs, () => this.#ping());
    timers.after(silenceTimeoutMs, () => this.#watch());
  }

  #ping(): void {
    const { timers, pingIntervalMs, ping } = this.#options;
    // An answer that is late is that to the first ping that has none.
    this.#pingedAt ??= timers.now();
    ping();
    timers.after(pingIntervalMs, () => this.#ping());
  }

  #watch(): void {
    const { timers, silenceTimeoutMs, onDead } = this.#options;
    const leftMs = this.#heardAt + silenceTimeoutMs - timers.now();
    if (leftMs > 0) {
      timers.after(leftMs, () => this.#watch());
      return;
    }
    const seconds = Math.round(silenceTimeoutMs / 1000);
    onDead(new QTChatError('ERR_PEER_UNREACHABLE', `nothing was heard for ${seconds} seconds`));
  }
}
