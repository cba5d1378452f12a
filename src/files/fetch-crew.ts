/**
 * Fetches one file over several connections that share what there is to be asked for: the first, over which the
 * transfer began and with which it ends, and others that come and go. One that breaks gives back what it did not bring.
 */
import type { Duplex } from 'node:stream';
import { isQTChatError } from '../errors.js';
import type { FileRange } from '../protocol/file-stream.js';
import type { RangeFetcher, Ranges, TakeAnswer } from './fetch-ranges.js';
import type { RangePlan } from './range-plan.js';
import { broken, closeInOrder } from './stream-end.js';

/** What a crew needs. */
export interface FetchCrewOptions {
  readonly plan: RangePlan;
  readonly take: TakeAnswer;
  /** Reads a connection. */
  readonly fetcherOf: (stream: Duplex) => RangeFetcher;
  /** Opens another connection to the sender; rejects where there can be none, or when `signal` aborts. */
  readonly open: (signal: AbortSignal) => Promise<Duplex>;
  /** Ends all of it. */
  readonly signal: AbortSignal;
}

/** A connection beside the first. */
interface Helper {
  readonly stream: Duplex;
  readonly fetcher: RangeFetcher;
  /** Whether it is to end with what it was asked for. */
  isLeaving: boolean;
}

/** The connections of one transfer, at its receiver. */
export class FetchCrew {
  readonly #first: RangeFetcher;
  readonly #options: FetchCrewOptions;
  readonly #helpers = new Map<Helper, Promise<void>>();
  readonly #failure: Promise<never>;
  #fail: (error: unknown) => void = () => {};
  #formerBytes = 0;
  readonly #ending = new AbortController();

  constructor(first: RangeFetcher, options: FetchCrewOptions) {
    this.#first = first;
    this.#options = options;
    this.#failure = new Promise((_, reject) => {
      this.#fail = reject;
    });
    this.#failure.catch(() => {});
  }

  /** How many there are, without those that only end what they have begun. */
  get connections(): number {
    return 1 + this.#staying.length;
  }

  /** Whether another one would have something to do. */
  get hasMore(): boolean {
    return this.#options.plan.hasMore;
  }

  /** Octets that have come. */
  get receivedBytes(): number {
    const bytes = [...this.#helpers.keys()].reduce((sum, { fetcher }) => sum + fetcher.receivedBytes, 0);
    return this.#first.receivedBytes + this.#formerBytes + bytes;
  }

  /**
   * Fetches all that the plan holds, and resolves when all is taken.
   *
   * @throws {QTChatError} as {@link RangeFetcher.fetch} of the first; of the others, but that they broke
   */
  async fetch(): Promise<void> {
    const { plan, take, signal } = this.#options;
    const onAbort = (): void => this.#fail(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
    // The sender has no root before it has answered for all chunks, over all connections.
    const ranges: Ranges = {
      next: (mostBytes) => (this.#helpers.size > 0 ? nextChunks(plan, mostBytes) : plan.next(mostBytes)),
    };
    try {
      for (;;) {
        await Promise.race([this.#first.fetch(ranges, take), this.#failure]);
        if (plan.isRootAsked) return;
        if (this.#helpers.size > 0) await Promise.race([...this.#helpers.values(), this.#failure]);
      }
    } finally {
      signal.removeEventListener('abort', onAbort);
      this.#ending.abort(broken(undefined));
      for (const { stream } of this.#helpers.keys()) stream.destroy();
      await Promise.all(this.#helpers.values());
    }
  }

  /** Opens another connection. @returns whether it is there now */
  async open(): Promise<boolean> {
    const { plan, fetcherOf, open } = this.#options;
    try {
      const stream = await open(this.#ending.signal);
      if (this.#ending.signal.aborted || plan.isRootAsked) {
        closeInOrder(stream);
        return false;
      }
      const helper = { stream, fetcher: fetcherOf(stream), isLeaving: false };
      if (this.#helpers.size === 0) this.#refine(true);
      this.#helpers.set(helper, this.#help(helper));
      return true;
    } catch {
      return false;
    }
  }

  /** Lets the connection that was opened last bring what it was asked for, and end. */
  closeLast(): void {
    const last = this.#staying.pop();
    if (last !== undefined) last.isLeaving = true;
  }

  get #staying(): Helper[] {
    return [...this.#helpers.keys()].filter(({ isLeaving }) => !isLeaving);
  }

  // In small ranges all connections come to an end at about the same time, however slow they are.
  #refine(isOn: boolean): void {
    this.#options.plan.refine(isOn);
    this.#first.refine();
  }

  async #help(helper: Helper): Promise<void> {
    const { plan, take } = this.#options;
    const { fetcher, stream } = helper;
    const ranges: Ranges = { next: (mostBytes) => (helper.isLeaving ? nothing : nextChunks(plan, mostBytes)) };
    try {
      await fetcher.fetch(ranges, take);
      closeInOrder(stream);
    } catch (error) {
      for (const range of fetcher.unanswered) plan.giveBack(range);
      stream.destroy();
      // It alone broke; whatever else is wrong concerns the file.
      if (!isQTChatError(error, 'ERR_FILE_INTERRUPTED')) this.#fail(error);
    } finally {
      this.#helpers.delete(helper);
      this.#formerBytes += fetcher.receivedBytes;
      if (this.#helpers.size === 0) this.#refine(false);
      this.#first.askOn();
    }
  }
}

const nothing = { done: true, value: undefined } as const;

function nextChunks(plan: RangePlan, mostBytes: number): IteratorResult<FileRange, undefined> {
  const value = plan.nextChunks(mostBytes);
  return value === undefined ? nothing : { done: false, value };
}
