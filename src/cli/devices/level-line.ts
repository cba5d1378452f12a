/** How loud the microphone is, as a bar that moves on the last line of a terminal; without a terminal there is none. */
import type { Deps } from '../deps.js';

const width = 40;
/** Back to the first column; clear the line. */
const clearLine = '\r\u001b[K';

/** A bar that shows one level after the other in the same place. */
export class LevelLine {
  readonly #stderr: Deps['stderr'];
  readonly #isShown: boolean;

  constructor({ stderr, busyAfterMs }: Pick<Deps, 'stderr' | 'busyAfterMs'>) {
    this.#stderr = stderr;
    this.#isShown = stderr.isTTY === true && busyAfterMs !== Number.POSITIVE_INFINITY;
  }

  /** Shows a level, 0 to 1. */
  show(level: number): void {
    if (!this.#isShown) return;
    const full = Math.round(level * width);
    this.#stderr.write(`${clearLine}You ${'█'.repeat(full)}${'░'.repeat(width - full)}`);
  }

  /** Leaves the line as it was. */
  end(): void {
    if (this.#isShown) this.#stderr.write(clearLine);
  }
}
