/** Time that passes while we wait: the system's, or a test's. What time it is, the clock says. */

import type { CallTimers } from '../calls/call-timing.js';

export { systemTimers } from '../calls/call-timing.js';
/** Timers; their delays are milliseconds, at most 24 days. */
export type Timers = CallTimers;

/** Timers that are called off together. */
export class TimerGroup implements Timers {
  readonly #timers: Timers;
  readonly #waiting = new Set<() => void>();
  #isOver = false;

  constructor(timers: Timers) {
    this.#timers = timers;
  }

  now(): number {
    return this.#timers.now();
  }

  after(delayMs: number, action: () => void): () => void {
    if (this.#isOver) return () => {};
    const callOff = this.#timers.after(delayMs, () => {
      this.#waiting.delete(callOff);
      action();
    });
    this.#waiting.add(callOff);
    return () => {
      this.#waiting.delete(callOff);
      callOff();
    };
  }

  /** Takes what calls something else off. */
  add(callOff: () => void): void {
    this.#waiting.add(callOff);
  }

  /** Calls everything off that waits; what is asked for later never comes. */
  callOff(): void {
    this.#isOver = true;
    for (const callOff of this.#waiting) callOff();
    this.#waiting.clear();
  }
}
