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
  const columnsOf: (Uint8Array | undefined)[] = [];
  for (const [pixel, index] of indexes.entries()) {
    const columns = columnsOf[index] ?? new Uint8Array(width);
    columnsOf[index] = columns;
    const x = pixel % width;
    columns[x] = (columns[x] ?? 0) | (1 << Math.floor(pixel / width));
  }
  return columnsOf.flatMap((columns, index) => (columns === undefined ? [] : [`#${index}${runs(columns)}`])).join('$');
}

function runs(columns: Uint8Array): string {
  let text = '';
  for (let start = 0; start < columns.length; ) {
    let end = start + 1;
    while (end < columns.length && columns[end] === columns[start]) end += 1;
    const character = String.fromCharCode(63 + (columns[start] ?? 0));
    const length = end - start;
    if (end < columns.length || columns[start] !== 0) {
      text += length > 3 ? `!${length}${character}` : character.repeat(length);
    }
    start = end;
  }
  return text;
}
