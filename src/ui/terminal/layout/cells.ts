/**
 * How many cells of a terminal text takes, and how it is cut and wrapped to them. Texts are escaped before they come here:
 * there is nothing in them that moves a cursor. Where a terminal draws an emoji wider than Unicode says, the row is cut at
 * its edge, since the screen switches off automatic wrapping.
 */
import stringWidth from 'string-width';

const segmenter = new Intl.Segmenter(undefined, { granularity: 'grapheme' });
// What most text is made of, and what needs no segmenting.
const plain = /^[\x20-\x7e]*$/;

/** So much is segmented at once: the time that it takes grows with the square of the length. */
const pieceLength = 1_024;

/** What a reader takes for one character: letters with their accents, families of emoji. What is far too long for one is parted. */
export function graphemesOf(text: string): string[] {
  return [...graphemesIn(text)];
}

function* graphemesIn(text: string): Generator<string, void, undefined> {
  if (plain.test(text)) return yield* text;
  for (let start = 0; start < text.length; ) {
    const end = pieceEnd(text, start);
    const found = Array.from(segmenter.segment(text.slice(start, end)), ({ segment }) => segment);
    // The last one may go on behind the piece: the next one begins with it.
    const last = end < text.length && found.length > 1 ? (found.pop() ?? '') : '';
    yield* found;
    start = end - last.length;
  }
}

function pieceEnd(text: string, start: number): number {
  const end = Math.min(start + pieceLength, text.length);
  const isInPair = /[\ud800-\udbff]/.test(text.charAt(end - 1)) && /[\udc00-\udfff]/.test(text.charAt(end));
  return isInPair ? end - 1 : end;
}

/** Cells that a text fills in one row. */
export function cellsOf(text: string): number {
  if (plain.test(text)) return text.length;
  // It segments too.
  if (text.length > pieceLength) return graphemesOf(text).reduce((sum, grapheme) => sum + cellsOf(grapheme), 0);
  return text.length > cachedLength ? measure(text) : cachedCells(text);
}

// Measuring takes by far the most of the time, and texts repeat their characters.
const cachedLength = 16;
const mostCached = 4_096;
const cache = new Map<string, number>();

function cachedCells(text: string): number {
  const known = cache.get(text);
  if (known !== undefined) return known;
  const cells = measure(text);
  if (cache.size >= mostCached) cache.clear();
  cache.set(text, cells);
  return cells;
}

function measure(text: string): number {
  return stringWidth(text, { countAnsiEscapeCodes: true });
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
 * @param most - at least 1: what follows so many rows is left out
 */
export function wrap(text: string, width: number, most = Number.POSITIVE_INFINITY): string[] {
  const rows: string[] = [];
  for (const line of text.split('\n')) {
    for (const row of wrapLine(line, width)) {
      rows.push(row);
      if (rows.length >= most) return rows;
    }
  }
  return rows;
}

function* wrapLine(line: string, width: number): Generator<string, void, undefined> {
  if (line.length <= width && plain.test(line)) return yield line;
  let row = '';
  let cells = 0;
  const end = (): string => {
    const ended = row.trimEnd();
    row = '';
    cells = 0;
    return ended;
  };
  // Each word with the spaces behind it, which may hang over the edge.
  for (const [piece, word = ''] of line.matchAll(/(\S*)\s*/g)) {
    if (piece === '') continue;
    // What is far longer than a row need not be measured.
    const wordCells = word.length > width * 16 ? Number.POSITIVE_INFINITY : cellsOf(word);
    if (cells > 0 && cells + wordCells > width) yield end();
    if (wordCells <= width) {
      row += piece;
      cells += wordCells + piece.length - word.length;
      continue;
    }
    for (const character of charactersIn(piece, width)) {
      const next = cellsOf(character);
      if (cells + next > width && character !== ' ') yield end();
      row += character;
      cells += next;
    }
  }
  yield end();
}

/** Graphemes; of one that is wider than a row, as heaps of Hangul letters are, its characters. */
function* charactersIn(text: string, width: number): Generator<string, void, undefined> {
  for (const grapheme of graphemesIn(text)) {
    if (cellsOf(grapheme) > width) yield* grapheme;
    else yield grapheme;
  }
}
