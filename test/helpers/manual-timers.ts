/** Time that passes when the test says so. */
import type { Timers } from '../../src/conversation/timers.js';

interface Waiting {
  readonly dueMs: number;
  readonly delayMs: number;
  readonly action: () => void;
}

/** Timers that a test fires. */
export class ManualTimers implements Timers {
  #nowMs = 0;
  readonly #waiting = new Set<Waiting>();
  #onArmed: () => void = () => {};

  now(): number {
    return this.#nowMs;
  }

  after(delayMs: number, action: () => void): () => void {
    const one = { dueMs: this.#nowMs + delayMs, delayMs, action };
    this.#waiting.add(one);
    this.#onArmed();
    return () => void this.#waiting.delete(one);
  }

  /** Lets time pass, and what is due happen in its order. */
  pass(durationMs: number): void {
    const endMs = this.#nowMs + durationMs;
    for (;;) {
      const [next] = [...this.#waiting].filter(({ dueMs }) => dueMs <= endMs).sort((a, b) => a.dueMs - b.dueMs);
      if (next === undefined) break;
      this.#waiting.delete(next);
      this.#nowMs = Math.max(this.#nowMs, next.dueMs);
      next.action();
    }
    this.#nowMs = endMs;
  }

  /** Waits until a delay of that kind is waited for, lets just so much time pass, and returns it. */
  async passWhenArmed(isMeant: (delayMs: number) => boolean): Promise<number> {
    const { dueMs, delayMs } = await this.whenArmed(isMeant);
    this.pass(Math.max(dueMs - this.#nowMs, 0));
    return delayMs;
  }

  /** Waits until a delay of that kind is waited for. */
  async whenArmed(isMeant: (delayMs: number) => boolean): Promise<Waiting> {
    for (;;) {
      const found = [...this.#waiting].find(({ delayMs }) => isMeant(delayMs));
      if (found !== undefined) return found;
      await new Promise<void>((resolve) => {
        this.#onArmed = resolve;
      });
    }
  }
}
