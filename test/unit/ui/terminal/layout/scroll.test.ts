/** Scrolling: what is seen stays where it is until the user moves, and no row stays empty that could show something. */
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  placeOf,
  rowsAt,
  type Scrolled,
  type ScrollPlace,
  scrollBy,
} from '../../../../../src/ui/terminal/layout/scroll.js';

interface TestItem {
  readonly key: number;
  readonly rows: readonly string[];
}

/** Items with so many rows, whose keys begin with `first`. */
function itemsOf(counts: readonly number[], first = 0): TestItem[] {
  return counts.map((count, index) => ({
    key: first + index,
    rows: Array.from({ length: count }, (_, row) => `${first + index}.${row}`),
  }));
}

function scrolled(items: readonly TestItem[], height: number): Scrolled {
  return { items, height, layOut: (index) => items[index]?.rows ?? [] };
}

const allRows = (items: readonly TestItem[]): string[] => items.flatMap(({ rows }) => rows);
const counts = fc.array(fc.integer({ min: 1, max: 7 }), { maxLength: 12 });
const height = fc.integer({ min: 1, max: 15 });
const steps = fc.array(fc.integer({ min: -20, max: 20 }), { maxLength: 12 });

/** The place after some steps, from the end. */
function placeAfter(what: Scrolled, moves: readonly number[]): ScrollPlace | undefined {
  return moves.reduce<ScrollPlace | undefined>((place, rows) => scrollBy(what, place, rows), undefined);
}

describe('scrolling', () => {
  it('moves by rows, and stops at both ends with the screen full', () => {
    fc.assert(
      fc.property(counts, height, steps, (rowCounts, rows, moves) => {
        const items = itemsOf(rowCounts);
        const what = scrolled(items, rows);
        const all = allRows(items);
        let place: ScrollPlace | undefined;
        let below = 0;
        for (const move of moves) {
          place = scrollBy(what, place, move);
          below = Math.max(0, Math.min(below + move, all.length - rows));
          const end = all.length - below;
          const { rows: shown, isTop } = rowsAt(what, place);
          expect(shown).toEqual(all.slice(Math.max(0, end - rows), end));
          expect(place === undefined).toBe(below === 0);
          expect(isTop).toBe(shown.length === 0 || `${shown[0]}`.startsWith('0.'));
        }
      }),
    );
  });

  it('shows the same rows when something is added at either end', () => {
    fc.assert(
      fc.property(counts, counts, counts, height, steps, (older, rowCounts, newer, rows, moves) => {
        const items = itemsOf(rowCounts);
        const place = placeAfter(scrolled(items, rows), moves);
        fc.pre(place !== undefined);
        const before = rowsAt(scrolled(items, rows), place).rows;
        const more = [...itemsOf(older, -older.length), ...items, ...itemsOf(newer, items.length)];
        expect(rowsAt(scrolled(more, rows), place).rows).toEqual(before);
      }),
    );
  });

  it('fills the screen from any place, whatever has become of the items: narrower, fewer, or all new', () => {
    const place = fc.record({ key: fc.integer({ min: -3, max: 15 }), hiddenRows: fc.integer({ min: 0, max: 12 }) });
    fc.assert(
      fc.property(counts, height, place, (rowCounts, rows, anywhere) => {
        const items = itemsOf(rowCounts);
        const all = allRows(items);
        const { rows: shown } = rowsAt(scrolled(items, rows), anywhere);
        expect(shown).toHaveLength(Math.min(rows, all.length));
        if (shown.length > 0) {
          const first = all.indexOf(`${shown[0]}`);
          expect(shown).toEqual(all.slice(first, first + rows));
        }
      }),
    );
  });

  it('shows an item that was looked for', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1, maxLength: 12 }),
        height,
        (rowCounts, rows) => {
          const items = itemsOf(rowCounts);
          for (const { key, rows: wanted } of items) {
            const { rows: shown } = rowsAt(scrolled(items, rows), placeOf(key));
            expect(shown).toContain(wanted.at(-1));
          }
        },
      ),
    );
  });

  it('lays out no more than what is shown, however much there is', () => {
    const items = itemsOf(Array.from({ length: 100_000 }, () => 2));
    const laidOut = new Set<number>();
    const what: Scrolled = {
      ...{ items, height: 20 },
      layOut: (index) => {
        laidOut.add(index);
        return items[index]?.rows ?? [];
      },
    };
    rowsAt(what, scrollBy(what, undefined, 18));
    expect(laidOut.size).toBeLessThan(30);
  });
});
