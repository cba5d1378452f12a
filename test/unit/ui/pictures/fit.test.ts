import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { boxOf, fitInto, shownPixels } from '../../../../src/ui/terminal/pictures/fit.js';

const area = { columns: 40, rows: 12 };
const blocks = boxOf('blocks', area);

describe('the room for a picture', () => {
  it('is one pixel across a cell and two down for blocks, whose pixels are as wide as the cell is', () => {
    expect(blocks).toEqual({ width: 40, height: 24, pixelAspect: 1 });
    expect(boxOf('blocks', area, { width: 9, height: 20 }).pixelAspect).toBeCloseTo(0.9);
  });

  it('is as many pixels as the cells have for all others', () => {
    expect(boxOf('sixel', area, { width: 8, height: 17 })).toEqual({ width: 320, height: 204, pixelAspect: 1 });
  });
});

describe('the size of a picture', () => {
  it.each([
    ['wide: as wide as there is room', { width: 4000, height: 1000 }, { width: 40, height: 10 }],
    ['tall: as high as there is room', { width: 1000, height: 4000 }, { width: 6, height: 24 }],
    ['just fitting', { width: 40, height: 24 }, { width: 40, height: 24 }],
    ['small: as it is', { width: 3, height: 2 }, { width: 3, height: 2 }],
    ['a line: one pixel at least', { width: 10_000, height: 1 }, { width: 40, height: 1 }],
    ['a line that stands', { width: 1, height: 10_000 }, { width: 1, height: 24 }],
    ['one pixel', { width: 1, height: 1 }, { width: 1, height: 1 }],
  ])('%s', (_, natural, size) => {
    expect(fitInto(natural, blocks)).toEqual(size);
  });

  it('makes up for cells that are not twice as high as wide', () => {
    // A square: 24 pixels high, each 10 wide and 8 high.
    expect(fitInto({ width: 500, height: 500 }, { width: 40, height: 24, pixelAspect: 1.25 })).toEqual({
      width: 19,
      height: 24,
    });
  });

  it('stays within the box and within what is sent to a terminal, and keeps the shape', () => {
    const side = fc.integer({ min: 1, max: 100_000 });
    fc.assert(
      fc.property(
        side,
        side,
        fc.integer({ min: 1, max: 8000 }),
        fc.integer({ min: 1, max: 8000 }),
        (width, height, w, h) => {
          const size = fitInto({ width, height }, { width: w, height: h, pixelAspect: 1 });
          expect(size.width).toBeGreaterThanOrEqual(1);
          expect(size.height).toBeGreaterThanOrEqual(1);
          expect(size.width).toBeLessThanOrEqual(Math.min(w, width));
          expect(size.height).toBeLessThanOrEqual(Math.min(h, height));
          expect((size.width - 1) * (size.height - 1)).toBeLessThanOrEqual(shownPixels);
          if (size.width > 50 && size.height > 50) {
            expect(size.width / size.height / (width / height)).toBeGreaterThan(0.97);
            expect(size.width / size.height / (width / height)).toBeLessThan(1.03);
          }
        },
      ),
    );
  });
});
