/** Long pastes wait for a decision. */
import { describe, expect, it } from '@jest/globals';
import {
  type HeldPaste,
  holdPaste,
  pasteAnswer,
  pasteQuestion,
} from '../../../../src/ui/terminal/input/paste-guard.js';

function held(text: string, isCut?: boolean): HeldPaste {
  const paste = holdPaste(text, isCut);
  if (paste === undefined) throw new Error('was not held');
  return paste;
}

const long = '1\r\n2\r\n3\r\n4\r\n5\r\n6\r\n';

describe('a paste', () => {
  it.each(['', 'word', '1\n2\n3\n4\n5', '1\n2\n3\n4\n5\n\n', 'a'.repeat(2000)])(
    'is inserted when it is short: %j',
    (text) => {
      expect(holdPaste(text)).toBeUndefined();
    },
  );

  it('is held with more than five lines, cleaned', () => {
    expect(held(long)).toEqual({ text: '1\n2\n3\n4\n5\n6', lines: 6, sizeBytes: 11, fits: true });
    expect(pasteQuestion(held(long))).toBe(
      'paste of 6 lines, 11 B: Enter sends it as one message, e puts it into the input, Esc drops it',
    );
  });

  it('is held with more than 2 kB', () => {
    expect(held('é'.repeat(1001))).toMatchObject({ lines: 1, sizeBytes: 2002 });
    expect(pasteQuestion(held('é'.repeat(1001)))).toMatch(/^paste of 1 line, 2.0 kB:/);
  });

  it.each([
    ['enter', 'send'],
    ['e', 'insert'],
    ['escape', 'drop'],
    ['x', undefined],
    ['text', undefined],
  ])('is answered by %s', (key, answer) => {
    expect(pasteAnswer(key, held(long))).toBe(answer);
  });

  it('can only be dropped when no message holds it, or some of it is missing', () => {
    for (const paste of [held('a'.repeat(64 * 1024 + 1)), held('a', true)]) {
      expect(paste.fits).toBe(false);
      expect(pasteQuestion(paste)).toContain('Esc drops it; /send sends files');
      expect(['enter', 'e', 'escape'].map((key) => pasteAnswer(key, paste))).toEqual([undefined, undefined, 'drop']);
    }
  });
});
