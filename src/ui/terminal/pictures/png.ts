/** Writes PNG: what a terminal is to decode is made here of pixels, and never the file that somebody sent. */
import { crc32, deflateSync } from 'node:zlib';
import type { Raster } from './picture.js';

/** A PNG of eight bits a channel, without transparency (ISO/IEC 15948). */
export function encodePng({ width, height, pixels }: Raster): Buffer {
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width, 0);
  head.writeUInt32BE(height, 4);
  head.set([8, 2, 0, 0, 0], 8); // bits, RGB, deflate, filters, no interlacing
  const lineOctets = width * 3;
  // Each line begins with its filter: 1, the difference to the pixel on the left.
  const lines = Buffer.alloc((lineOctets + 1) * height);
  for (let y = 0; y < height; y += 1) {
    const from = y * lineOctets;
    const to = y * (lineOctets + 1);
    lines[to] = 1;
    for (let x = 0; x < lineOctets; x += 1) {
      const left = x < 3 ? 0 : (pixels[from + x - 3] ?? 0);
      lines[to + 1 + x] = (pixels[from + x] ?? 0) - left;
    }
  }
  const body = deflateSync(lines, { level: 3 });
  const signature = Buffer.from('\x89PNG\r\n\x1a\n', 'latin1');
  return Buffer.concat([signature, chunk('IHDR', head), chunk('IDAT', body), chunk('IEND', Buffer.alloc(0))]);
}

function chunk(type: string, content: Buffer): Buffer {
  const named = Buffer.concat([Buffer.from(type, 'latin1'), content]);
  const [length, check] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(content.length);
  check.writeUInt32BE(crc32(named));
  return Buffer.concat([length, named, check]);
}
