/** The frame: as many rows as the terminal has, none wider, whatever there is to show. */
import { stripVTControlCharacters } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { QTChatError } from '../../../../../src/errors.js';
import { Editor } from '../../../../../src/ui/terminal/input/editor.js';
import { inputRows } from '../../../../../src/ui/terminal/input/input-rows.js';
import { cellsOf } from '../../../../../src/ui/terminal/layout/cells.js';
import { placeOf } from '../../../../../src/ui/terminal/layout/scroll.js';
import { TalkRows } from '../../../../../src/ui/terminal/layout/talk-rows.js';
import { type Frame, frameOf, mostInputRows, type Size } from '../../../../../src/ui/terminal/screen/frame.js';
import { applyEvent } from '../../../../../src/ui/terminal/state/apply-event.js';
import { ChatState } from '../../../../../src/ui/terminal/state/chat-state.js';
import { fileNamed, messageEvent, peerNamed } from '../../../../helpers/peer-events.js';

const now = new Date(2026, 10, 29, 21, 5);
const long = 'averylongnameofsomebody'.repeat(3).slice(0, 63);

function aState(): ChatState {
  const state = new ChatState(() => now);
  state.self = 'alice';
  return state;
}

/** Somebody is here, and everything that can be shown is. */
function fullState(): ChatState {
  const state = aState();
  const tell = (event: Parameters<typeof applyEvent>[1]): void => applyEvent(state, event, now);
  tell({ type: 'target', member: long });
  for (const member of [long, 'bob', 'carol']) tell({ type: 'connected', peer: peerNamed(member) });
  tell({
    type: 'waiting',
    who: '192.168.1.9',
    reason: new QTChatError('ERR_PEER_UNREACHABLE', 'nobody listens there'),
  });
  for (const text of [
    'hello',
    '你好世界'.repeat(30),
    '👨‍👩‍👧'.repeat(60),
    'x'.repeat(500),
    'a\n'.repeat(30),
    '\u001b[2J',
  ]) {
    tell(messageEvent(long, text, text));
    tell(messageEvent('bob', text, text));
  }
  tell({ ...messageEvent(long, 'reply', 'yes'), replyTo: 'hello', quoted: 'hello\n'.repeat(50) });
  tell({ type: 'edited', member: long, id: 'x'.repeat(500), sentAt: now, text: 'y'.repeat(500) });
  for (const emoji of ['👍🏽', 'x'.repeat(64)])
    tell({ type: 'reaction', member: long, id: 'hello', sentAt: now, emoji });
  tell({ type: 'deleted', member: long, id: 'a\n'.repeat(30), sentAt: now });
  const files = ['offered', 'moving', 'paused', 'waits', 'done', 'declined', 'failed'].map((name, index) =>
    fileNamed(`${name}漢.${'x'.repeat(index * 30)}`, {
      id: `${index}`.repeat(32),
      direction: index % 2 ? 'in' : 'out',
    }),
  );
  const [offered, moving, paused, waits, done, declined, failed] = files as [(typeof files)[0], ...typeof files];
  const error = new QTChatError('ERR_FILE_FAILED', 'the disk of the peer is full');
  const at = { member: long };
  tell({ ...at, type: 'fileOffered', file: offered });
  if (moving) tell({ ...at, type: 'fileProgress', file: moving, doneBytes: 450_000, bytesPerSecond: 9, leftMs: 6e7 });
  if (paused) tell({ ...at, type: 'filePaused', file: paused, by: 'peer' });
  if (waits) tell({ ...at, type: 'fileInterrupted', file: waits, error });
  if (done) tell({ ...at, type: 'fileDone', file: done, path: '/home/alice/done.png' });
  if (declined) tell({ ...at, type: 'fileDeclined', file: declined, reason: 'no-room' });
  if (failed) tell({ ...at, type: 'fileFailed', file: failed, error });
  tell({ type: 'typing', member: long });
  return state;
}

