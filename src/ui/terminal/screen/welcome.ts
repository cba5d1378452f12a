/** What is shown as long as nothing has been said: what to do next. */
import { wrap } from '../layout/cells.js';
import { type Row, span } from '../layout/spans.js';
import type { ChatState } from '../state/chat-state.js';

/** Lines for an empty conversation. */
export function welcomeRows(state: ChatState, width: number): Row[] {
  return linesFor(state).flatMap((line) => wrap(line, width).map((row) => [span(row, 'dim')]));
}

function linesFor({ current, lobby, talks, self }: ChatState): string[] {
  if (self === '') return [];
  if (current !== lobby) {
    const { member, peer } = current;
    const here =
      peer === undefined
        ? `${member} is not here: what you type waits on disk until they are.`
        : `Say hello to ${member}.`;
    return [here, `/send PATH offers a file, /verify compares keys, /help shows the rest.`];
  }
  if (talks.length > 0) {
    return [
      'Alt-1 … Alt-9 opens a conversation and dials whom it is with. Whoever comes first is shown by itself.',
      'Somebody whom you have not met yet is dialled by: qtchat chat --peer NAME, or their address',
    ];
  }
  return [
    `You are ${self}, and nobody has been met yet.`,
    'Whoever runs the Auto CA invites others: qtchat autoca invite NAME. They join with: qtchat enroll',
    `They reach you with: qtchat chat --peer ${self}, or with your address. Or leave (Ctrl-C twice) and dial them: qtchat chat --peer NAME`,
  ];
}
