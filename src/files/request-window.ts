/**
 * How much a receiver asks for ahead of what it has: enough to keep the line full, and no more, since
 * whatever it wants next waits behind that. Judges by how long answers take; measures nothing itself.
 */

const leastBytes = 2 * 1024 * 1024;
/** Where ranges are small, and several connections are to come to an end together. */
const leastRefinedBytes = 512 * 1024;
const firstBytes = 4 * 1024 * 1024;
const mostBytes = 16 * 1024 * 1024;
const stepBytes = 512 * 1024;
/** Answers that take longer have waited in a queue of our making, unless the line itself is that long. */
const shortMs = 250;

/** The window of one transfer. */
export class RequestWindow {
  #bytes = firstBytes;
  #leastBytes = leastBytes;
  #quickestMs = Number.POSITIVE_INFINITY;

  /** Octets that may be asked for and not have arrived. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Begins anew, with little where ranges are small from now on. */
  refine(isOn: boolean): void {
    this.#leastBytes = isOn ? leastRefinedBytes : leastBytes;
    this.#bytes = isOn ? leastRefinedBytes : firstBytes;
    this.#quickestMs = Number.POSITIVE_INFINITY;
  }

  /** Notes how long an answer took, from its request to its last octet. */
  note(elapsedMs: number): void {
    this.#quickestMs = Math.min(this.#quickestMs, elapsedMs);
    const wantedMs = Math.max(shortMs, 2 * this.#quickestMs);
    if (elapsedMs < wantedMs) this.#bytes = Math.min(this.#bytes + stepBytes, mostBytes);
    else if (elapsedMs > 2 * wantedMs) this.#bytes = Math.max(this.#bytes - stepBytes, this.#leastBytes);
  }
}
