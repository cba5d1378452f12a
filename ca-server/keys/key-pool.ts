/**
 * Keys that are made before they are asked for. An RSA key takes as long as hundreds of enrolments, so some lie
 * ready; one on a curve takes next to nothing, but asking another thread for it does, so they come many at a time.
 */
import type { FreshKey } from '../../src/pki/fresh-key.js';
import type { KeyType } from '../../src/pki/key-type.js';

/** How many keys are to lie ready, and how many are made at a time. */
interface Stock {
  readonly ready: number;
  /** Of RSA keys one: who serves has the other cores. */
  readonly atOnce: number;
}

const rsaStock: Stock = { ready: 16, atOnce: 1 };
const otherStock: Stock = { ready: 64, atOnce: 32 };

interface Waiting {
  readonly resolve: (key: FreshKey) => void;
  readonly reject: (error: unknown) => void;
}

/** Keys of one kind. It begins to make them with the first one that is asked for, or by {@link fill}. */
export class KeyPool {
  readonly #make: (count: number) => Promise<readonly FreshKey[]>;
  readonly #stock: Stock;
  readonly #ready: FreshKey[] = [];
  readonly #waiting: Waiting[] = [];
  #isMaking = false;
  #isClosed = false;

  /** @param make - makes so many keys */
  constructor(type: KeyType, make: (count: number) => Promise<readonly FreshKey[]>) {
    this.#make = make;
    this.#stock = type.startsWith('rsa') ? rsaStock : otherStock;
  }

  /**
   * A key that nobody else gets.
   *
   * @throws what making it throws; the next call tries again
   */
  take(): Promise<FreshKey> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
      this.#serve();
      this.fill();
    });
  }

  /** Makes keys until enough lie ready, unless it is at it already. */
  fill(): void {
    const { ready, atOnce } = this.#stock;
    const missing = ready + this.#waiting.length - this.#ready.length;
    // Whole batches only, unless somebody waits.
    if (this.#isMaking || this.#isClosed || (missing < atOnce && this.#waiting.length === 0)) return;
    this.#isMaking = true;
    void this.#makeSome(Math.min(atOnce, missing));
  }

  /** Makes no more, and forgets what lies ready. */
  close(): void {
    this.#isClosed = true;
    this.#ready.length = 0;
  }

  async #makeSome(count: number): Promise<void> {
    try {
      this.#ready.push(...(await this.#make(count)));
      this.#isMaking = false;
      if (this.#isClosed) this.#ready.length = 0;
      this.#serve();
      this.fill();
    } catch (error) {
      this.#isMaking = false;
      for (const { reject } of this.#waiting.splice(0)) reject(error);
    }
  }

  #serve(): void {
    while (this.#ready.length > 0) {
      const next = this.#waiting.shift();
      if (next === undefined) return;
      const key = this.#ready.shift();
      if (key !== undefined) next.resolve(key);
    }
  }
}