function frame(state: ChatState, size: Size, typed = ''): Frame {
  const editor = new Editor();
  editor.insert(typed);
  const { text, cursor } = editor;
  const input = inputRows({ text, cursor, prompt: '> ', width: size.columns, maximumRows: mostInputRows(size) });
  return frameOf({ state, rows: new TalkRows(), size, input, now, roundTripMs: 12, isColored: true });
}

function textOf({ rows }: Frame): string[] {
  return rows.map(stripVTControlCharacters);
}

/** It fits the terminal, and so does the cursor. */
function expectFits(shown: Frame, { columns, rows }: Size): void {
  const text = textOf(shown);
  expect(text).toHaveLength(rows);
  expect(text.filter((row) => cellsOf(row) > columns)).toEqual([]);
  expect(shown.cursor.row).toBeLessThan(rows);
  expect(shown.cursor.column).toBeLessThan(columns);
}

const sizes: readonly Size[] = [
  { columns: 20, rows: 5 },
  { columns: 40, rows: 10 },
  { columns: 50, rows: 14 },
  { columns: 80, rows: 24 },
  { columns: 89, rows: 9 },
  { columns: 90, rows: 9 },
  { columns: 200, rows: 60 },
];
const anySize = fc.record({ columns: fc.integer({ min: 20, max: 200 }), rows: fc.integer({ min: 5, max: 60 }) });

describe('the frame', () => {
  it.each(sizes)('fits $columns x $rows with everything that can be shown', (size) => {
    const state = fullState();
    expectFits(frame(state, size), size);
    expectFits(frame(state, size, 'typed '.repeat(100)), size);
    expectFits(frame(state, size, '\n'.repeat(100)), size);
    state.question = { text: 'paste of 40 lines: Enter sends it, Esc drops it. '.repeat(6), answer: () => {} };
    state.offered = { labels: Array.from({ length: 300 }, (_, index) => `${index} 漢字`), chosen: 7 };
    expectFits(frame(state, size, 'typed '.repeat(100)), size);
  });

  it.each(sizes)('fits $columns x $rows with nobody there', (size) => {
    const state = new ChatState(() => now);
    expectFits(frame(state, size), size);
    state.self = long;
    expectFits(frame(state, size), size);
    state.show(state.talkWith(long));
    expectFits(frame(state, size), size);
  });

  it('fits any size at any place', () => {
    const state = fullState();
    const { items } = state.current;
    fc.assert(
      fc.property(
        anySize,
        fc.integer({ min: 0, max: items.all.length }),
        fc.integer({ min: 0, max: 50 }),
        (size, key, hiddenRows) => {
          state.current.scroll = { ...placeOf(key), hiddenRows };
          expectFits(frame(state, size), size);
        },
      ),
    );
  });

  it('has the title above, the status below, and the input last, with the newest above it', () => {
    const state = aState();
    applyEvent(state, { type: 'connected', peer: peerNamed('bob') }, now);
    state.show(state.talkWith('bob'));
    applyEvent(state, messageEvent('bob', '1', 'the tide is at nine'), now);
    const shown = textOf(frame(state, { columns: 60, rows: 8 }, 'thanks'));
    expect(shown[0]).toMatch(/^ bob ● verified by circle abababab · 192\.168\.1\.7 · TLSv1\.3/);
    expect(shown.slice(5)).toEqual([
      '21:05    bob: the tide is at nine',
      expect.stringMatching(/12 ms {2}\/help $/),
      '> thanks',
    ]);
  });

  it('keeps a question whole where there is room, and the input always', () => {
    const state = aState();
    state.question = { text: 'Is it the one you mean? [y/N]', answer: () => {} };
    expect(textOf(frame(state, { columns: 40, rows: 10 })).slice(-3)).toEqual([
      expect.stringMatching(/\/help $/),
      expect.stringMatching(/^Is it the one you mean\? \[y\/N\] +$/),
      '> ',
    ]);
    state.question = { text: 'word '.repeat(100), answer: () => {} };
    const shown = textOf(frame(state, { columns: 20, rows: 5 }, 'typed'));
    expect(shown).toHaveLength(5);
    expect(shown.at(-1)).toBe('> typed');
  });
});
