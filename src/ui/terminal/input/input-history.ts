/** What was sent before, to be sent again. In memory only. */

const maximumEntries = 500;

/** Lines that were sent, and how far one has gone back in them. */
export class InputHistory {
  readonly #entries: string[] = [];
  // Where one is: the place behind the last entry is the line that one has not finished.
  #place = 0;
  #draft = '';

  /** Remembers a line, unless it is the last one again, and comes back to the present. */
  add(line: string): void {
    if (line !== '' && this.#entries.at(-1) !== line) this.#entries.push(line);
    if (this.#entries.length > maximumEntries) this.#entries.shift();
    this.leave();
  }

  /** Comes back to the present; the line that was not finished is forgotten. */
  leave(): void {
    this.#place = this.#entries.length;
    this.#draft = '';
  }

  /** The line before; undefined at the first one. `current` is kept when it is the unfinished one. */
  older(current: string): string | undefined {
    if (this.#place === 0) return undefined;
    if (this.#place === this.#entries.length) this.#draft = current;
    this.#place -= 1;
    return this.#entries[this.#place];
  }

  /** The line behind, in the end the unfinished one; undefined when one is there. */
  newer(): string | undefined {
    if (this.#place === this.#entries.length) return undefined;
    this.#place += 1;
    return this.#entries[this.#place] ?? this.#draft;
  }
}
