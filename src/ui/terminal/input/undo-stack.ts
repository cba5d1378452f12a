/** What an input line was before. */

/** A text, and where in it the cursor stands. */
export interface LineState {
  readonly text: string;
  readonly cursor: number;
}

const maximumStates = 100;

/** Earlier states of a line, the newest last. */
export class UndoStack {
  #states: LineState[] = [];
  #kind: string | undefined;

  /**
   * Keeps a state before it changes. Changes of one kind in a row are taken back together, as with letters that were
   * typed one after the other; those without a kind are not.
   */
  keep(state: LineState, kind?: string): void {
    if (kind === undefined || kind !== this.#kind) this.#states.push(state);
    if (this.#states.length > maximumStates) this.#states.shift();
    this.#kind = kind;
  }

  /** Says that what comes next does not belong to what was before. */
  part(): void {
    this.#kind = undefined;
  }

  /** The state before the last change. */
  pop(): LineState | undefined {
    this.part();
    return this.#states.pop();
  }

  clear(): void {
    this.part();
    this.#states = [];
  }
}
