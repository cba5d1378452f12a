/**
 * How much a receiver asks for ahead of what it has: enough to keep the line full, and no more, since whatever it wants
 * next, where somebody jumps in a film, waits behind that. Judges by when answers come; measures nothing itself.
 */

const leastBytes = 256 * 1024;
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
  /** Of the last answers: their octets, and how long those came. */
  #lineBytes = 0;
  #lineMs = 0;
  /** There and back, at its shortest. */
  #wayMs = Number.POSITIVE_INFINITY;

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
    this.#wayMs = Number.POSITIVE_INFINITY;
  }

  /** Notes that an answer has come whole: when it was asked for, when its first octets came, and its last ones. */
  note(sizeBytes: number, askedMs: number, beganMs: number, nowMs: number): void {
    this.#lineBytes = this.#lineBytes * remembered + sizeBytes;
    this.#lineMs = this.#lineMs * remembered + nowMs - beganMs;
    this.#wayMs = Math.min(this.#wayMs, beganMs - askedMs);
    const wantedBytes = (this.#lineBytes / Math.max(this.#lineMs, 1)) * (aheadMs + this.#wayMs);
    const step = Math.min(Math.max(wantedBytes - this.#bytes, -stepBytes), stepBytes);
    this.#bytes = Math.min(Math.max(this.#bytes + step, leastBytes), mostBytes);
  }
}
