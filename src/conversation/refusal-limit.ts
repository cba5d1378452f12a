/**
 * Keeps strangers from flooding the screen: a refusal that repeats is told once a minute, with how
 * often it came. Counts only; what is said, and how, is decided elsewhere.
 */

const quietMs = 60_000;
// Hosts and reasons are partly of the stranger's choosing; beyond this many they share one line.
const maximumLines = 16;

/** The refusals of one conversation. */
export class RefusalLimit {
  readonly #clock: () => Date;
  readonly #lines = new Map<string, { toldAt: number; silent: number }>();

  constructor(clock: () => Date) {
    this.#clock = clock;
  }

  /**
   * Notes one refusal.
   *
   * @returns how many of its kind there were since the last one told, this one included; undefined
   *   when it is not to be told now
   */
  count(host: string | undefined, reason: string): number | undefined {
    const now = this.#clock().getTime();
    const line = this.#lineOf(JSON.stringify([host ?? '', reason]), now);
    if (isQuiet(line, now)) {
      line.silent += 1;
      return undefined;
    }
    const count = line.silent + 1;
    line.toldAt = now;
    line.silent = 0;
    return count;
  }

  #lineOf(key: string, now: number): { toldAt: number; silent: number } {
    const known = this.#lines.get(key);
    if (known !== undefined) return known;
    if (this.#lines.size >= maximumLines) {
      for (const [old, line] of this.#lines) if (!isQuiet(line, now)) this.#lines.delete(old);
    }
    const place = this.#lines.size >= maximumLines - 1 ? 'all others' : key;
    const line = this.#lines.get(place) ?? { toldAt: Number.NEGATIVE_INFINITY, silent: 0 };
    this.#lines.set(place, line);
    return line;
  }
}

// A clock that was put back must not keep a line quiet for longer than it should be.
function isQuiet({ toldAt }: { toldAt: number }, now: number): boolean {
  return now >= toldAt && now - toldAt < quietMs;
}
