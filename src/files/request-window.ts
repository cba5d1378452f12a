/**
 * How much a receiver asks for ahead of what it has: enough to keep the line full, and no more, since
 * whatever it wants next waits behind that. Judges by how long answers take; measures nothing itself.
 */

const leastBytes = 2 * 1024 * 1024;
const firstBytes = 4 * 1024 * 1024;
const mostBytes = 16 * 1024 * 1024;
const stepBytes = 512 * 1024;
/** Answers that take longer have waited in a queue of our making, unless the line itself is that long. */
const shortMs = 250;

/** The window of one transfer. */
export class RequestWindow {
  #bytes = firstBytes;
  #quickestMs = Number.POSITIVE_INFINITY;

  /** Octets that may be asked for and not have arrived. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Notes how long an answer took, from its request to its last octet. */
  note(elapsedMs: number): void {
    this.#quickestMs = Math.min(this.#quickestMs, elapsedMs);
    const wantedMs = Math.max(shortMs, 2 * this.#quickestMs);
    if (elapsedMs < wantedMs) this.#bytes = Math.min(this.#bytes + stepBytes, mostBytes);
    else if (elapsedMs > 2 * wantedMs) this.#bytes = Math.max(this.#bytes - stepBytes, leastBytes);
  }
}
