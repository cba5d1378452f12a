/** One item as rows. */
import { describe, expect, it } from '@jest/globals';
import type { BookedFile } from '../../../../../src/ui/commands/file-book.js';
import { itemRows } from '../../../../../src/ui/terminal/layout/item-rows.js';
import { rowText } from '../../../../../src/ui/terminal/layout/spans.js';
import type { Item, MessageItem } from '../../../../../src/ui/terminal/state/items.js';

const at = new Date(2026, 10, 29, 21, 5);

function shown(item: Item, width = 60): string[] {
  return itemRows(item, { self: 'alice', peer: 'bob' }, width).map((row) => rowText(row, false));
}

function message(text: string | undefined, more: Partial<MessageItem> = {}): MessageItem {
  const rest = { isEdited: false, isReply: false, state: 'received', reactions: {} } as const;
  return { kind: 'message', key: 1, id: '1', direction: 'in', at, text, ...rest, ...more };
}

function file(more: Partial<BookedFile>): Item {
  const rest = { number: 3, member: 'bob', direction: 'in', name: 'a.png', id: '1', sizeBytes: 2_000_000 } as const;
  return { kind: 'file', key: 1, at, file: { ...rest, isFolder: false, state: 'offered', doneBytes: 0, ...more } };
}

describe('a message', () => {
  it('stands behind the time and the name, its further rows behind the time alone', () => {
    expect(shown(message('the tide is at nine in the morning'), 34)).toEqual([
      '21:05    bob: the tide is at nine',
      '         in the morning',
    ]);
    expect(shown(message('one\n\n  two'))).toEqual(['21:05    bob: one', ' '.repeat(9), '           two']);
  });

  it.each([
    ['queued', '… '],
    ['sent', '· '],
    ['delivered', '✓ '],
    ['read', '✓✓'],
  ] as const)('of ours that is %s is marked so', (state, mark) => {
    expect(shown(message('ahoj', { direction: 'out', state }))).toEqual([`21:05 ${mark} alice: ahoj`]);
  });

  it('tells what it answers, that it was changed, and what both sides think of it', () => {
    const reactions = { in: '👍', out: '🎉' };
    expect(shown(message('yes', { isReply: true, quoted: 'nine\no’clock?', isEdited: true, reactions }))).toEqual([
      '         ┌ nine o’clock?',
      '21:05    bob: yes (edited)',
      '         👍 bob  🎉 alice  ',
    ]);
    expect(shown(message('yes', { isReply: true }))[0]).toBe('         ┌ a message that is not here');
    expect(shown(message('yes', { reactions: { in: '' } }))).toEqual(['21:05    bob: yes']);
  });

  it('that was deleted is nothing else any more', () => {
    expect(shown(message(undefined, { isEdited: true }))).toEqual(['21:05    bob: (deleted)']);
    expect(shown(message(undefined), 20)).toEqual(['21:05    bob: (dele…']);
  });

  it('that is too long is cut, and says where the rest is', () => {
    for (const text of ['x\n'.repeat(2_000), 'x'.repeat(60_000), '漢'.repeat(20_000)]) {
      const rows = shown(message(text));
      expect(rows).toHaveLength(201);
      expect(rows.at(-1)).toBe('         (longer: qtchat history shows all of it)');
    }
    expect(shown(message('x\n'.repeat(199)))).toHaveLength(200);
  });

  it('has no row that a name fills', () => {
    const rows = itemRows(message('the tide is at nine'), { self: 'alice', peer: 'b'.repeat(63) }, 40);
    expect(rows.map((row) => rowText(row, false))).toEqual(['21:05    bbbbbbbbb…: the tide is at nine']);
  });
});

describe('a file', () => {
  it.each([
    [{}, '↓  bob: a.png (2.0 MB)  /accept 3 or /decline 3'],
    [{ direction: 'out', sizeBytes: undefined }, '↑  alice: a.png  #3 offered'],
    [{ isFolder: true }, '↓  bob: a.png/ (2.0 MB)  /accept 3 or /decline 3'],
    [{ state: 'moving', doneBytes: 1_000_000 }, '↓  bob: a.png (2.0 MB)  [######------] 50 %'],
    [{ state: 'moving', doneBytes: 9e9, bytesPerSecond: 1e6 }, '↓  bob: a.png (2.0 MB)  [############] 100 % 1.0 MB/s'],
    [{ state: 'moving', sizeBytes: 0 }, '↓  bob: a.png (0 B)  [############] 100 %'],
    [{ state: 'paused', reason: 'by bob' }, '↓  bob: a.png (2.0 MB)  paused: by bob, /resume 3'],
    [{ state: 'interrupted', reason: 'gone' }, '↓  bob: a.png (2.0 MB)  waits: gone'],
    [{ state: 'done', path: '/a.png' }, '↓  bob: a.png (2.0 MB)  ✓ /open 3'],
    [{ state: 'done', direction: 'out', path: '/a.png' }, '↑  alice: a.png (2.0 MB)  ✓ arrived'],
    [{ state: 'declined' }, '↓  bob: a.png (2.0 MB)  declined'],
    [{ state: 'cancelled' }, '↓  bob: a.png (2.0 MB)  cancelled'],
    [{ state: 'failed', reason: 'full\u001b' }, '↓  bob: a.png (2.0 MB)  failed: full\\u{1b}'],
  ] as const)('that stands at %j is one line', (more, line) => {
    expect(shown(file(more), 70)).toEqual([`21:05 ${line}`]);
  });

  it('has what is to be done on a row of its own where the name is long', () => {
    expect(shown(file({ name: `${'long'.repeat(20)}.png` }), 40)).toEqual([
      `21:05 ↓  bob: ${'long'.repeat(6)}l…`,
      '         /accept 3 or /decline 3',
    ]);
  });

  it('has its picture below it', () => {
    expect(shown({ ...file({ state: 'done' }), picture: ['▀▀', '▀▀'] } as Item)).toEqual([
      '21:05 ↓  bob: a.png (2.0 MB)  ✓',
      '         ▀▀',
      '         ▀▀',
    ]);
  });
});
