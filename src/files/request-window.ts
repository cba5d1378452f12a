/**
 * How much a receiver asks for ahead of what it has: enough to keep the line full, and no more, since whatever it wants
 * next, where somebody jumps in a film, waits behind that. Judges by when answers come; measures nothing itself.
 */

const leastBytes = 512 * 1024;
const mostBytes = 16 * 1024 * 1024;
const stepBytes = 512 * 1024;
/** What is asked for ahead may take so long to come, beside the way there and back. */
const aheadMs = 500;
/** How much each answer counts of those before it. */
const remembered = 7 / 8;
/** One range is at most this part of all that is asked for: a longer one would come late as a whole. */
const rangesAhead = 4;

/** The window of one connection. */
export class RequestWindow {
  #bytes = leastBytes;
  #lastMs = Number.NEGATIVE_INFINITY;
  /** Of the last answers: their octets, and how long the line took for them. */
  #lineBytes = 0;
  #lineMs = 0;
  #quickest = { sizeBytes: 0, elapsedMs: Number.POSITIVE_INFINITY };

  /** Octets that may be asked for and not have arrived. */
  get bytes(): number {
    return this.#bytes;
  }

  /** As many octets as one range is to have. */
  get rangeBytes(): number {
    return this.#bytes / rangesAhead;
  }

  /** Begins anew: the line is another one, or shared with others from now on. */
  reset(): void {
    this.#bytes = leastBytes;
    this.#lineBytes = 0;
    this.#lineMs = 0;
    this.#quickest = { sizeBytes: 0, elapsedMs: Number.POSITIVE_INFINITY };
  }

  /** Notes that an answer has come whole, in the order in which they were asked for. */
  note(sizeBytes: number, askedAtMs: number, nowMs: number): void {
    const elapsedMs = nowMs - askedAtMs;
    this.#lineBytes = this.#lineBytes * remembered + sizeBytes;
    this.#lineMs = this.#lineMs * remembered + nowMs - Math.max(askedAtMs, this.#lastMs);
    this.#lastMs = nowMs;
    if (elapsedMs < this.#quickest.elapsedMs) this.#quickest = { sizeBytes, elapsedMs };
    const bytesPerMs = this.#lineBytes / Math.max(this.#lineMs, 1);
    // Of the quickest answer, what was not its own length is the way.
    const wayMs = Math.max(0, this.#quickest.elapsedMs - this.#quickest.sizeBytes / bytesPerMs);
    const wantedBytes = bytesPerMs * (aheadMs + wayMs);
    const step = Math.min(Math.max(wantedBytes - this.#bytes, -stepBytes), stepBytes);
    this.#bytes = Math.min(Math.max(this.#bytes + step, leastBytes), mostBytes);
  }
}
