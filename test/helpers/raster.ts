/** Rasters for tests of encoders. */
import type { Raster } from '../../src/ui/terminal/pictures/picture.js';

/** A raster of colours as 0xrrggbb, row after row. */
export function rasterOf(rows: readonly (readonly number[])[]): Raster {
  const colors = rows.flat();
  const pixels = Buffer.alloc(colors.length * 3);
  for (const [index, color] of colors.entries()) pixels.writeUIntBE(color, index * 3, 3);
  return { width: rows[0]?.length ?? 0, height: rows.length, pixels };
}

/** A raster whose colours a function gives. */
export function paintedRaster(width: number, height: number, colorAt: (x: number, y: number) => number): Raster {
  return rasterOf(
    Array.from({ length: height }, (_, y) => Array.from({ length: width }, (_unused, x) => colorAt(x, y))),
  );
}
