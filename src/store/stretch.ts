/**
 * For many small calls that block: each takes less time than it takes to wake a thread that makes it, but all of them
 * would keep everybody else waiting.
 */
import { setImmediate } from 'node:timers/promises';

const stretchMs = 10;

/** Work at a stretch, with pauses. */
export class Stretch {
  #sinceMs = performance.now();

  /** To be awaited after each call: lets everybody else have a turn now and then. */
  async rest(): Promise<void> {
    if (performance.now() - this.#sinceMs < stretchMs) return;
    await setImmediate();
    this.#sinceMs = performance.now();
  }
}
