/**
 * Pictures of kitty's graphics protocol, placed by characters: the terminal gets the picture once, and puts its parts
 * where cells with U+10EEEE are, so that it scrolls as text does.
 * https://sw.kovidgoyal.net/kitty/graphics-protocol/#unicode-placeholders
 */
import { promisify } from 'node:util';
import { deflate } from 'node:zlib';
import type { CellArea, Picture, Raster } from './picture.js';

const deflated = promisify(deflate);
const chunkLength = 4096;

// How rows are numbered: the first of the marks in rowcolumn-diacritics.txt of kitty.
const rowMarks = [
  ...'\u0305\u030d\u030e\u0310\u0312\u033d\u033e\u033f\u0346\u034a\u034b\u034c\u0350\u0351\u0352',
  ...'\u0357\u035b\u0363\u0364\u0365\u0366\u0367\u0368\u0369\u036a\u036b\u036c\u036d\u036e\u036f',
];
const placeholder = '\u{10eeee}';

/**
 * A picture in as many cells; the terminal scales it to them and keeps its shape.
 *
 * @param id - 1 to 0xffffff; the terminal knows one picture by it
 */
export async function kittyParts(
  raster: Raster,
  { columns, rows }: CellArea,
  id: number,
): Promise<Pick<Picture, 'rows' | 'transmit' | 'erase'>> {
  const packed = (await deflated(raster.pixels, { level: 3 })).toString('base64');
  const color = `\x1b[38;2;${id >> 16};${(id >> 8) & 0xff};${id & 0xff}m`;
  // A cell without marks is in the row of the one before, and one column further.
  const rest = placeholder.repeat(columns - 1);
  return {
    rows: rowMarks.slice(0, rows).map((mark) => `${color}${placeholder}${mark}${rowMarks[0]}${rest}\x1b[39m`),
    // T: transmit and place; U: where placeholders are; 24: RGB; z: deflated; q: no answers.
    transmit: command(`a=T,U=1,i=${id},f=24,o=z,s=${raster.width},v=${raster.height},c=${columns},r=${rows}`, packed),
    erase: `\x1b_Ga=d,d=I,i=${id},q=2\x1b\\`,
  };
}

function command(keys: string, payload: string): string {
  let text = '';
  for (let start = 0; start < payload.length; start += chunkLength) {
    const more = start + chunkLength < payload.length ? 1 : 0;
    const head = start === 0 ? `${keys},` : '';
    text += `\x1b_G${head}q=2,m=${more};${payload.slice(start, start + chunkLength)}\x1b\\`;
  }
  return text;
}
