/**
 * How many cells of a terminal text takes, and how it is cut and wrapped to them. Texts are escaped before they come here:
 * there is nothing in them that moves a cursor. Where a terminal draws an emoji wider than Unicode says, the row is cut at
 * its edge, since the screen switches off automatic wrapping.
 */
import stringWidth from 'string-width';

const segmenter = new Intl.Segmenter(undefined, { granularity: 'grapheme' });
// What most text is made of, and what needs no segmenting.
const plain = /^[\x20-\x7e]*$/;

/** What a reader takes for one character: letters with their accents, families of emoji. */
export function graphemesOf(text: string): string[] {
  return plain.test(text) ? [...text] : Array.from(segmenter.segment(text), ({ segment }) => segment);
}

/** Cells that a text fills in one row. */
export function cellsOf(text: string): number {
  return plain.test(text) ? text.length : stringWidth(text, { countAnsiEscapeCodes: true });
}

/** A text cut to `width` cells, with an ellipsis where something is missing. */
export function cut(text: string, width: number): string {
  if (width <= 0) return '';
  // No character of two bytes takes less than a cell for every eight: what is far too long is not measured whole.
  if (text.length <= width * 16 && cellsOf(text) <= width) return text;
  let kept = '';
  let cells = 0;
  for (const { segment } of segmenter.segment(text.slice(0, width * 16))) {
    const next = cellsOf(segment);
    if (cells + next > width - 1) break;
    kept += segment;
    cells += next;
  }
  return `${kept}…`;
}

/** A text cut or filled with spaces to exactly `width` cells. */
export function pad(text: string, width: number): string {
  const shown = cut(text, width);
  return shown + ' '.repeat(Math.max(0, width - cellsOf(shown)));
}

/**
 * A text in rows of at most `width` cells: broken between words, and within those that are longer than a row. Its line feeds
 * begin new rows. There is always at least one row.
 *
 * @param width - at least 2, the cells of the widest characters
 */
export function wrap(text: string, width: number): string[] {
  return text.split('\n').flatMap((line) => wrapLine(line, width));
}

function wrapLine(line: string, width: number): string[] {
  if (line.length <= width && plain.test(line)) return [line];
  const rows: string[] = [];
  let row = '';
  let cells = 0;
  const end = (): void => {
    rows.push(row.trimEnd());
    row = '';
    cells = 0;
  };
  // Each word with the spaces behind it, which may hang over the edge.
  for (const [piece, word = ''] of line.matchAll(/(\S*)\s*/g)) {
    if (piece === '') continue;
    const wordCells = cellsOf(word);
    if (cells > 0 && cells + wordCells > width) end();
    if (wordCells <= width) {
      row += piece;
      cells += wordCells + piece.length - word.length;
      continue;
    }
    for (const grapheme of graphemesOf(piece)) {
      const next = cellsOf(grapheme);
      if (cells + next > width && grapheme !== ' ') end();
      row += grapheme;
      cells += next;
    }
  }
  end();
  return rows;
}
