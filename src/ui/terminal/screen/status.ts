/** The row above the input line: the call that there is, other conversations, how fast the peer answers, files on their way, what is new below. */
import type { CallSnapshot } from '../../../calls/call-events.js';
import { callLine } from '../../text/describe-call.js';
import { type Row, type Span, type Style, span, spread } from '../layout/spans.js';
import type { ChatState } from '../state/chat-state.js';

const bar: Style = 'inverse';

/** What the status says beside what the state holds. */
export interface StatusFacts {
  readonly columns: number;
  readonly roundTripMs: number | undefined;
  readonly call?: CallSnapshot | undefined;
}

/** The status of a chat. */
export function statusRow(state: ChatState, { columns, roundTripMs, call }: StatusFacts): Row {
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
  return spread([...callSpans(call), ...left(state, call)], [span(`${right.join('  ')} `, bar)], columns).map((one) =>
    one.style === undefined ? span(one.text, bar) : one,
  );
}

function callSpans(call: CallSnapshot | undefined): Span[] {
  return call === undefined ? [] : [span(` ${callLine(call)} `, ['inverse', 'bold'])];
}

function left({ talks, current }: ChatState, call: CallSnapshot | undefined): Span[] {
  if (talks.length < 2 && call !== undefined) return [];
  if (talks.length < 2) return [span(' Tab completes, PgUp looks back, Ctrl-F searches', bar)];
  return talks.slice(0, 9).flatMap((talk, index) => {
    const unread = talk.unread > 0 && talk !== current ? `(${talk.unread})` : '';
    const style: Style = talk === current ? ['inverse', 'bold'] : bar;
    return [span(` ${index + 1}:`, bar), span(`${talk.member}${unread}`, style)];
  });
}
