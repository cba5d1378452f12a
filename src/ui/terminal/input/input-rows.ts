/** The input line as rows of the screen, and where in them the cursor stands. */
import { escapeText } from '../../text/escape-text.js';
import { cellsOf, cut, graphemesOf } from '../layout/cells.js';
import { tabSpaces } from './clean-text.js';

/** What is shown, and how much room there is for it. */
export interface InputRowsOptions {
  readonly text: string;
  /** In UTF-16 units, between graphemes. */
  readonly cursor: number;
  /** Before the first row; the others are indented alike. Cut when it takes more than half of the width. */
  readonly prompt: string;
  /** In cells. */
  readonly width: number;
  readonly maximumRows: number;
}

/** Rows, none wider than the width, nor ever with half a wide character at its end. */
export interface InputRows {
  /** At least one. */
  readonly rows: readonly string[];
  /** The cell of the cursor, from 0. */
  readonly cursor: { readonly row: number; readonly column: number };
  /** There is more above. */
  readonly isCutAbove: boolean;
  /** There is more below. */
  readonly isCutBelow: boolean;
}

interface Row {
  readonly text: string;
  /** Where in the line it begins. */
  readonly start: number;
}

/**
 * Breaks the input line into rows. When there are more than fit, those around the cursor are shown.
 *
 * Only lines near the cursor are measured, so that a long text does not make typing slow.
 */
export function inputRows({ text, cursor, prompt, width, maximumRows }: InputRowsOptions): InputRows {
  const cells = Math.max(width, 1);
  const most = Math.max(maximumRows, 1);
  const lead = cut(escapeText(prompt), Math.floor(cells / 2));
  const indent = ' '.repeat(cellsOf(lead));
  const room = cells - indent.length;

  const lineStart = cursor === 0 ? 0 : text.lastIndexOf('\n', cursor - 1) + 1;
  const line = lineAt(text, lineStart);
  const here = rowsOf(line, room);
  const at = placeOf(cursor - lineStart, line, here, room);
  if (at.row === here.length) here.push({ text: '', start: cursor - lineStart });

  const above = rowsAbove(text, lineStart, room, most);
  const below = rowsBelow(text, lineStart, room, most);
  const all = [...above.rows, ...here, ...below.rows].map((row) => row.text);
  const cursorRow = above.rows.length + at.row;
  const first = Math.max(0, Math.min(cursorRow - Math.floor(most / 2), all.length - most));
  const isCutAbove = first > 0 || above.isCut;
  return {
    rows: all.slice(first, first + most).map((row, index) => (index === 0 && !isCutAbove ? lead : indent) + row),
    cursor: { row: cursorRow - first, column: indent.length + at.column },
    isCutAbove,
    isCutBelow: first + most < all.length || below.isCut,
  };
}

function rowsAbove(text: string, lineStart: number, room: number, most: number): { rows: Row[]; isCut: boolean } {
  let rows: Row[] = [];
  let start = lineStart;
  while (start > 0 && rows.length < most) {
    const end = start - 1;
    start = end === 0 ? 0 : text.lastIndexOf('\n', end - 1) + 1;
    rows = [...rowsOf(text.slice(start, end), room), ...rows];
  }
  return { rows, isCut: start > 0 };
}

function rowsBelow(text: string, lineStart: number, room: number, most: number): { rows: Row[]; isCut: boolean } {
  const rows: Row[] = [];
  let end = text.indexOf('\n', lineStart);
  while (end !== -1 && rows.length < most) {
    rows.push(...rowsOf(lineAt(text, end + 1), room));
    end = text.indexOf('\n', end + 1);
  }
  return { rows, isCut: end !== -1 };
}

function lineAt(text: string, start: number): string {
  const end = text.indexOf('\n', start);
  return text.slice(start, end === -1 ? undefined : end);
}

const plain = /^[ -~]*$/;

/** Breaks one line wherever it is full; an empty one is one row. */
function rowsOf(line: string, room: number): Row[] {
  const rows: Row[] = [];
  if (plain.test(line)) {
    for (let start = 0; start < line.length; start += room) rows.push({ text: line.slice(start, start + room), start });
    return rows.length === 0 ? [{ text: '', start: 0 }] : rows;
  }
  let [text, start, width, offset] = ['', 0, 0, 0];
  for (const grapheme of graphemesOf(line)) {
    const shown = shownAs(grapheme, room);
    if (width + shown.width > room) {
      rows.push({ text, start });
      [text, start, width] = ['', offset, 0];
    }
    text += shown.text;
    width += shown.width;
    offset += grapheme.length;
  }
  rows.push({ text, start });
  return rows;
}

/** What stands for a grapheme: itself, unless it would move the cursor, hide something or not fit at all. */
function shownAs(grapheme: string, room: number): { text: string; width: number } {
  const text = grapheme === '\t' ? tabSpaces : escapeText(grapheme);
  const width = cellsOf(text);
  return width <= room ? { text, width } : { text: '?', width: 1 };
}

/** The row and column of an offset; behind a full row it is the beginning of the next one, even where there is none. */
function placeOf(offset: number, line: string, rows: readonly Row[], room: number): { row: number; column: number } {
  const row = Math.max(
    rows.findLastIndex(({ start }) => start <= offset),
    0,
  );
  const before = graphemesOf(line.slice(rows[row]?.start, offset));
  const column = before.reduce((sum, grapheme) => sum + shownAs(grapheme, room).width, 0);
  return column < room ? { row, column } : { row: row + 1, column: 0 };
}
