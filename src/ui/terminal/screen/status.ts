/** The row above the input line: other conversations, how fast the peer answers, files on their way, what is new below. */
import { type Row, type Span, type Style, span, spread } from '../layout/spans.js';
import type { ChatState } from '../state/chat-state.js';

const bar: Style = 'inverse';

/** The status of a chat. */
export function statusRow(
  state: ChatState,
  { columns, roundTripMs }: { readonly columns: number; readonly roundTripMs: number | undefined },
): Row {
  const { current, files } = state;
  const moving = files.open.filter(({ state: one }) => one === 'moving');
  const count = (direction: 'in' | 'out'): number => moving.filter((file) => file.direction === direction).length;
  const right = [
    ...(current.scroll === undefined ? [] : [current.unread > 0 ? `▼ ${current.unread} new` : '▼ Esc']),
    ...(count('in') > 0 ? [`↓${count('in')}`] : []),
    ...(count('out') > 0 ? [`↑${count('out')}`] : []),
    ...(roundTripMs === undefined ? [] : [`${Math.max(1, Math.round(roundTripMs))} ms`]),
    '/help',
  ];
  return spread(left(state), [span(`${right.join('  ')} `, bar)], columns).map((one) =>
    one.style === undefined ? span(one.text, bar) : one,
  );
}

function left({ talks, current }: ChatState): Span[] {
  if (talks.length < 2) return [span(' Tab completes, PgUp looks back, Ctrl-F searches', bar)];
  return talks.slice(0, 9).flatMap((talk, index) => {
    const unread = talk.unread > 0 && talk !== current ? `(${talk.unread})` : '';
    const style: Style = talk === current ? ['inverse', 'bold'] : bar;
    return [span(` ${index + 1}:`, bar), span(`${talk.member}${unread}`, style)];
  });
}
