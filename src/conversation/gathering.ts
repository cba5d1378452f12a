/**
 * Lets messages gather that pour in one by one, so that each flush to the disk and each acknowledgement serves several. Who waits
 * for an answer before writing on is not made to wait: nothing gathers then, and that is noticed by trying.
 */
import type { TimerGroup } from './timers.js';

/** What is read in so short a time may be read together. */
const restMs = 20;
/** So many readings in so long a time are worth a try. */
const busyReadings = 20;
const busyMs = 200;
/** A reading of so many serves enough as it is. */
const manyMessages = 16;
/** After a try in vain; twice as long after each further one. */
const firstBackOffMs = 1_000;
const longestBackOffMs = 60_000;

/** Of one session. */
export class Gathering {
  readonly #timers: TimerGroup;
  /** When the last readings were, the oldest first. */
  #readings: number[] = [];
  #isTrying = false;
  #backOffMs = firstBackOffMs;
  #tryFromMs = 0;

  constructor(timers: TimerGroup) {
    this.#timers = timers;
  }

  /**
   * To be called when what was read is dealt with; resolves when the next may be read.
   *
   * @param count - how many messages were read together that are stored; what is not costs little
   */
  async rest(count: number): Promise<void> {
    if (count === 0 || !this.#isWorthwhile(count)) return;
    this.#isTrying = true;
    await new Promise<void>((resolve) => {
      this.#timers.after(restMs, resolve);
    });
  }

  #isWorthwhile(count: number): boolean {
    if (count >= manyMessages) return false;
    const now = this.#timers.now();
    if (this.#isTrying) {
      this.#isTrying = false;
      if (count > 1) {
        this.#backOffMs = firstBackOffMs;
        return true;
      }
      this.#tryFromMs = now + this.#backOffMs;
      this.#backOffMs = Math.min(2 * this.#backOffMs, longestBackOffMs);
      this.#readings = [];
    }
    this.#readings.push(now);
    if (this.#readings.length > busyReadings) this.#readings.shift();
    const isBusy = this.#readings.length === busyReadings && now - (this.#readings[0] ?? now) <= busyMs;
    return isBusy && now >= this.#tryFromMs;
  }
}
