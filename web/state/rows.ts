/** The rows that a conversation is shown in: its entries, a line for each day, and one above what is new. Pure. */
import type { Entry } from './entries.js';

/** One row. `isFirst`: of several by the same author soon after each other. */
export type Row =
  /** Above the oldest message that there is. */
  | { readonly type: 'beginning'; readonly key: string; readonly isEmpty: boolean }
  | { readonly type: 'day'; readonly key: string; readonly atMs: number }
  | { readonly type: 'unread'; readonly key: string }
  | { readonly type: 'entry'; readonly key: string; readonly entry: Entry; readonly isFirst: boolean };

const togetherMs = 5 * 60_000;

/** The rows of a conversation; `isWhole` where nothing older is on disk. Days are those of this computer's time zone. */
export function rowsOf(
  entries: readonly Entry[],
  { firstUnread, isWhole }: { firstUnread: string | null; isWhole: boolean },
): Row[] {
  const rows: Row[] = isWhole ? [{ type: 'beginning', key: 'beginning', isEmpty: entries.length === 0 }] : [];
  let [dayBeginsMs, dayEndsMs] = [0, 0];
  let before: Entry | undefined;
  for (const entry of entries) {
    if (entry.atMs < dayBeginsMs || entry.atMs >= dayEndsMs) {
      // Dates cost: one a day, not one an entry.
      const date = new Date(entry.atMs);
      dayBeginsMs = date.setHours(0, 0, 0, 0);
      dayEndsMs = date.setDate(date.getDate() + 1);
      // By its first entry: clocks of others may lead back to a day that was there.
      rows.push({ type: 'day', key: `day-${entry.key}`, atMs: entry.atMs });
      before = undefined;
    }
    if (entry.key === firstUnread) {
      rows.push({ type: 'unread', key: 'unread' });
      before = undefined;
    }
    const isFirst =
      before === undefined || before.direction !== entry.direction || entry.atMs - before.atMs > togetherMs;
    rows.push({ type: 'entry', key: entry.key, entry, isFirst });
    before = entry;
  }
  return rows;
}
