/** How large a picture becomes. */
import { type CellArea, type PictureProtocol, type Size, usualCell } from './picture.js';

/** The room there is for a picture, in pixels of what it is drawn with. */
export interface PixelBox extends Size {
  /** Width of one such pixel divided by its height. */
  readonly pixelAspect: number;
}

/** Pixels of a picture on the screen, at most: more is slow to send, and larger than screens are. */
export const shownPixels = 2_000_000;

/** The room that cells give. Blocks have one pixel across a cell and two down; the others as many as the screen has. */
export function boxOf(protocol: PictureProtocol, { columns, rows }: CellArea, cell: Size = usualCell): PixelBox {
  if (protocol === 'none') return { width: 1, height: 1, pixelAspect: 1 };
  if (protocol === 'blocks') return { width: columns, height: rows * 2, pixelAspect: cell.width / (cell.height / 2) };
  return { width: columns * cell.width, height: rows * cell.height, pixelAspect: 1 };
}

/** The largest size that keeps the picture's shape and stays in the box; never larger than the picture is. */
export function fitInto(natural: Size, box: PixelBox): Size {
  const heightOfWidth = (natural.height * box.pixelAspect) / natural.width;
  const width = Math.min(
    natural.width,
    natural.height / Math.max(heightOfWidth, Number.MIN_VALUE),
    box.width,
    box.height / heightOfWidth,
    Math.sqrt(shownPixels / heightOfWidth),
  );
  const whole = (value: number, most: number): number => Math.max(1, Math.min(Math.round(value), most));
  return { width: whole(width, box.width), height: whole(width * heightOfWidth, box.height) };
}
