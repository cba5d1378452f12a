/** The input line on the screen: the grid holds whatever is typed. */
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import stringWidth from 'string-width';
import { inputRows } from '../../../../src/ui/terminal/input/input-rows.js';

/** Rows of a line in which "|" is the cursor. */
function rows(line: string, { width = 10, maximumRows = 5, prompt = '> ' } = {}): ReturnType<typeof inputRows> {
  const cursor = line.indexOf('|');
  return inputRows({ text: line.replace('|', ''), cursor, prompt, width, maximumRows });
}

describe('the rows of the input line', () => {
  it('shows the prompt and the cursor of an empty line', () => {
    expect(rows('|')).toEqual({ rows: ['> '], cursor: { row: 0, column: 2 }, isCutAbove: false, isCutBelow: false });
  });

  it('breaks where a row is full, and indents the next ones', () => {
    expect(rows('abcdefgh|ij')).toMatchObject({ rows: ['> abcdefgh', '  ij'], cursor: { row: 1, column: 2 } });
    expect(rows('a|bcdefghij')).toMatchObject({ cursor: { row: 0, column: 3 } });
  });

  it('puts the cursor behind a full row on the next one', () => {
    expect(rows('abcdefgh|')).toMatchObject({ rows: ['> abcdefgh', '  '], cursor: { row: 1, column: 2 } });
    expect(rows('abcdefgh|\nx')).toMatchObject({ rows: ['> abcdefgh', '  ', '  x'], cursor: { row: 1, column: 2 } });
  });

  it('does not split a wide character over the edge', () => {
    expect(rows('a漢字漢字|', { width: 10 })).toMatchObject({
      rows: ['> a漢字漢', '  字'],
      cursor: { row: 1, column: 4 },
    });
    expect(rows('漢👨‍👩‍👧|字', { width: 6 })).toMatchObject({
      rows: ['> 漢👨‍👩‍👧', '  字'],
      cursor: { row: 1, column: 2 },
    });
  });

  it('breaks at line breaks and shows empty lines', () => {
    expect(rows('a\n\nb|')).toMatchObject({ rows: ['> a', '  ', '  b'], cursor: { row: 2, column: 3 } });
  });

  it('shows what hides or moves something as what it is', () => {
    expect(rows('a\u202eb\x1b|', { width: 30 })).toMatchObject({
      rows: ['> a\\u{202e}b\\u{1b}'],
      cursor: { row: 0, column: 18 },
    });
    expect(rows('a\tb|')).toMatchObject({ rows: ['> a    b'] });
  });

  it('shows the rows around the cursor when there are more than fit', () => {
    const options = { maximumRows: 3 };
    const line = '1\n2\n3\n4\n5\n6\n7';
    expect(rows(`${line}|`, options)).toEqual({
      rows: ['  5', '  6', '  7'],
      cursor: { row: 2, column: 3 },
      isCutAbove: true,
      isCutBelow: false,
    });
    expect(rows(`|${line}`, options)).toMatchObject({
      rows: ['> 1', '  2', '  3'],
      isCutAbove: false,
      isCutBelow: true,
    });
    expect(rows('1\n2\n3\n4|\n5\n6\n7', options)).toEqual({
      rows: ['  3', '  4', '  5'],
      cursor: { row: 1, column: 3 },
      isCutAbove: true,
      isCutBelow: true,
    });
  });

  it('never shows half of the width as a prompt', () => {
    expect(rows('abc|', { prompt: 'somebody> ', width: 8 })).toMatchObject({ rows: ['som…abc'] });
    expect(rows('|', { prompt: '\x1b[31m> ', width: 40 })).toMatchObject({ rows: ['\\u{1b}[31m> '] });
  });

  it('keeps every row within the width, and the cursor inside', () => {
    const text = fc.array(
      fc.constantFrom(
        'a',
        'B ',
        '漢',
        '👨‍👩‍👧',
        'e\u0301',
        '\n',
        '\t',
        '\u202e',
        '\u200d',
        '🇩🇪',
        '\u0300',
        'ｶﾞ',
        '\x1b',
        '한',
        '👍🏽',
      ),
      { maxLength: 60 },
    );
    fc.assert(
      fc.property(
        text,
        fc.nat(60),
        fc.integer({ min: 1, max: 30 }),
        fc.integer({ min: 1, max: 6 }),
        (parts, at, width, maximumRows) => {
          const cursor = parts.slice(0, at).join('').length;
          const shown = inputRows({ text: parts.join(''), cursor, prompt: '> ', width, maximumRows });
          expect(shown.rows.length).toBeLessThanOrEqual(maximumRows);
          for (const row of shown.rows) expect(stringWidth(row)).toBeLessThanOrEqual(width);
          expect(shown.cursor.row).toBeLessThan(shown.rows.length);
          expect(shown.cursor.row).toBeGreaterThanOrEqual(0);
          expect(shown.cursor.column).toBeLessThan(width);
        },
      ),
    );
  });
});

describe('a text that fits', () => {
  it('is shown whole', () => {
    const text = fc.array(fc.constantFrom('a', ' ', '漢', '👨‍👩‍👧', 'e\u0301', '\n', '한'), { maxLength: 60 });
    fc.assert(
      fc.property(text, fc.integer({ min: 5, max: 30 }), (parts, width) => {
        const line = parts.join('');
        const shown = inputRows({ text: line, cursor: line.length, prompt: '> ', width, maximumRows: 200 });
        expect(shown.rows.map((row) => row.slice(2)).join('')).toBe(line.replaceAll('\n', ''));
      }),
    );
  });
});
