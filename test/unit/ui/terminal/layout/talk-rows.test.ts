/** Rows of a conversation, with lines between days and above what is new. */
import { beforeEach, describe, expect, it } from '@jest/globals';
import { rowText } from '../../../../../src/ui/terminal/layout/spans.js';
import { TalkRows } from '../../../../../src/ui/terminal/layout/talk-rows.js';
import { Talk } from '../../../../../src/ui/terminal/state/talk.js';

describe('the rows of a conversation', () => {
  const rows = new TalkRows();
  let talk: Talk;
  beforeEach(() => {
    talk = new Talk('bob');
  });

  const say = (id: string, at: Date, direction: 'in' | 'out' = 'in'): void =>
    talk.items.add({
      ...{ kind: 'message', id, direction, at, text: id, isEdited: false, isReply: false, state: 'received' },
      reactions: {},
    });
  const shown = (width = 40): string[] =>
    talk.items.all.flatMap((_, index) => rows.of(talk, 'alice', index, width).map((row) => rowText(row, false)));
  const evening = new Date(2026, 10, 29, 23, 59);
  const morning = new Date(2026, 10, 30, 0, 1);

  it('begin with the day, and name the next one where it begins', () => {
    say('late', evening);
    say('later', evening);
    say('early', morning);
    expect(shown(35)).toEqual([
      '──── Sunday, 29 November 2026 ─────',
      '23:59    bob: late',
      '23:59    bob: later',
      '──── Monday, 30 November 2026 ─────',
      '00:01    bob: early',
    ]);
  });

  it('have a line above what is new, as wide as the screen, until it is seen', () => {
    say('old', evening);
    say('one', evening);
    say('one', evening, 'out');
    talk.firstUnreadId = 'one';
    expect(shown(30).slice(1)).toEqual([
      '23:59    bob: old',
      '──────────── new ─────────────',
      '23:59    bob: one',
      '23:59    alice: one',
    ]);
    talk.firstUnreadId = undefined;
    expect(shown(30)).toHaveLength(4);
  });

  it('are laid out anew for another width, and after a change, and else kept', () => {
    say('a message that takes more than one row', evening);
    const before = rows.of(talk, 'alice', 0, 30);
    expect(rows.of(talk, 'alice', 0, 30)).toBe(before);
    expect(rows.of(talk, 'alice', 0, 80)).toHaveLength(2);
    talk.items.changeMessage('a message that takes more than one row', 'in', () => ({ text: 'short' }));
    expect(shown(30)[1]).toBe('23:59    bob: short');
  });

  it('lose the day where an older message of that day is put in front', () => {
    say('late', evening);
    expect(shown()).toHaveLength(2);
    const more = { isEdited: false, isReply: false, state: 'received', reactions: {} } as const;
    talk.items.addOlder([{ kind: 'message', id: 'older', direction: 'in', at: evening, text: 'older', ...more }]);
    expect(shown().slice(1)).toEqual(['23:59    bob: older', '23:59    bob: late']);
  });
});
