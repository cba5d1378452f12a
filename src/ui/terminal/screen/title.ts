/** The first row: whom the chat is with, and what is known of that being so. */
import { escapeText } from '../../text/escape-text.js';
import { pad } from '../layout/cells.js';
import { cutSpans, type Row, type Span, type Style, span, widthOf } from '../layout/spans.js';
import type { ChatState } from '../state/chat-state.js';

const bar: Style = 'inverse';
const shownCircleDigits = 8;

/** The title of the conversation that is shown. */
export function titleRow(state: ChatState, columns: number): Row {
  const spans = cutSpans(titleSpans(state), columns);
  return [...spans, span(pad('', columns - widthOf(spans)), bar)];
}

function titleSpans({ current, lobby, self, waiting }: ChatState): Span[] {
  if (current === lobby) {
    const [who] = waiting.keys();
    const what = who === undefined ? 'waiting for members of your circle' : `waiting for ${escapeText(who)}`;
    return [span(` qtchat `, ['inverse', 'bold']), span(`${self === '' ? 'opening…' : `${self}, ${what}`}`, bar)];
  }
  const { member, peer, absence } = current;
  const name = span(` ${member} `, ['inverse', 'bold']);
  if (peer === undefined) {
    const reason = waiting.get(member) ?? absence;
    return [name, span('○ ', bar), span(reason === undefined ? 'not here' : `not here: ${escapeText(reason)}`, bar)];
  }
  const { circleId, security, keyAgreement, keyOrigin, address } = peer;
  // The longest one last: a narrow screen cuts it.
  const facts = [
    `verified by circle ${circleId.slice(0, shownCircleDigits)}`,
    ...(keyAgreement.postQuantum === true ? ['post-quantum'] : []),
    ...(keyOrigin === 'server' ? ['key made by its host'] : []),
    escapeText(address.host),
    escapeText(security),
  ];
  // In pieces, of which most are ASCII: those need no measuring.
  const pieces = facts.flatMap((fact, index) => (index === 0 ? [fact] : [' · ', fact]));
  return [name, span('● ', bar), ...pieces.map((piece) => span(piece, bar))];
}
