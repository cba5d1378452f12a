/**
 * What a terminal needs beside the rows of a frame, so that the pictures in them are seen: what it is told of a picture
 * before, and what is drawn over the room that its rows leave. Pictures are found again by their rows, no two of which
 * are the same; nothing may stand to the right of them.
 */
import stringWidth from 'string-width';
import type { Picture } from './picture.js';

/** What to write before the changed rows of a frame, and behind them. The cursor ends anywhere. */
export interface Besides {
  readonly before: string;
  readonly after: string;
}

interface PictureRow {
  readonly picture: Picture;
  readonly index: number;
}

/** A picture on the screen, as far as it is in sight. */
interface Sight {
  readonly picture: Picture;
  readonly firstRow: number;
  rowCount: number;
  readonly row: number;
  readonly column: number;
}

/** The pictures of one terminal. */
export class PictureOverlay {
  readonly #known = new Map<string, PictureRow>();
  readonly #transmitted = new Set<Picture>();
  #erase = '';
  #rows: readonly string[] = [];

  /** Takes a picture in; its rows may be in frames from now on. */
  add(picture: Picture): void {
    if (picture.transmit === undefined && picture.draw === undefined) return;
    for (const [index, row] of picture.rows.entries()) this.#known.set(row, { picture, index });
  }

  /** Forgets a picture; its rows are in no frame any more. */
  remove(picture: Picture): void {
    for (const row of picture.rows) this.#known.delete(row);
    if (this.#transmitted.delete(picture)) this.#erase += picture.erase ?? '';
  }

  /** What belongs to a frame of these rows, which differs from the one before in some of them: those were written anew. */
  besides(rows: readonly string[]): Besides {
    const sights = this.#sightsIn(rows);
    const before = this.#erase + sights.map(({ picture }) => this.#transmit(picture)).join('');
    const after = sights
      .filter(({ row, rowCount }) => rows.slice(row, row + rowCount).some((text, at) => text !== this.#rows[row + at]))
      .map(drawn);
    this.#erase = '';
    this.#rows = rows;
    return { before, after: after.join('') };
  }

  /** The screen was cleared, or entered anew: nothing of the last frame is there. */
  reset(): void {
    this.#rows = [];
    this.#transmitted.clear();
  }

  #transmit(picture: Picture): string {
    if (picture.transmit === undefined || this.#transmitted.has(picture)) return '';
    this.#transmitted.add(picture);
    return picture.transmit;
  }

  #sightsIn(rows: readonly string[]): Sight[] {
    const sights: Sight[] = [];
    for (const [row, text] of rows.entries()) {
      const start = text.lastIndexOf('\x1b[38;2;');
      const found = start < 0 ? undefined : this.#known.get(text.slice(start));
      if (found === undefined) continue;
      const { picture, index } = found;
      const last = sights.at(-1);
      const goesOn =
        last?.picture === picture && last.row + last.rowCount === row && last.firstRow + last.rowCount === index;
      if (goesOn) last.rowCount += 1;
      else sights.push({ picture, firstRow: index, rowCount: 1, row, column: stringWidth(text.slice(0, start)) });
    }
    return sights;
  }
}

function drawn({ picture, firstRow, rowCount, row, column }: Sight): string {
  if (picture.draw === undefined) return '';
  return `\x1b[${row + 1};${column + 1}H${picture.draw(firstRow, rowCount)}`;
}
