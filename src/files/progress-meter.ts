/** How fast a file goes, and when to say so: at most ten times a second, however many octets come. */

/** How far a file is. */
export interface FileProgress {
  readonly doneBytes: number;
  /** Octets a second lately; undefined until something can be said. */
  readonly bytesPerSecond?: number;
  /** How long the rest will take at that rate, in milliseconds. */
  readonly leftMs?: number;
}

/** What is said of the speed is of so long before. */
const memoryMs = 3_000;
const firstWordAfterMs = 300;

/** Measures one transfer. */
export class ProgressMeter {
  readonly #sizeBytes: number;
  readonly #intervalMs: number;
  readonly #samples: { readonly atMs: number; readonly doneBytes: number }[];
  #saidAtMs = Number.NEGATIVE_INFINITY;
  #isEndSaid = false;

  /**
   * @param doneBytes - what was there before
   * @param intervalMs - what lies between two reports
   */
  constructor(sizeBytes: number, doneBytes: number, nowMs: number, intervalMs: number) {
    this.#sizeBytes = sizeBytes;
    this.#intervalMs = intervalMs;
    this.#samples = [{ atMs: nowMs, doneBytes }];
  }

  /** Notes how far the file is; returns what is to be reported, where it is time. The end is reported at once, once. */
  note(doneBytes: number, nowMs: number): FileProgress | undefined {
    // A receiver that asks for the same again and again is at the end of it again and again.
    const isEnd = doneBytes >= this.#sizeBytes && !this.#isEndSaid;
    if (nowMs - this.#saidAtMs < this.#intervalMs && !isEnd) return undefined;
    this.#isEndSaid ||= isEnd;
    this.#saidAtMs = nowMs;
    this.#samples.push({ atMs: nowMs, doneBytes });
    while (this.#samples.length > 2 && nowMs - (this.#samples[1]?.atMs ?? nowMs) > memoryMs) this.#samples.shift();
    const oldest = this.#samples[0] ?? { atMs: nowMs, doneBytes };
    const elapsedMs = nowMs - oldest.atMs;
    if (elapsedMs < firstWordAfterMs) return { doneBytes };
    const bytesPerSecond = Math.round(((doneBytes - oldest.doneBytes) / elapsedMs) * 1000);
    if (bytesPerSecond <= 0) return { doneBytes, bytesPerSecond: 0 };
    return { doneBytes, bytesPerSecond, leftMs: Math.round(((this.#sizeBytes - doneBytes) / bytesPerSecond) * 1000) };
  }
}
