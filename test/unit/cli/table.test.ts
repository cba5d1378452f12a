import { describe, expect, it } from '@jest/globals';
import { tableLines } from '../../../src/cli/table.js';

describe('tableLines', () => {
  it('makes every column as wide as its widest cell, and leaves no blanks at the end', () => {
    const rows = [
      ['alice', '1', 'x'],
      ['bob', '22222', ''],
    ];
    expect(tableLines(['NAME', 'NO', 'FOR'], rows)).toEqual(['NAME   NO     FOR', 'alice  1      x', 'bob    22222']);
  });

  it('is a header alone without rows', () => {
    expect(tableLines(['NAME', 'NO'], [])).toEqual(['NAME  NO']);
  });

  it('never lets a cell move the cursor or begin a line', () => {
    const [, row] = tableLines(['A', 'B'], [['x\u001b[2J\ny', 'z']]);
    expect(row).toMatch(/^[^\p{Cc}]*$/u);
  });
});
