/**
 * Keys that are made before they are asked for. An RSA key takes long, so some lie ready; one on a curve takes next to
 * nothing, but asking another thread for it does, so they come many at a time.
 */
import { QTChatError } from '../../src/errors.js';
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

/** Keys of one kind, in memory until they are taken. */
export class KeyPool {
  readonly #make: (count: number) => Promise<readonly FreshKey[]>;
  readonly #stock: Stock;
  readonly #ready: FreshKey[] = [];
  #making: Promise<void> | undefined;
  #isClosed = false;

  /** @param make - makes so many keys */
  constructor(type: KeyType, make: (count: number) => Promise<readonly FreshKey[]>) {
    this.#make = make;
    this.#stock = type.startsWith('rsa') ? rsaStock : otherStock;
  }

  /**
   * A key that nobody else gets.
   *
   * @throws {QTChatError} `ERR_INTERNAL` once it is closed; what making keys throws, and the next call tries again
   */
  async take(): Promise<FreshKey> {
    for (;;) {
      if (this.#isClosed) throw new QTChatError('ERR_INTERNAL', 'no keys are made any more: the server is ending');
      const key = this.#ready.shift();
      if (key !== undefined) {
        this.fill();
        return key;
      }
      await this.#makeSome();
    }
  }

  /** Begins to make keys until enough lie ready. */
  fill(): void {
    const missing = this.#stock.ready - this.#ready.length;
    // What cannot be made now is missed by the next who asks, and said there.
    if (!this.#isClosed && missing >= this.#stock.atOnce) this.#makeSome().catch(() => {});
  }

  /** Makes no more, and forgets what lies ready. */
  close(): void {
    this.#isClosed = true;
    this.#ready.length = 0;
  }

  /** One batch at a time; whoever waits shares it. */
  #makeSome(): Promise<void> {
    this.#making ??= this.#make(this.#stock.atOnce).then(
      (keys) => {
        this.#making = undefined;
        if (this.#isClosed) return;
        this.#ready.push(...keys);
        this.fill();
      },
      (error: unknown) => {
        this.#making = undefined;
        throw error;
      },
    );
    return this.#making;
  }
}
