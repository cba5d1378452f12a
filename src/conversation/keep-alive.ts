/** Notices that a peer is gone without a word: pings go out, and whoever is not heard for a while is taken for dead. */
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

  constructor(options: KeepAliveOptions) {
    this.#options = options;
    this.#heardAt = options.timers.now();
  }

  /** Notes that something was heard, whatever it was. */
  noteHeard(): void {
    this.#heardAt = this.#options.timers.now();
  }

  /** Begins; ends with its timers. */
  start(): void {
    const { timers, pingIntervalMs, silenceTimeoutMs } = this.#options;
    timers.after(pingIntervalMs, () => this.#ping());
    timers.after(silenceTimeoutMs, () => this.#watch());
  }

  #ping(): void {
    const { timers, pingIntervalMs, ping } = this.#options;
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
