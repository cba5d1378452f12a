/** Where the rows of a long conversation stand. */
import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { MessageEntry } from '../../../web/state/entries.js';
import { rowsOf } from '../../../web/state/rows.js';
import { VirtualRows } from '../../../web/state/virtual-rows.js';

function entry(key: string, at: string, direction: 'in' | 'out' = 'in'): MessageEntry {
  return {
    ...{ type: 'message', key, id: key, direction, atMs: new Date(at).getTime(), text: key },
    ...{ replyTo: null, isEdited: false, reactions: [], progress: 'received' },
  };
}

it('puts a line above each day, one above what is new, and one above the oldest', () => {
  const entries = [
    entry('a', '2026-11-28T20:00:00'),
    entry('b', '2026-11-28T20:01:00'),
    entry('c', '2026-11-29T08:00:00'),
    entry('d', '2026-11-29T08:01:00', 'out'),
  ];
  const rows = rowsOf(entries, { firstUnread: 'c', isWhole: true });
  expect(rows.map(({ key }) => key)).toEqual(['beginning', 'day-a', 'a', 'b', 'day-c', 'unread', 'c', 'd']);
  expect(rows.flatMap((row) => (row.type === 'entry' ? row.isFirst : []))).toEqual([true, false, true, true]);
});

it('draws what is in sight, and nothing else, however many rows there are', () => {
  const rows = new VirtualRows();
  rows.set(Array.from({ length: 10_000 }, (_, index) => ({ key: `${index}`, estimate: 50 })));
  const { start, end, before, after } = rows.range(250_000, 250_800, 600);
  expect([start, end]).toEqual([4_988, 5_029]);
  expect(before + (end - start) * 50 + after).toBe(500_000);
});

it('knows where a row is after others turned out higher', () => {
  const rows = new VirtualRows();
  rows.set(['a', 'b', 'c'].map((key) => ({ key, estimate: 50 })));
  expect(rows.measure('a', 80)).toBe(true);
  expect(rows.measure('a', 80)).toBe(false);
  expect(rows.offsetOf('c')).toBe(130);
  expect(rows.at(90)).toEqual({ key: 'b', delta: 10 });
  rows.set([{ key: 'new', estimate: 40 }, ...['a', 'b', 'c'].map((key) => ({ key, estimate: 50 }))]);
  expect(rows.offsetOf('b')).toBe(120);
  expect(rows.offsetOf('nobody')).toBeUndefined();
});

it('holds on to rows that stay when others come', () => {
  const rows = new VirtualRows();
  rows.set([
    { key: 'a', estimate: 50 },
    { key: 'day', estimate: 30, isFleeting: true },
    { key: 'b', estimate: 50 },
  ]);
  expect(rows.at(60)).toEqual({ key: 'b', delta: -20 });
});

it('always takes the room of all rows', () => {
  const heights = fc.array(fc.integer({ min: 1, max: 400 }), { minLength: 1, maxLength: 60 });
  fc.assert(
    fc.property(heights, fc.nat(20_000), fc.nat(900), (list, top, height) => {
      const rows = new VirtualRows();
      rows.set(list.map((estimate, index) => ({ key: `${index}`, estimate })));
      const { start, end, before, after } = rows.range(top, top + height, 200);
      const drawn = list.slice(start, end).reduce((sum, one) => sum + one, 0);
      expect(end).toBeGreaterThan(start);
      expect(before + drawn + after).toBe(rows.total);
    }),
  );
});
