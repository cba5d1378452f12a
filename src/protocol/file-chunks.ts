/**
 * How a file is cut into chunks, and what proves each of them: its SHA-256 stands in a list, and the
 * SHA-256 of that list, the root, proves all of them. Pure.
 */
import { createHash } from 'node:crypto';

/** Octets of a SHA-256. */
export const digestBytes = 32;
/** Octets of a chunk, in files of up to {@link smallChunksUpToBytes}. */
const smallChunkBytes = 256 * 1024;
/** Octets of a chunk in longer files: their list stays short. */
const largeChunkBytes = 1024 * 1024;
const smallChunksUpToBytes = 2 * 1024 ** 3;
/** Both sides hold the list in memory: 32 MiB at most. */
const maximumChunks = 2 ** 20;
/** The longest file, in octets: 1 TiB. */
export const maximumFileBytes = maximumChunks * largeChunkBytes;

/** How one file is cut; every chunk is `chunkBytes` long but the last, which holds the rest. */
export interface ChunkLayout {
  readonly sizeBytes: number;
  readonly chunkBytes: number;
  readonly count: number;
}

/** Octets of a file from `start` up to `end`. */
export interface OctetRange {
  readonly start: number;
  readonly end: number;
}

/** The cut of a file of `sizeBytes` octets, the same for everybody. */
export function layoutOf(sizeBytes: number): ChunkLayout {
  const chunkBytes = sizeBytes > smallChunksUpToBytes ? largeChunkBytes : smallChunkBytes;
  return { sizeBytes, chunkBytes, count: Math.ceil(sizeBytes / chunkBytes) };
}

/** Octets of `count` chunks from `first` on, all of which exist. */
export function chunksLength(layout: ChunkLayout, first: number, count: number): number {
  return Math.min((first + count) * layout.chunkBytes, layout.sizeBytes) - first * layout.chunkBytes;
}

/** SHA-256. */
export function sha256(octets: Uint8Array): Buffer {
  return createHash('sha256').update(octets).digest();
}

/**
 * The digests of the chunks of which `octets` is made, one behind the other.
 *
 * @param chunkBytes - octets of each; the last may be shorter
 */
export function chunkDigests(octets: Uint8Array, chunkBytes: number): Buffer {
  const pieces: Buffer[] = [];
  for (let start = 0; start < octets.length; start += chunkBytes) {
    pieces.push(sha256(octets.subarray(start, start + chunkBytes)));
  }
  return Buffer.concat(pieces);
}

/** What proves all chunks: SHA-256 of their digests, in order. */
export function rootOf(digests: Uint8Array): Buffer {
  return sha256(digests);
}
