/**
 * How many pixels a picture says it has, by its head alone: a small file can be a picture that fills the memory of whoever
 * decodes it. Decodes nothing.
 */
import type { ReadableFile } from '../store/arriving-file.js';
import { sniff } from './media-kind.js';

const mostSegments = 1024;
const mostGifOctets = 64 * 1024;

/**
 * The pixels of a picture; 0 for what is none, infinite where a JPEG or GIF does not say it where they do.
 *
 * @throws as `ReadableFile.read`
 */
export async function picturePixels(file: ReadableFile, signal: AbortSignal): Promise<number> {
  const head = await octetsOf(file, 0, 30, signal);
  switch (sniff(head)?.type) {
    case 'image/png':
      return head.readUInt32BE(16) * head.readUInt32BE(20);
    case 'image/gif':
      return gifPixels(await octetsOf(file, 0, mostGifOctets, signal));
    case 'image/webp':
      return webpPixels(head);
    case 'image/jpeg':
      return jpegPixels(file, signal);
    default:
      return 0;
  }
}

/**
 * https://www.w3.org/Graphics/GIF/spec-gif89a.txt §18, §20: browsers make the screen as large as the first picture on it,
 * which comes behind extensions of any length.
 */
function gifPixels(octets: Buffer): number {
  const flags = octets[10] ?? 0;
  let offset = 13 + ((flags & 0x80) === 0 ? 0 : 3 << ((flags & 7) + 1));
  while (octets[offset] === 0x21) {
    offset += 2;
    while ((octets[offset] ?? 0) > 0) offset += 1 + (octets[offset] ?? 0);
    offset += 1;
  }
  if (octets[offset] !== 0x2c || offset + 10 > octets.length) return Number.POSITIVE_INFINITY;
  const end = (axis: number): number => octets.readUInt16LE(offset + 1 + axis) + octets.readUInt16LE(offset + 5 + axis);
  return Math.max(octets.readUInt16LE(6), end(0)) * Math.max(octets.readUInt16LE(8), end(2));
}

/** RFC 9649 §2.5 to §2.7: the canvas, or the only frame. */
function webpPixels(head: Buffer): number {
  switch (head.toString('latin1', 12, 16)) {
    case 'VP8X':
      return (head.readUIntLE(24, 3) + 1) * (head.readUIntLE(27, 3) + 1);
    case 'VP8L': {
      const sizes = head.readUInt32LE(21);
      return ((sizes & 0x3fff) + 1) * (((sizes >> 14) & 0x3fff) + 1);
    }
    default:
      return (head.readUInt16LE(26) & 0x3fff) * (head.readUInt16LE(28) & 0x3fff);
  }
}

/** ITU-T T.81 §B.2.2: the head of the frame comes behind segments of any length. */
async function jpegPixels(file: ReadableFile, signal: AbortSignal): Promise<number> {
  let offset = 2;
  for (let count = 0; count < mostSegments; count += 1) {
    const segment = await octetsOf(file, offset, 9, signal);
    const [prefix, marker = 0] = segment;
    if (segment.length < 9 || prefix !== 0xff || marker < 0xc0 || (marker >= 0xd0 && marker <= 0xda)) break;
    // All from C0 to CF begin a frame, but for three: Huffman tables, arithmetic ones, and one that is reserved.
    if (marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker))
      return segment.readUInt16BE(5) * segment.readUInt16BE(7);
    offset += 2 + segment.readUInt16BE(2);
  }
  return Number.POSITIVE_INFINITY;
}

/** So many octets, or fewer where the file ends. */
async function octetsOf(file: ReadableFile, start: number, count: number, signal: AbortSignal): Promise<Buffer> {
  const pieces: Buffer[] = [];
  const end = Math.min(start + count, file.sizeBytes);
  for (let position = start; position < end; ) {
    const piece = await file.read(position, end, signal);
    pieces.push(piece);
    position += piece.length;
  }
  return Buffer.concat(pieces);
}
