/** What the process that decodes a picture is told, and how it answers; shared by both sides. */
import type { PixelBox } from './fit.js';
import type { Raster, Size } from './picture.js';

/** The one thing to do. The picture itself is on standard input. */
export interface DecodeTask {
  readonly box: PixelBox;
  /** What shows through where the picture is transparent, as `#rrggbb`. */
  readonly background: string;
}

/** A picture that was decoded and scaled. */
export interface Decoded {
  readonly natural: Size;
  readonly raster: Raster;
}

/** Octets of a file that is decoded, at most. */
export const fileLimitBytes = 50_000_000;
/** Pixels that a file may declare. */
export const inputPixels = 100_000_000;
/** Memory of the process, resident; with it and its programs, Node and libvips take some 70 MB of it. */
export const memoryLimitBytes = 512 * 1024 * 1024;

/** How the process ends where it has no result. */
export const decodeExits = { noDecoder: 3, notDecodable: 4, tooManyPixels: 5, tooMuchMemory: 6 } as const;

const headOctets = 16;

/** The answer: four sizes, then the pixels. */
export function encodeDecoded({ natural, raster }: Decoded): Buffer {
  const head = Buffer.alloc(headOctets);
  for (const [index, size] of [natural.width, natural.height, raster.width, raster.height].entries()) {
    head.writeUInt32BE(size, index * 4);
  }
  return Buffer.concat([head, raster.pixels]);
}

/** How long an answer can be that fits `box`. */
export function longestAnswer(box: Size): number {
  return headOctets + box.width * box.height * 3;
}

/** Reads an answer; undefined for one that is not what was asked for. The process may have been taken over by a picture. */
export function parseDecoded(answer: Buffer, box: Size): Decoded | undefined {
  if (answer.length < headOctets) return undefined;
  const [wide = 0, high = 0, width = 0, height = 0] = [0, 4, 8, 12].map((offset) => answer.readUInt32BE(offset));
  const pixels = answer.subarray(headOctets);
  const isPicture = wide >= 1 && high >= 1 && wide * high <= inputPixels && width >= 1 && height >= 1;
  const isFitting = width <= box.width && height <= box.height && pixels.length === width * height * 3;
  if (!isPicture || !isFitting) return undefined;
  return { natural: { width: wide, height: high }, raster: { width, height, pixels } };
}
