/**
 * What was said, the newest at the end. Only rows in sight are in the document, however many there are; what one looks at
 * stays where it is, whatever comes above or below.
 */
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import { loadOlder } from '../intents/message-intents.js';
import { conversationWith } from '../state/app-state.js';
import type { Entry } from '../state/entries.js';
import { type Row, rowsOf } from '../state/rows.js';
import { VirtualRows } from '../state/virtual-rows.js';
import { EntryRow } from './entry-row.js';
import { Icon } from './icon.js';
import { Beginning, DayLine, UnreadLine } from './lines.js';
import { moveFocus } from './move-focus.js';
import { useStore } from './store-context.js';
import { useSelect } from './use-select.js';

const marginPx = 600;
const endPx = 40;
const olderPx = 1_200;

/** Where the list is scrolled to: to its end, or so that a row stands at the upper edge. */
type Anchor = 'end' | { readonly key: string; readonly delta: number };

export function MessageList({ member }: { member: string }) {
  const store = useStore();
  const scroller = useRef<HTMLElement>(null);
  const list = useRef<HTMLOListElement>(null);
  const rows = useRef(new VirtualRows()).current;
  const anchor = useRef<Anchor>('end');
  /** Where it was scrolled to by itself: the event of that says nothing of what somebody wants to see. */
  const ownTop = useRef(-1);
  /** How large the view was then. */
  const ownSize = useRef('');
  const [, redraw] = useState(0);
  const again = (): void => redraw((count) => count + 1);

  const conversation = useSelect((state) => conversationWith(state, member), [member]);
  const { entries, firstUnread, history, hasOlder } = conversation;
  const isWhole = history === 'loaded' && !hasOlder;
  const shown = useMemo(() => {
    const sized = (row: Row) => ({ ...row, estimate: estimateOf(row), isFleeting: row.type !== 'entry' });
    return rowsOf(entries, { firstUnread, isWhole }).map(sized);
  }, [entries, firstUnread, isWhole]);
  rows.set(shown);

  const view = scroller.current;
  const height = view?.clientHeight || innerHeight;
  const top = topOf(rows, anchor.current, height);
  const { start, end, before, after } = rows.range(top, top + height, marginPx);
  const drawn = useRef({ start, end });
  drawn.current = { start, end };

  // After each drawing: measures what is new, and puts what one looks at where it was.
  useLayoutEffect(() => {
    const view = scroller.current;
    if (view === null || list.current === null) return;
    let isChanged = false;
    for (const element of list.current.children) {
      const { key } = (element as HTMLElement).dataset;
      if (key !== undefined && rows.measure(key, (element as HTMLElement).offsetHeight)) isChanged = true;
    }
    if (isChanged) again();
    const wanted = topOf(rows, anchor.current, view.clientHeight);
    if (Math.abs(view.scrollTop - wanted) >= 1) view.scrollTop = wanted;
    ownTop.current = view.scrollTop;
    ownSize.current = sizeOf(view);
  });

  // Pictures that arrive make rows higher, a narrower window too.
  useEffect(() => {
    const view = scroller.current;
    if (view === null || list.current === null) return;
    const observer = new ResizeObserver(again);
    observer.observe(view);
    observer.observe(list.current);
    return () => observer.disconnect();
  }, []);

  // Beginning with what is new.
  const isLoaded = history === 'loaded';
  useLayoutEffect(() => {
    if (!isLoaded || firstUnread === null) return;
    anchor.current = { key: 'unread', delta: -80 };
    again();
  }, [isLoaded]);

  const { value: sought } = store.sought;
  useLayoutEffect(() => {
    if (sought === undefined || rows.offsetOf(sought) === undefined) return;
    anchor.current = { key: sought, delta: -Math.round(height / 3) };
    store.isAtEnd.value = false;
    again();
    const timer = setTimeout(() => {
      store.sought.value = undefined;
    }, 2_000);
    return () => clearTimeout(timer);
  }, [sought]);

  const toEnd = (): void => {
    anchor.current = 'end';
    store.isAtEnd.value = true;
    again();
  };

  // Whoever has sent something wants to see it.
  const newest = entries.at(-1);
  useLayoutEffect(() => {
    if (newest?.direction !== 'out') return;
    toEnd();
  }, [newest?.key]);

  const onScroll = (): void => {
    const view = scroller.current;
    if (view === null) return;
    const { scrollTop, clientHeight, scrollHeight } = view;
    if (Math.abs(scrollTop - ownTop.current) < 1) return;
    // A view that became larger or smaller, as by a long text below, was scrolled by nobody.
    if (sizeOf(view) !== ownSize.current) {
      again();
      return;
    }
    const isAtEnd = scrollTop + clientHeight >= scrollHeight - endPx;
    store.isAtEnd.value = isAtEnd;
    anchor.current = isAtEnd ? 'end' : (rows.at(scrollTop) ?? 'end');
    const wanted = rows.range(scrollTop, scrollTop + clientHeight, marginPx / 2);
    if (wanted.start < drawn.current.start || wanted.end > drawn.current.end) again();
    if (scrollTop < olderPx && hasOlder) void loadOlder(store, member);
  };

  return (
    <div class="messages">
      <section
        class="scroller"
        ref={scroller}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by the keyboard
        tabIndex={0}
        aria-label="Messages"
        onScroll={onScroll}
        onKeyDown={(event) => moveFocus(event, list.current)}
      >
        <ol ref={list} style={{ paddingTop: `${before}px`, paddingBottom: `${after}px` }}>
          {shown.slice(start, end).map((row) => (
            <RowView key={row.key} row={row} member={member} isSought={row.key === sought} />
          ))}
        </ol>
      </section>
      {!store.isAtEnd.value && (
        <button type="button" class="to-end" onClick={toEnd} aria-label="To the newest message">
          <Icon name="down" />
          {(store.contact.value?.unread ?? 0) > 0 && <span class="badge">{store.contact.value?.unread}</span>}
        </button>
      )}
    </div>
  );
}

function RowView({ row, member, isSought }: { row: Row; member: string; isSought: boolean }) {
  switch (row.type) {
    case 'beginning':
      return <Beginning id={row.key} isEmpty={row.isEmpty} />;
    case 'day':
      return <DayLine id={row.key} atMs={row.atMs} />;
    case 'unread':
      return <UnreadLine id={row.key} />;
    case 'entry':
      return <EntryRow member={member} entry={row.entry} isFirst={row.isFirst} isSought={isSought} />;
  }
}

function sizeOf({ clientWidth, clientHeight }: HTMLElement): string {
  return `${clientWidth} x ${clientHeight}`;
}

function topOf(rows: VirtualRows, anchor: Anchor, height: number): number {
  if (anchor === 'end') return Math.max(rows.total - height, 0);
  const offset = rows.offsetOf(anchor.key);
  return offset === undefined ? Math.max(rows.total - height, 0) : Math.max(offset + anchor.delta, 0);
}

/** How high a row may be; what it really is, is measured once it is drawn. */
function estimateOf(row: Row): number {
  if (row.type === 'beginning') return 80;
  if (row.type !== 'entry') return 44;
  return estimates[row.entry.type](row.entry);
}

const estimates: Record<Entry['type'], (entry: Entry) => number> = {
  message: (entry) => 44 + Math.floor(((entry.type === 'message' && entry.text?.length) || 0) / 60) * 21,
  file: () => 96,
  call: () => 44,
};
