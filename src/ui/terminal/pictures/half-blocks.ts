/** Pictures of characters: the upper half of a block in one colour, the cell behind it in another. */
import type { Raster, TextColors } from './picture.js';

type Color = readonly [red: number, green: number, blue: number];

/** Rows of half blocks, as wide as the raster and half as high; a last row may have only its upper half. */
export function halfBlockRows({ width, height, pixels }: Raster, colors: TextColors): string[] {
  const codeOf = colors === 'truecolor' ? trueColorCode : paletteCode;
  const codeAt = (x: number, y: number): string => {
    const offset = (y * width + x) * 3;
    return codeOf([pixels[offset] ?? 0, pixels[offset + 1] ?? 0, pixels[offset + 2] ?? 0]);
  };
  return Array.from({ length: Math.ceil(height / 2) }, (_, row) => {
    let text = '';
    let [upper, lower] = ['', ''];
    for (let x = 0; x < width; x += 1) {
      const above = codeAt(x, row * 2);
      const below = row * 2 + 1 < height ? codeAt(x, row * 2 + 1) : '';
      if (above !== upper) text += `\x1b[38;${above}m`;
      if (below !== lower) text += `\x1b[48;${below}m`;
      [upper, lower] = [above, below];
      text += '▀';
    }
    return `${text}\x1b[39m${lower === '' ? '' : '\x1b[49m'}`;
  });
}

function trueColorCode([red, green, blue]: Color): string {
  return `2;${red};${green};${blue}`;
}

function paletteCode(color: Color): string {
  return `5;${paletteIndex(color)}`;
}

/** The levels of xterm's cube of 6 × 6 × 6 colours, and what lies between two of them. */
const levels = [0, 95, 135, 175, 215, 255];

/** The closest of xterm's 240 fixed colours. */
export function paletteIndex(color: Color): number {
  const steps = color.map((value) => closest(levels, value));
  const [red = 0, green = 0, blue = 0] = steps;
  const grey = Math.max(0, Math.min(23, Math.round(((color[0] + color[1] + color[2]) / 3 - 8) / 10)));
  const greyLevel = 8 + grey * 10;
  const inCube = distance(color, [levels[red] ?? 0, levels[green] ?? 0, levels[blue] ?? 0]);
  if (distance(color, [greyLevel, greyLevel, greyLevel]) < inCube) return 232 + grey;
  return 16 + 36 * red + 6 * green + blue;
}

function closest(values: readonly number[], value: number): number {
  let best = 0;
  for (const [index, candidate] of values.entries()) {
    if (Math.abs(candidate - value) < Math.abs((values[best] ?? 0) - value)) best = index;
  }
  return best;
}

function distance(one: Color, other: Color): number {
  return one.reduce((sum, value, index) => sum + (value - (other[index] ?? 0)) ** 2, 0);
}
