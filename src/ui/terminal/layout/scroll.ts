/**
 * Which rows of a conversation are on the screen. A place is an item and how many rows of it are below the lower edge, so that
 * nothing moves under the eyes of the reader when something is added at either end. Only what is shown is laid out.
 */
import type { Row } from './spans.js';

/** The lower edge of what is shown. Undefined stands for the end, which goes on with what comes. */
export interface ScrollPlace {
  readonly key: number;
  readonly hiddenRows: number;
}

/** What there is to show. */
export interface Scrolled {
  /** In the order of their keys. */
  readonly items: readonly { readonly key: number }[];
  /** Rows of the item at an index, at least one. */
  readonly layOut: (index: number) => readonly Row[];
  /** Rows of the screen. */
  readonly height: number;
}

/** Rows of the screen, and whether something of the oldest item is among them. */
export interface ShownRows {
  readonly rows: Row[];
  readonly isTop: boolean;
}

/** The rows to show above a place: `height` of them, where there are so many above it or below. */
export function rowsAt(what: Scrolled, place: ScrollPlace | undefined): ShownRows {
  const shown = rowsAbove(what, edgeOf(what.items, place));
  if (place === undefined || shown.rows.length === what.height) return shown;
  // Another size of the screen, or what has become of the items, left rows empty.
  return rowsAbove(what, edgeOf(what.items, scrollBy(what, place, 0)));
}

/** An item, and how many rows of it are below the lower edge. */
interface Edge {
  readonly index: number;
  readonly hidden: number;
}

function rowsAbove({ layOut, height }: Scrolled, edge: Edge): ShownRows {
  const parts: (readonly Row[])[] = [];
  let missing = height;
  let { index, hidden } = edge;
  for (; index >= 0 && missing > 0; index--) {
    const rows = layOut(index);
    const shown = rows.slice(Math.max(0, rows.length - hidden - missing), Math.max(0, rows.length - hidden));
    parts.unshift(shown);
    missing -= shown.length;
    hidden = 0;
  }
  return { rows: parts.flat(), isTop: index < 0 };
}

/** The place so many rows further up, or, for negative numbers, down; never so far up that rows stay empty. */
export function scrollBy(what: Scrolled, place: ScrollPlace | undefined, rows: number): ScrollPlace | undefined {
  const { items, layOut, height } = what;
  let { index, hidden } = edgeOf(items, place);
  hidden += rows;
  while (index >= 0 && hidden >= layOut(index).length) {
    hidden -= layOut(index).length;
    index--;
  }
  // Back down by what would be empty.
  if (index < 0) {
    [index, hidden] = [0, (items.length > 0 ? layOut(0).length : 0) - height];
  } else {
    const farthest = Math.max(0, hidden);
    const above = rowsAbove(what, { index, hidden: farthest }).rows.length;
    hidden = Math.min(hidden, farthest + above - height);
  }
  while (hidden < 0) {
    index++;
    if (index >= items.length) return undefined;
    hidden += layOut(index).length;
  }
  const key = items[index]?.key;
  return key === undefined || (index === items.length - 1 && hidden === 0) ? undefined : { key, hiddenRows: hidden };
}

/** The place at which an item is at the lower edge, whole. */
export function placeOf(key: number): ScrollPlace {
  return { key, hiddenRows: 0 };
}

function edgeOf(items: Scrolled['items'], place: ScrollPlace | undefined): Edge {
  if (place === undefined) return { index: items.length - 1, hidden: 0 };
  // Items may have been forgotten: then the next one is as good.
  const index = items.findIndex(({ key }) => key >= place.key);
  return index === -1 ? { index: items.length - 1, hidden: 0 } : { index, hidden: place.hiddenRows };
}
