/** A bit for each chunk of a file, the lowest of an octet first: which are there, or known. */
import { type ChunkLayout, chunksLength } from './file-chunks.js';

/** No chunk of a file of that layout. */
export function noBits({ count }: ChunkLayout): Buffer {
  return Buffer.alloc(bitsLength(count));
}

/** Octets of the bits for `count` chunks. */
export function bitsLength(count: number): number {
  return Math.ceil(count / 8);
}

/** Tells whether the bit of a chunk is set. */
export function hasBit(bits: Uint8Array, index: number): boolean {
  return ((bits[index >> 3] ?? 0) & (1 << (index & 7))) !== 0;
}

/** Sets the bit of a chunk. */
export function setBit(bits: Uint8Array, index: number): void {
  bits[index >> 3] = (bits[index >> 3] ?? 0) | (1 << (index & 7));
}

/** Clears the bit of a chunk. */
export function clearBit(bits: Uint8Array, index: number): void {
  bits[index >> 3] = (bits[index >> 3] ?? 0) & ~(1 << (index & 7));
}

/** Octets of all chunks whose bit is set. */
export function bytesOf(bits: Uint8Array, layout: ChunkLayout): number {
  let sizeBytes = 0;
  for (let index = 0; index < layout.count; index += 1) {
    if (hasBit(bits, index)) sizeBytes += chunksLength(layout, index, 1);
  }
  return sizeBytes;
}
