/** Text in cells: no row is wider than it may be, and nothing of a text is lost but spaces. */
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import stringWidth from 'string-width';
import { cellsOf, cut, graphemesOf, pad, wrap } from '../../../../../src/ui/terminal/layout/cells.js';
import { escapeText } from '../../../../../src/ui/text/escape-text.js';

const pieces = [
  'a',
  'word',
  ' ',
  '  ',
  '\n',
  '漢',
  '字',
  '👨‍👩‍👧',
  '🇨🇿',
  '👍🏽',
  'é',
  'e\u0301',
  'שלום',
  '\u0e33',
  '\u1100',
];
/** What people write, as it comes to the layout. */
const text = fc
  .oneof(
    fc.string({ unit: 'grapheme', maxLength: 200 }),
    fc.string({ unit: 'binary', maxLength: 200 }),
    fc.array(fc.constantFrom(...pieces), { maxLength: 200 }).map((found) => found.join('')),
  )
  .map((written) => written.split('\n').map(escapeText).join('\n'));
const width = fc.integer({ min: 2, max: 90 });
const withoutSpaces = (written: string): string => written.replace(/\s/gu, '');

describe('wrapping', () => {
  it('makes no row wider than the width, and loses nothing but spaces', () => {
    fc.assert(
      fc.property(text, width, (written, cells) => {
        const rows = wrap(written, cells);
        expect(rows.filter((row) => cellsOf(row) > cells)).toEqual([]);
        expect(withoutSpaces(rows.join(''))).toBe(withoutSpaces(written));
        expect(rows.length).toBeGreaterThanOrEqual(written.split('\n').length);
      }),
    );
  });

  it('parts what counts as one character and is wider than a row', () => {
    expect(wrap('\u1100\u1100\u1100', 2)).toEqual(['\u1100', '\u1100', '\u1100']);
  });

  it('breaks between words where it can, and within those that are too long', () => {
    expect(wrap('the tide is at nine', 9)).toEqual(['the tide', 'is at', 'nine']);
    expect(wrap('a incomprehensible b', 6)).toEqual(['a', 'incomp', 'rehens', 'ible b']);
    expect(wrap('漢字漢字', 5)).toEqual(['漢字', '漢字']);
  });

  it('keeps empty lines, and the spaces at the beginning of a line', () => {
    expect(wrap('', 9)).toEqual(['']);
    expect(wrap('a\n\nb', 9)).toEqual(['a', '', 'b']);
    expect(wrap('  key  1', 9)).toEqual(['  key  1']);
  });

  it('leaves out what follows the rows that are wanted, and does not look at it', () => {
    expect(wrap('1 2 3 4\n5\n6', 3, 3)).toEqual(['1 2', '3 4', '5']);
    const rows = wrap('界'.repeat(5_000_000), 10, 4);
    expect(rows).toEqual(Array.from({ length: 4 }, () => '界'.repeat(5)));
  });
});

describe('cutting', () => {
  it('gives the beginning, never wider than it may be, with a sign that something is missing', () => {
    fc.assert(
      fc.property(text, fc.integer({ min: -1, max: 90 }), (written, cells) => {
        const [line = ''] = written.split('\n');
        const shown = cut(line, cells);
        expect(cellsOf(shown)).toBeLessThanOrEqual(Math.max(0, cells));
        if (cells > 0 && shown !== line) {
          expect(shown.endsWith('…')).toBe(true);
          expect(line.startsWith(shown.slice(0, -1))).toBe(true);
          expect(cellsOf(line)).toBeGreaterThan(cells);
        }
      }),
    );
  });

  it('fills with spaces to exactly the width', () => {
    fc.assert(
      fc.property(text, width, (written, cells) => {
        const [line = ''] = written.split('\n');
        expect(cellsOf(pad(line, cells))).toBe(cells);
      }),
    );
  });
});

describe('graphemes', () => {
  it('are what Unicode says, however long the text is', () => {
    const segmenter = new Intl.Segmenter(undefined, { granularity: 'grapheme' });
    const long = fc.array(fc.constantFrom(...pieces, 'x'.repeat(500), '👍'.repeat(200)), {
      minLength: 5,
      maxLength: 60,
    });
    fc.assert(
      fc.property(long, (found) => {
        const written = found.join('');
        expect(graphemesOf(written)).toEqual(Array.from(segmenter.segment(written), ({ segment }) => segment));
      }),
    );
  });

  it('are parted where one is longer than anybody writes, between characters', () => {
    const endless = `👨${'\u200d👨'.repeat(9_000)}`;
    const found = graphemesOf(endless);
    expect(found.join('')).toBe(endless);
    expect(found.every((one) => one.length <= 1_024 && one.isWellFormed())).toBe(true);
  });

  it('fill the cells that a text of them fills', () => {
    fc.assert(
      fc.property(text, (written) => {
        const [line = ''] = written.split('\n');
        expect(cellsOf(line)).toBe(stringWidth(line, { countAnsiEscapeCodes: true }));
        const long = line.repeat(12);
        expect(cellsOf(long)).toBe(graphemesOf(long).reduce((sum, one) => sum + cellsOf(one), 0));
      }),
    );
  });
});
