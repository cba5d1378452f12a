/** A picture made on the spot, so that the demonstration ships no file: a sunset as PNG (ISO/IEC 15948). */
import { crc32, deflateSync } from 'node:zlib';

/** A PNG of `width` × `height` pixels in 24-bit colour. */
export function sunsetPng(width: number, height: number): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 2, 0, 0, 0], 8);
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(scanLines(width, height))),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

function scanLines(width: number, height: number): Buffer {
  const lines = Buffer.alloc(height * (1 + width * 3));
  let offset = 0;
  for (let y = 0; y < height; y += 1) {
    lines[offset++] = 0; // no filter
    for (let x = 0; x < width; x += 1) {
      const sun = Math.hypot(x - width / 2, y - height * 0.6) < height / 6;
      const dusk = y / height;
      lines[offset++] = sun ? 255 : 40 + 200 * dusk;
      lines[offset++] = sun ? 220 : 30 + 90 * dusk;
      lines[offset++] = sun ? 120 : 90 - 50 * dusk;
    }
  }
  return lines;
}

function chunk(type: string, content: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), content]);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(content.length);
  const checksum = Buffer.alloc(4);
  checksum.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, checksum]);
}
