/** Sixel graphics of DEC's terminals: six rows at a time, colour after colour. https://vt100.net/docs/vt3xx-gp/chapter14.html */
import { indexColors } from './palette.js';
import type { Painter, Raster } from './picture.js';

/** Terminals offer 256 and more; fewer are quicker to send. */
const sixelColors = 128;

/**
 * Draws some rows of pixels from the cursor on, pixel for pixel. The colours are chosen once, for all of them: it
 * takes some time, and a picture that scrolls should not change.
 */
export function sixelPainter(raster: Raster): Painter {
  const { width } = raster;
  const { palette, indexes } = indexColors(raster, sixelColors);
  const registers = palette.map((color, index) => `#${index};2;${percentsOf(color)}`).join('');
  return (top, height) => {
    const bands = [];
    for (let row = 0; row < height; row += 6) {
      bands.push(bandOf(indexes.subarray((top + row) * width, (top + Math.min(row + 6, height)) * width), width));
    }
    // 1: what is not drawn stays; then the shape of a pixel and the size.
    return `\x1bP0;1;0q"1;1;${width};${height}${registers}${bands.join('-')}\x1b\\`;
  };
}

function percentsOf(color: number): string {
  return [color >> 16, (color >> 8) & 0xff, color & 0xff].map((value) => Math.round((value * 100) / 255)).join(';');
}

/** Six rows or fewer: for each colour in them, which of the six a column has in it. */
function bandOf(indexes: Uint8Array, width: number): string {
  const columnsOf = new Map<number, Uint8Array>();
  for (let start = 0, bit = 1; start < indexes.length; start += width, bit <<= 1) {
    for (let x = 0; x < width; x += 1) {
      const index = indexes[start + x] ?? 0;
      let columns = columnsOf.get(index);
      if (columns === undefined) {
        columns = new Uint8Array(width);
        columnsOf.set(index, columns);
      }
      columns[x] = (columns[x] ?? 0) | bit;
    }
  }
  return [...columnsOf].map(([index, columns]) => `#${index}${runs(columns)}`).join('$');
}

/** A colour's part of a band: what repeats is counted, what is empty at the end is left out. */
function runs(columns: Uint8Array): string {
  const parts: string[] = [];
  for (let start = 0, end = 0; start < columns.length; start = end) {
    const value = columns[start] ?? 0;
    for (end = start + 1; end < columns.length && columns[end] === value; ) end += 1;
    if (end === columns.length && value === 0) break;
    const character = String.fromCharCode(63 + value);
    parts.push(end - start > 3 ? `!${end - start}${character}` : character.repeat(end - start));
  }
  return parts.join('');
}
