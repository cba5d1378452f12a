/** What pictures in a terminal are made of and made to. */

/** How pictures reach the screen. */
export type PictureProtocol = 'kitty' | 'iterm2' | 'sixel' | 'blocks' | 'none';

/** Which colours text can have. */
export type TextColors = 'truecolor' | '256';

/** Width and height; the text around says of what, and in which unit. */
export interface Size {
  readonly width: number;
  readonly height: number;
}

/** Character cells. */
export interface CellArea {
  readonly columns: number;
  readonly rows: number;
}

/** Pixels: red, green and blue, an octet each, row after row from the top. */
export interface Raster extends Size {
  readonly pixels: Buffer;
}

/** A picture that is ready for the screen. */
export interface Picture {
  /** How large the original is, in pixels, as it is to be looked at. */
  readonly natural: Size;
  readonly columns: number;
  /** One string a row, each exactly `columns` cells wide, with no other escape sequences than colours. */
  readonly rows: readonly string[];
  // What the terminal needs beside the rows; overlay.ts sees to it.
  /** To be written before the rows are, once; again where the screen was left and entered anew. */
  readonly transmit?: string;
  /** To be written once the rows are gone for good: the terminal forgets what was transmitted. */
  readonly erase?: string;
  /**
   * Draws what the rows only leave room for, as far as it is in sight: `rowCount` rows from `firstRow` on. To be
   * written with the cursor in their top left cell, after each frame that wrote one of them; the cursor ends anywhere.
   */
  readonly draw?: (firstRow: number, rowCount: number) => string;
}

/** A cell where the terminal does not say how large its cells are, in pixels. */
export const usualCell: Size = { width: 10, height: 20 };

/** Rows of a picture, at most: kitty.ts can number no more. */
export const maximumRows = 30;

/** Draws `height` rows of pixels from `top` on, which are `rows` rows of cells, from the cursor on. */
export type Painter = (top: number, height: number, rows: number) => string;
