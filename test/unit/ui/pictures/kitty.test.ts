import { inflateSync } from 'node:zlib';
import { describe, expect, it } from '@jest/globals';
import headless from '@xterm/headless';
import stringWidth from 'string-width';
import { kittyParts } from '../../../../src/ui/terminal/pictures/kitty.js';
import { maximumRows } from '../../../../src/ui/terminal/pictures/picture.js';
import { paintedRaster } from '../../../helpers/raster.js';

const noise = paintedRaster(120, 60, (x, y) => ((x * 2654435761 + y * 40503) >>> 0) % 0x1000000);

/** The commands in what a terminal is sent: their keys and what they carry. */
function commandsIn(text: string): { keys: Record<string, string>; payload: string }[] {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what is looked for
  const found = [...text.matchAll(/\x1b_G([^;\x1b]*)(?:;([A-Za-z0-9+/=]*))?\x1b\\/g)];
  expect(found.map(([whole]) => whole).join('')).toBe(text);
  return found.map(([, keys = '', payload = '']) => ({
    keys: Object.fromEntries(keys.split(',').map((pair) => pair.split('='))),
    payload,
  }));
}

describe('a picture of kitty', () => {
  it('reaches the terminal pixel for pixel, in pieces as small as they must be', async () => {
    const { transmit = '' } = await kittyParts(noise, { columns: 12, rows: 3 }, 0x123456);
    const commands = commandsIn(transmit);
    expect(commands.length).toBeGreaterThan(3);
    expect(commands[0]?.keys).toEqual({
      ...{ a: 'T', U: '1', i: String(0x123456), f: '24', o: 'z', s: '120', v: '60', c: '12', r: '3', q: '2', m: '1' },
    });
    expect(commands.slice(1).map(({ keys }) => keys)).toEqual(
      commands.slice(1).map((_, index) => ({ q: '2', m: index === commands.length - 2 ? '0' : '1' })),
    );
    for (const { payload } of commands) expect(payload.length).toBeLessThanOrEqual(4096);
    for (const { payload } of commands.slice(0, -1)) expect(payload.length % 4).toBe(0);
    const packed = Buffer.from(commands.map(({ payload }) => payload).join(''), 'base64');
    expect(inflateSync(packed).equals(noise.pixels)).toBe(true);
  });

  it('has one piece where it is small', async () => {
    const { transmit = '' } = await kittyParts(
      paintedRaster(2, 2, () => 0),
      { columns: 1, rows: 1 },
      1,
    );
    expect(commandsIn(transmit).map(({ keys }) => keys.m)).toEqual(['0']);
  });

  it('stands where cells name it, each row by its number', async () => {
    const { rows } = await kittyParts(noise, { columns: 12, rows: 3 }, 0x123456);
    const terminal = new headless.Terminal({ cols: 20, rows: 5, allowProposedApi: true });
    await new Promise<void>((resolve) => terminal.write(rows.map((row) => `  ${row}|`).join('\r\n'), resolve));
    const marks = ['\u0305', '\u030d', '\u030e'];
    for (const [y, mark] of marks.entries()) {
      const line = terminal.buffer.active.getLine(y);
      const cells = Array.from({ length: 12 }, (_, x) => line?.getCell(x + 2));
      expect(cells.map((cell) => cell?.getFgColor())).toEqual(Array(12).fill(0x123456));
      expect(cells.map((cell) => cell?.getChars())).toEqual([
        `\u{10eeee}${mark}\u0305`,
        ...Array(11).fill('\u{10eeee}'),
      ]);
      expect(line?.getCell(14)?.getChars()).toBe('|');
      expect(line?.getCell(14)?.isFgDefault()).toBe(true);
    }
    expect(rows.map((row) => stringWidth(row))).toEqual([12, 12, 12]);
  });

  it('numbers as many rows as a picture may have, each otherwise', async () => {
    const { rows } = await kittyParts(noise, { columns: 1, rows: maximumRows }, 1);
    expect(new Set(rows).size).toBe(maximumRows);
  });

  it('is forgotten by its number', async () => {
    const { erase = '' } = await kittyParts(noise, { columns: 12, rows: 3 }, 77);
    expect(commandsIn(erase)).toEqual([{ keys: { a: 'd', d: 'I', i: '77', q: '2' }, payload: '' }]);
  });
});
