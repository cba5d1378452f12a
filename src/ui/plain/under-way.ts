/** Work that was begun in order and need not be waited for one by one: texts of a program, which reach the disk together. */

/** As many as go to the disk at once, and as many that come meanwhile. */
const mostAtOnce = 512;

/** What is under way. */
export class UnderWay {
  readonly #all = new Set<Promise<void>>();
  readonly #onDone: () => void;

  /** @param onDone - called when some of it is done, and not counted any more */
  constructor(onDone: () => void) {
    this.#onDone = onDone;
  }

  /** How much there is. */
  get count(): number {
    return this.#all.size;
  }

  /** Adds work, which must not reject; resolves when there is room for more. */
  async add(work: Promise<void>): Promise<void> {
    const tracked = work.finally(() => {
      this.#all.delete(tracked);
      this.#onDone();
    });
    this.#all.add(tracked);
    if (this.#all.size >= mostAtOnce) await Promise.race(this.#all);
  }

  /** Resolves when all of it is done. */
  async done(): Promise<void> {
    await Promise.all(this.#all);
  }
}
