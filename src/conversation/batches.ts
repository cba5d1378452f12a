/** Work that comes while work of its kind is being done waits for it, and is then done together. */
import { setImmediate } from 'node:timers/promises';

interface Waiting<Item, Result> {
  readonly item: Item;
  readonly resolve: (result: Result) => void;
  readonly reject: (error: unknown) => void;
}

/** Bounds how long the first of a batch waits for the last, and how much fails together. */
const batchLimit = 256;

/** Gathers items into batches, one at a time, in the order in which they were added. */
export class Batches<Item, Result> {
  readonly #work: (items: readonly Item[]) => Promise<readonly Result[]>;
  readonly #waiting: Waiting<Item, Result>[] = [];
  #isWorking = false;

  /** @param work - does what was gathered, and returns a result for each item; where it rejects, all of them are rejected */
  constructor(work: (items: readonly Item[]) => Promise<readonly Result[]>) {
    this.#work = work;
  }

  /** Adds an item; resolves with its result. */
  add(item: Item): Promise<Result> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ item, resolve, reject });
      if (this.#isWorking) return;
      this.#isWorking = true;
      // What is added in one go is done in one go.
      queueMicrotask(() => void this.#drain());
    });
  }

  async #drain(): Promise<void> {
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.splice(0, batchLimit);
      try {
        const results = await this.#work(batch.map(({ item }) => item));
        for (const [index, { resolve }] of batch.entries()) resolve(results[index] as Result);
      } catch (error) {
        for (const { reject } of batch) reject(error);
      }
      // A database that works on this thread would let nobody else have a word.
      await setImmediate();
    }
    this.#isWorking = false;
  }
}
