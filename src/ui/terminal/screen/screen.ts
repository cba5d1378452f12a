/**
 * Draws frames on a terminal: only rows that have changed are sent, each to its place, and all of a frame at once. A terminal that
 * takes output more slowly than it comes gets the newest frame when it is ready again, and none in between.
 */

import type { PictureOverlay } from '../pictures/overlay.js';
import type { Display } from '../terminal.js';
import type { Frame } from './frame.js';

// Terminals that know this show nothing of a frame before its end; others ignore it.
const beginFrame = '\u001b[?2026h\u001b[?25l';
const endFrame = '\u001b[?25h\u001b[?2026l';
// Before the row: behind a full one the cursor stands on its last cell.
const eraseRow = '\u001b[0m\u001b[K';

/** What is on a terminal. */
export class Screen {
  readonly #output: Display;
  /** What pictures in the rows need beside them. */
  overlay: PictureOverlay | undefined;
  #rows: readonly string[] = [];
  #cursor = '';
  #waiting: Frame | undefined;
  #isClosed = false;

  constructor(output: Display) {
    this.#output = output;
  }

  /** Draws a frame, as far as it differs from the last one. */
  draw(frame: Frame): void {
    if (this.#output.writableNeedDrain) {
      if (this.#waiting === undefined) this.#output.once('drain', () => this.#drawWaiting());
      this.#waiting = frame;
      return;
    }
    const changed = frame.rows.flatMap((row, index) =>
      row === this.#rows[index] ? [] : [`${place(index, 0)}${eraseRow}${row}`],
    );
    const cursor = place(frame.cursor.row, frame.cursor.column);
    if (changed.length === 0 && cursor === this.#cursor) return;
    const { before, after } = this.overlay?.besides(frame.rows) ?? { before: '', after: '' };
    this.#rows = frame.rows;
    this.#cursor = cursor;
    this.#output.write(`${beginFrame}${before}${changed.join('')}${after}${cursor}${endFrame}`);
  }

  /** Clears the terminal: the next frame is drawn whole. */
  clear(): void {
    this.overlay?.reset();
    this.#rows = [];
    this.#cursor = '';
    if (!this.#isClosed) this.#output.write('\u001b[0m\u001b[H\u001b[2J');
  }

  /** Draws no more. */
  close(): void {
    this.#isClosed = true;
  }

  #drawWaiting(): void {
    const frame = this.#waiting;
    this.#waiting = undefined;
    if (frame !== undefined && !this.#isClosed) this.draw(frame);
  }
}

function place(row: number, column: number): string {
  return `\u001b[${row + 1};${column + 1}H`;
}
