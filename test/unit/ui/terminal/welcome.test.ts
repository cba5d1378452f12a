/** What stands on the screen before anything was said: what happened, and above it what to do next. */
import { stripVTControlCharacters } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { TalkRows } from '../../../../src/ui/terminal/layout/talk-rows.js';
import { frameOf } from '../../../../src/ui/terminal/screen/frame.js';
import { ChatState } from '../../../../src/ui/terminal/state/chat-state.js';

const now = new Date(2026, 10, 29, 21, 5);

function shown(state: ChatState, rows = 24): string[] {
  const frame = frameOf({
    ...{ state, rows: new TalkRows(), size: { columns: 80, rows }, now, roundTripMs: undefined, isColored: true },
    input: { rows: ['> '], cursor: { row: 0, column: 2 } },
  });
  return frame.rows.map((row) => stripVTControlCharacters(row).trimEnd());
}

function stateOf(...notices: string[]): ChatState {
  const state = new ChatState(() => now);
  state.self = 'alice';
  for (const text of notices) state.say(text);
  return state;
}

describe('a conversation in which nothing was said', () => {
  it('says what to do next, above what happened', () => {
    const rows = shown(stateOf('listening on port 17590'));
    const hint = rows.findIndex((row) => row.includes('nobody has been met yet'));
    expect(hint).toBeGreaterThan(0);
    expect(rows.findIndex((row) => row.includes('listening on port'))).toBeGreaterThan(hint);
  });

  it('says how others are dialled, to those who know somebody', () => {
    const state = stateOf('listening on port 17590');
    state.talkWith('bob');
    expect(shown(state).join(' ')).toMatch(
      /Alt-9 opens a conversation and dials whom it is with\..*qtchat chat --peer NAME/,
    );
  });

  it('says nothing of it where the room is taken', () => {
    const rows = shown(stateOf(...Array.from({ length: 30 }, (_, count) => `line ${count}`)));
    expect(rows.join('\n')).not.toContain('nobody has been met yet');
    expect(rows).toHaveLength(24);
    expect(rows.at(-3)).toContain('line 29');
  });

  it('says nothing of it once something was said', () => {
    const state = stateOf('bob is here');
    const talk = state.talkWith('bob');
    state.show(talk);
    expect(shown(state).join('\n')).toContain('waits on disk until they are');
    const message = { id: 'a', direction: 'in', text: 'ahoy', isReply: false, isEdited: false } as const;
    state.add(talk, { kind: 'message', at: now, state: 'received', reactions: {}, ...message });
    expect(shown(state).join('\n')).not.toContain('waits on disk');
  });
});
