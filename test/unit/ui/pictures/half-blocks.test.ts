import { describe, expect, it } from '@jest/globals';
import headless from '@xterm/headless';
import stringWidth from 'string-width';
import { halfBlockRows, paletteIndex } from '../../../../src/ui/terminal/pictures/half-blocks.js';
import type { Raster, TextColors } from '../../../../src/ui/terminal/pictures/picture.js';
import { paintedRaster, rasterOf } from '../../../helpers/raster.js';

interface ShownCell {
  readonly text: string;
  readonly upper: number | undefined;
  readonly lower: number | undefined;
}

/** What a terminal shows of a raster: for each cell its character and its two colours. */
async function shown(raster: Raster, colors: TextColors): Promise<ShownCell[][]> {
  const terminal = new headless.Terminal({ cols: 80, rows: 24, allowProposedApi: true });
  const rows = halfBlockRows(raster, colors);
  await new Promise<void>((resolve) => terminal.write(rows.map((row) => `${row}|`).join('\r\n'), resolve));
  return rows.map((_, y) => {
    const line = terminal.buffer.active.getLine(y);
    return Array.from({ length: raster.width + 1 }, (_unused, x) => {
      const cell = line?.getCell(x);
      return {
        text: cell?.getChars() ?? '',
        upper: cell?.isFgDefault() ? undefined : cell?.getFgColor(),
        lower: cell?.isBgDefault() ? undefined : cell?.getBgColor(),
      };
    });
  });
}

describe('half blocks', () => {
  it('show two pixels a cell in their very colours, and leave none behind', async () => {
    const [row] = await shown(
      rasterOf([
        [0xff0000, 0x00ff00, 0x010203],
        [0x0000ff, 0x0000ff, 0x000000],
      ]),
      'truecolor',
    );
    expect(row).toEqual([
      { text: '▀', upper: 0xff0000, lower: 0x0000ff },
      { text: '▀', upper: 0x00ff00, lower: 0x0000ff },
      { text: '▀', upper: 0x010203, lower: 0x000000 },
      { text: '|', upper: undefined, lower: undefined },
    ]);
  });

  it('leave the lower half of a last, odd row as it is', async () => {
    const rows = await shown(
      rasterOf([
        [1, 2],
        [3, 4],
        [5, 6],
      ]),
      'truecolor',
    );
    expect(rows).toHaveLength(2);
    expect(rows[1]).toEqual([
      { text: '▀', upper: 5, lower: undefined },
      { text: '▀', upper: 6, lower: undefined },
      { text: '|', upper: undefined, lower: undefined },
    ]);
  });

  it('take the closest of 256 colours where there are no more', async () => {
    const [row] = await shown(
      rasterOf([
        [0xff0000, 0x808080],
        [0x00005f, 0xfefefe],
      ]),
      '256',
    );
    expect(row?.slice(0, 2)).toEqual([
      { text: '▀', upper: 196, lower: 17 },
      { text: '▀', upper: 244, lower: 231 },
    ]);
  });

  it.each([
    [[0, 0, 0], 16],
    [[255, 255, 255], 231],
    [[8, 8, 8], 232],
    [[238, 238, 238], 255],
    [[95, 135, 175], 67],
    [[100, 130, 170], 67],
  ] as const)('%j is colour %i', (color, index) => {
    expect(paletteIndex(color)).toBe(index);
  });

  it.each(['truecolor', '256'] as const)(
    'are as wide as the picture, and nothing but blocks and colours in %s',
    (colors) => {
      const rows = halfBlockRows(
        paintedRaster(30, 21, (x, y) => x * 0x070503 + y * 0x010a11),
        colors,
      );
      expect(rows).toHaveLength(11);
      for (const row of rows) {
        expect(stringWidth(row)).toBe(30);
        // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what is looked for
        expect(row.replace(/\x1b\[[\d;]*m|▀/g, '')).toBe('');
      }
    },
  );
});
