/** The rows of a conversation: its items, with lines between days and above what is new. Rows that did not change are kept. */
import { localDay } from '../../text/describe-history.js';
import type { Item } from '../state/items.js';
import type { Talk } from '../state/talk.js';
import { cellsOf, cut } from './cells.js';
import { itemRows } from './item-rows.js';
import { type Row, span } from './spans.js';

interface Kept {
  readonly width: number;
  readonly day: string | undefined;
  readonly isFirstUnread: boolean;
  readonly rows: readonly Row[];
}

const dayNames = new Intl.DateTimeFormat('en-GB', { weekday: 'long', day: 'numeric', month: 'long', year: 'numeric' });

/** Lays out items, each once for as long as it stays what it is. */
export class TalkRows {
  readonly #kept = new WeakMap<Item, Kept>();

  /** The rows of the item at an index. */
  of(talk: Talk, self: string, index: number, width: number): readonly Row[] {
    const { all } = talk.items;
    const item = all[index];
    if (item === undefined) return [];
    const former = all[index - 1];
    const today = localDay(item.at);
    const day = former === undefined || localDay(former.at) !== today ? today : undefined;
    const isFirstUnread = item.kind === 'message' && item.direction === 'in' && item.id === talk.firstUnreadId;
    const kept = this.#kept.get(item);
    if (kept?.width === width && kept.day === day && kept.isFirstUnread === isFirstUnread) return kept.rows;
    const rows = [
      ...(day === undefined ? [] : [line(dayNames.format(item.at), width)]),
      ...(isFirstUnread ? [line('new', width)] : []),
      ...itemRows(item, { self, peer: talk.member }, width),
    ];
    this.#kept.set(item, { width, day, isFirstUnread, rows });
    return rows;
  }
}

function line(text: string, width: number): Row {
  const shown = cut(` ${text} `, width);
  const left = Math.floor((width - cellsOf(shown)) / 2);
  const isNew = text === 'new';
  return [span('─'.repeat(left) + shown + '─'.repeat(width - left - cellsOf(shown)), isNew ? 'red' : 'dim')];
}
