/** Pictures of iTerm2's protocol, which WezTerm knows too. https://iterm2.com/documentation-images.html */
import type { Painter, Raster } from './picture.js';
import { encodePng } from './png.js';

/** Draws some rows of pixels from the cursor on, scaled into so many rows of cells. */
export function iterm2Painter(raster: Raster, columns: number): Painter {
  const { width, pixels } = raster;
  return (top, height, rows) => {
    const png = encodePng({ width, height, pixels: pixels.subarray(top * width * 3, (top + height) * width * 3) });
    const size = `width=${columns};height=${rows};preserveAspectRatio=1`;
    return `\x1b]1337;File=inline=1;size=${png.length};${size};doNotMoveCursor=1:${png.toString('base64')}\x07`;
  };
}
