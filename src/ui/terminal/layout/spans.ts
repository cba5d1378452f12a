/** Rows of a screen as pieces of text, each in one style; and what a terminal is sent for them. */
import { styleText } from 'node:util';
import { cellsOf, cut } from './cells.js';

/** How a piece looks: names of `util.styleText`. */
export type Style = Parameters<typeof styleText>[0];

/** A piece of a row, escaped. */
export interface Span {
  readonly text: string;
  readonly style?: Style | undefined;
}

/** A row, or, for pictures, what a terminal is sent for one. */
export type Row = readonly Span[] | string;

/** A piece of text. */
export function span(text: string, style?: Style): Span {
  return { text, style };
}

/** Cells of a row. */
export function widthOf(spans: readonly Span[]): number {
  return spans.reduce((sum, { text }) => sum + cellsOf(text), 0);
}

/** A row cut to `width` cells. */
export function cutSpans(spans: readonly Span[], width: number): Span[] {
  const kept: Span[] = [];
  let left = width;
  for (const { text, style } of spans) {
    if (left <= 0) break;
    const shown = cut(text, left);
    kept.push({ text: shown, style });
    left -= cellsOf(shown);
  }
  return kept;
}

/** Two halves in one row: the right one is kept whole where there is room, the left one gives way. */
export function spread(left: readonly Span[], right: readonly Span[], width: number): Span[] {
  const end = cutSpans(right, width);
  const room = width - widthOf(end);
  const start = cutSpans(left, Math.max(0, room - 1));
  return [...start, span(' '.repeat(Math.max(0, room - widthOf(start)))), ...end];
}

/** What a terminal is sent for a row. */
export function rowText(row: Row, isColored: boolean): string {
  if (typeof row === 'string') return row;
  return row.map(({ text, style }) => paint(text, style, isColored)).join('');
}

function paint(text: string, style: Style | undefined, isColored: boolean): string {
  if (style === undefined || text === '') return text;
  if (isColored) return styleText(style, text, { validateStream: false });
  // Without colours the bars still stand out.
  return [style].flat().includes('inverse') ? styleText('inverse', text, { validateStream: false }) : text;
}
