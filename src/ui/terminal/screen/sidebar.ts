/** The column of conversations, where the screen is wide enough for it. */
import { cellsOf, pad } from '../layout/cells.js';
import { type Row, type Style, span } from '../layout/spans.js';
import type { ChatState } from '../state/chat-state.js';

const cells = 20;
const fewestColumns = 90;

/** How wide the column is; 0 for none. */
export function sidebarCells({ talks }: ChatState, columns: number): number {
  return columns >= fewestColumns && talks.length > 1 ? cells : 0;
}

/** The rows of the column. */
export function sidebarRows({ talks, current }: ChatState, width: number, height: number): Row[] {
  if (width === 0) return [];
  return Array.from({ length: height }, (_, index): Row => {
    const talk = talks[index];
    if (talk === undefined) return [span(' '.repeat(width - 2)), span('│ ', 'dim')];
    const count = talk.unread > 0 ? ` ${talk.unread}` : '';
    const number = index < 9 ? `${index + 1} ` : '  ';
    const mark = talk.peer === undefined ? '○ ' : '● ';
    const room = width - 2 - cellsOf(number + mark + count);
    const style: Style = talk === current ? ['bold', 'inverse'] : talk.unread > 0 ? 'bold' : 'dim';
    return [
      span(number, 'dim'),
      span(mark, talk.peer === undefined ? 'dim' : 'green'),
      span(pad(talk.member, room), style),
      span(count, 'red'),
      span('│ ', 'dim'),
    ];
  });
}
