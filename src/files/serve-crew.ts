/** The connections beside the first over which a file is served, each for itself; the receiver opens and ends them. */
import type { Duplex } from 'node:stream';
import { isQTChatError } from '../errors.js';
import { broken, closeInOrder } from './stream-end.js';

/** The further connections of one transfer, at its sender. */
export class ServeCrew {
  readonly #serve: (stream: Duplex) => Promise<void>;
  readonly #streams = new Set<Duplex>();
  readonly #ending = new AbortController();
  /** Rejects when one of them shows that the file cannot be served; never resolves. */
  readonly failure: Promise<never>;
  #fail: (error: unknown) => void = () => {};

  /** @param serve - answers what is asked for on a connection, until the receiver ends its side */
  constructor(serve: (stream: Duplex) => Promise<void>) {
    this.#serve = serve;
    this.failure = new Promise((_, reject) => {
      this.#fail = reject;
    });
    this.failure.catch(() => {});
  }

  /** How many there are. */
  get size(): number {
    return this.#streams.size;
  }

  /** Aborts when nothing more is served. */
  get signal(): AbortSignal {
    return this.#ending.signal;
  }

  /** Serves another one. */
  async add(stream: Duplex): Promise<void> {
    this.#streams.add(stream);
    try {
      this.signal.throwIfAborted();
      await this.#serve(stream);
      closeInOrder(stream);
    } catch (error) {
      stream.destroy();
      // It alone broke; whatever else is wrong concerns the file.
      if (!isQTChatError(error, 'ERR_FILE_INTERRUPTED')) this.#fail(error);
    } finally {
      this.#streams.delete(stream);
    }
  }

  /** Breaks off those that are left, and that are to come. */
  end(): void {
    this.#ending.abort(broken(undefined));
    for (const stream of this.#streams) stream.destroy();
  }
}
