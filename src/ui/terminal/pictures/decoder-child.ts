/**
 * The process that decodes one picture: it reads it from standard input, scales it and writes its pixels to
 * standard output. Its parent limits it (decode.ts); what a hostile picture can break is here, and nothing else is.
 */
import { readFileSync } from 'node:fs';
import { constants, setPriority } from 'node:os';
import { type DecodeTask, decodeExits, encodeDecoded, inputPixels, memoryLimitBytes } from './decode-wire.js';
import { fitInto } from './fit.js';
import type { Size } from './picture.js';

type SharpLibrary = typeof import('sharp')['default'];

/** The only parts of libvips that read files. */
const loaders = ['VipsForeignLoadJpeg', 'VipsForeignLoadPng', 'VipsForeignLoadWebp', 'VipsForeignLoadNsgif'];
const memoryCheckMs = 25;

async function decode({ box, background }: DecodeTask): Promise<Buffer> {
  const sharp = await loadSharp();
  const octets = readFileSync(0);
  const options = { limitInputPixels: inputPixels, failOn: 'error', sequentialRead: true } as const;
  const { autoOrient, width, height } = await sharp(octets, { limitInputPixels: false }).metadata();
  if (width * height > inputPixels) process.exit(decodeExits.tooManyPixels);
  const natural: Size = { width: autoOrient.width, height: autoOrient.height };
  const { data, info } = await sharp(octets, options)
    .autoOrient()
    .resize({ ...fitInto(natural, box), fit: 'fill' })
    .flatten({ background })
    .toColourspace('srgb')
    .removeAlpha()
    .raw({ depth: 'uchar' })
    .toBuffer({ resolveWithObject: true });
  return encodeDecoded({ natural, raster: { width: info.width, height: info.height, pixels: data } });
}

async function loadSharp(): Promise<SharpLibrary> {
  const loaded = await import('sharp').catch(() => process.exit(decodeExits.noDecoder));
  const sharp = loaded.default;
  sharp.concurrency(1);
  sharp.cache(false);
  sharp.block({ operation: ['VipsForeignLoad'] });
  sharp.unblock({ operation: loaders });
  return sharp;
}

/** The decoder has its own thread, so that this one can look. Where the parent sets a limit, this says so in words. */
function watchMemory(): void {
  setInterval(() => {
    if (process.memoryUsage.rss() > memoryLimitBytes) process.exit(decodeExits.tooMuchMemory);
  }, memoryCheckMs).unref();
}

try {
  // The chat is what people wait for.
  setPriority(constants.priority.PRIORITY_BELOW_NORMAL);
} catch {
  // Not everywhere permitted, and not needed.
}
watchMemory();
try {
  process.stdout.write(await decode(JSON.parse(process.argv[2] ?? '') as DecodeTask));
} catch {
  // libvips quotes what it read; nobody needs to see that.
  process.exit(decodeExits.notDecodable);
}
