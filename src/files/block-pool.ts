/** The blocks in which what arrives of one file is gathered until it is on the disk: so many, over however many connections. */

/** The blocks of one transfer. */
export class BlockPool {
  readonly #free: Buffer[];
  readonly #sizeBytes: number;
  readonly #fullFrom: number;
  readonly #listeners = new Set<() => void>();
  #used = 0;

  /** @param free - those to be used; where there are none, any will do */
  constructor(free: Buffer[], { count, sizeBytes }: { readonly count: number; readonly sizeBytes: number }) {
    this.#free = free;
    this.#sizeBytes = sizeBytes;
    // What is read already may still fill another one or two.
    this.#fullFrom = count - 2;
  }

  /** Whether nothing more should be read: the disk is behind. */
  get isFull(): boolean {
    return this.#used >= this.#fullFrom;
  }

  take(): Buffer {
    this.#used += 1;
    return this.#free.pop() ?? Buffer.allocUnsafeSlow(this.#sizeBytes);
  }

  release(block: Buffer): void {
    this.#free.push(block);
    this.#used -= 1;
    if (this.#used === this.#fullFrom - 1) for (const listener of this.#listeners) listener();
  }

  /** Calls `listener` whenever it is full no more. @returns what ends that */
  onRoom(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}
