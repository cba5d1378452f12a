/** Few colours for many, by median cut: boxes of colours are halved until there are enough of them. */
import type { Raster } from './picture.js';

/** A picture of numbered colours. */
export interface IndexedPicture {
  /** Colours as 0xrrggbb. */
  readonly palette: readonly number[];
  /** The number of each pixel's colour. */
  readonly indexes: Uint8Array;
}

// Colours that have the upper five bits of each channel in common are in one bin, and end as one colour.
const channelShifts = [10, 5, 0];
const binCount = 1 << 15;
const binOf = (red: number, green: number, blue: number): number =>
  ((red >> 3) << 10) | ((green >> 3) << 5) | (blue >> 3);

/** The picture in at most `count` colours, 256 or fewer. One that has no more, and none alike, keeps them as they are. */
export function indexColors({ pixels }: Raster, count: number): IndexedPicture {
  const bins = new Uint16Array(pixels.length / 3);
  // Red, green and blue of all its pixels together, and their number.
  const sums = new Float64Array(binCount * 4);
  for (let pixel = 0; pixel < bins.length; pixel += 1) {
    const [red, green, blue] = [pixels[pixel * 3] ?? 0, pixels[pixel * 3 + 1] ?? 0, pixels[pixel * 3 + 2] ?? 0];
    const bin = binOf(red, green, blue);
    bins[pixel] = bin;
    add(sums, bin * 4, red);
    add(sums, bin * 4 + 1, green);
    add(sums, bin * 4 + 2, blue);
    add(sums, bin * 4 + 3, 1);
  }
  const boxes = cutBoxes(sums, count);
  const numbers = new Uint8Array(binCount);
  for (const [number, box] of boxes.entries()) for (const bin of box.bins) numbers[bin] = number;
  return {
    palette: boxes.map((box) => meanOf(box, sums)),
    indexes: Uint8Array.from(bins, (bin) => numbers[bin] ?? 0),
  };
}

function add(sums: Float64Array, index: number, value: number): void {
  sums[index] = (sums[index] ?? 0) + value;
}

/** Bins that will be one colour, and where they lie furthest apart. */
interface Box {
  readonly bins: readonly number[];
  /** Place of the channel in a bin. */
  readonly shift: number;
  /** How much is gained by cutting it: nothing for a single bin. */
  readonly spread: number;
}

function cutBoxes(sums: Float64Array, count: number): Box[] {
  const sizeOf = (bin: number): number => sums[bin * 4 + 3] ?? 0;
  const used = Array.from({ length: binCount }, (_, bin) => bin).filter((bin) => sizeOf(bin) > 0);
  const boxes = [boxOf(used, sizeOf)];
  while (boxes.length < count) {
    const widest = boxes.reduce((best, box, index) => (box.spread > (boxes[best]?.spread ?? 0) ? index : best), 0);
    const box = boxes[widest];
    if (box === undefined || box.spread === 0) break;
    boxes.splice(widest, 1, ...halves(box, sizeOf).map((bins) => boxOf(bins, sizeOf)));
  }
  return boxes;
}

function boxOf(bins: readonly number[], sizeOf: (bin: number) => number): Box {
  const size = bins.reduce((sum, bin) => sum + sizeOf(bin), 0);
  const sides = channelShifts.map((shift) => {
    const levels = bins.map((bin) => (bin >> shift) & 31);
    return (
      levels.reduce((most, level) => Math.max(most, level), 0) -
      levels.reduce((least, level) => Math.min(least, level), 31)
    );
  });
  const longest = sides.indexOf(Math.max(...sides));
  return { bins, shift: channelShifts[longest] ?? 0, spread: bins.length > 1 ? (sides[longest] ?? 0) ** 2 * size : 0 };
}

/** Two parts, neither of them empty, with about as many pixels. */
function halves({ bins, shift }: Box, sizeOf: (bin: number) => number): [number[], number[]] {
  const sorted = [...bins].sort((one, other) => ((one >> shift) & 31) - ((other >> shift) & 31));
  const half = sorted.reduce((sum, bin) => sum + sizeOf(bin), 0) / 2;
  let before = 0;
  let end = 0;
  while (end < sorted.length - 1 && (end === 0 || before < half)) {
    before += sizeOf(sorted[end] ?? 0);
    end += 1;
  }
  return [sorted.slice(0, end), sorted.slice(end)];
}

function meanOf({ bins }: Box, sums: Float64Array): number {
  const totals = [0, 1, 2, 3].map((offset) => bins.reduce((sum, bin) => sum + (sums[bin * 4 + offset] ?? 0), 0));
  const [red = 0, green = 0, blue = 0, size = 1] = totals;
  return (Math.round(red / size) << 16) | (Math.round(green / size) << 8) | Math.round(blue / size);
}
