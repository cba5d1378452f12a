/** Octets that begin as films do; nothing could play them. */
import { randomBytes } from 'node:crypto';

/** A box of ISO/IEC 14496-12. */
export function box(type: string, content: Buffer = Buffer.alloc(0)): Buffer {
  const head = Buffer.alloc(8);
  head.writeUInt32BE(8 + content.length);
  head.write(type, 4, 'latin1');
  return Buffer.concat([head, content]);
}

/** How an MP4 file begins. */
export const mp4Head = box('ftyp', Buffer.from('isom\0\0\x02\0isommp41', 'latin1'));

/** An MP4 file of that length, with random content. */
export function makeFilm(sizeBytes: number): Buffer {
  return Buffer.concat([mp4Head, box('mdat', randomBytes(sizeBytes - mp4Head.length - 8))]);
}
