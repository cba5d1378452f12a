import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { sixelPainter } from '../../../../src/ui/terminal/pictures/sixel.js';
import { paintedRaster, rasterOf } from '../../../helpers/raster.js';

/** A small terminal: what it shows of a sixel image, as colours in percent; undefined where nothing was drawn. */
function decode(text: string): (string | undefined)[][] {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what is looked for
  const [, width = '', height = '', body = ''] = /^\x1bP0;1;0q"1;1;(\d+);(\d+)(.*)\x1b\\$/.exec(text) ?? [];
  const grid = Array.from({ length: Number(height) }, () => Array<string | undefined>(Number(width)).fill(undefined));
  const registers = new Map<string, string>();
  let [x, top, color] = [0, 0, ''];
  const draw = (character: string): void => {
    const bits = character.charCodeAt(0) - 63;
    for (let row = 0; row < 6; row += 1) {
      if (((bits >> row) & 1) === 0) continue;
      const line = grid[top + row];
      if (line === undefined || x >= line.length) throw new Error(`drawn outside: ${x}, ${top + row}`);
      line[x] = registers.get(color);
    }
    x += 1;
  };
  const tokens = /#(\d+);2;(\d+;\d+;\d+)|#(\d+)|!(\d+)([?-~])|([?-~])|(\$)|(-)/g;
  let read = 0;
  for (const [whole, defined, value = '', chosen, count, repeated = '', single, start, next] of body.matchAll(tokens)) {
    read += whole.length;
    if (defined !== undefined) registers.set(defined, value);
    else if (chosen !== undefined) color = chosen;
    else if (count !== undefined) for (let left = Number(count); left > 0; left -= 1) draw(repeated);
    else if (single !== undefined) draw(single);
    else if (start !== undefined) x = 0;
    else if (next !== undefined) [x, top] = [0, top + 6];
  }
  expect(read).toBe(body.length);
  return grid;
}

const percents = (color: number): string =>
  [color >> 16, (color >> 8) & 0xff, color & 0xff].map((value) => Math.round((value * 100) / 255)).join(';');

describe('a sixel image', () => {
  it.each([
    ['one pixel', 1, 1],
    ['a band that is not full', 7, 5],
    ['several bands', 13, 20],
    ['long runs', 300, 6],
  ])('shows every pixel: %s', (_, width, height) => {
    const color = (x: number, y: number) =>
      [0xff0000, 0x00ff00, 0x0000ff, 0xffffff, 0x000000][(x >> 3) ^ (y % 5)] ?? 0x808080;
    const raster = paintedRaster(width, height, color);
    const grid = decode(sixelPainter(raster)(0, height, 1));
    expect(grid).toEqual(
      Array.from({ length: height }, (_unused, y) =>
        Array.from({ length: width }, (_alsoUnused, x) => percents(color(x, y))),
      ),
    );
  });

  it('shows any part of itself in the same colours', () => {
    const raster = paintedRaster(9, 30, (x, y) => x * 28 * 0x10000 + y * 8);
    const paint = sixelPainter(raster);
    const whole = decode(paint(0, 30, 2));
    expect(decode(paint(11, 13, 1))).toEqual(whole.slice(11, 24));
    expect(decode(paint(29, 1, 1))).toEqual(whole.slice(29));
  });

  it('has 128 colours at most, close to its own', () => {
    const raster = paintedRaster(128, 128, (x, y) => x * 2 * 0x10000 + y * 2);
    const text = sixelPainter(raster)(0, 128, 8);
    const grid = decode(text);
    expect(new Set(grid.flat()).size).toBeGreaterThan(100);
    expect([...text.matchAll(/#\d+;2;/g)].length).toBeLessThanOrEqual(128);
    for (const [y, line] of grid.entries()) {
      for (const [x, shown] of line.entries()) {
        const [red = 0, , blue = 0] = (shown ?? '').split(';').map((value) => Number(value) * 2.55);
        expect(Math.abs(red - x * 2)).toBeLessThan(24);
        expect(Math.abs(blue - y * 2)).toBeLessThan(24);
      }
    }
  });

  it('draws every pixel, whatever they are', () => {
    const rasters = fc
      .tuple(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 20 }))
      .chain(([width, height]) =>
        fc
          .array(fc.integer({ min: 0, max: 0xffffff }), { minLength: width * height, maxLength: width * height })
          .map((colors) =>
            rasterOf(Array.from({ length: height }, (_, y) => colors.slice(y * width, (y + 1) * width))),
          ),
      );
    fc.assert(
      fc.property(rasters, (raster) => {
        const grid = decode(sixelPainter(raster)(0, raster.height, 1));
        expect(grid.flat()).not.toContain(undefined);
      }),
      { numRuns: 50 },
    );
  });
});
