/** Reads the content of a folder that is sent, from anywhere: many small files in the time of one long one. */
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { Stretch } from '../store/stretch.js';
import type { SourceReader } from './source-content.js';
import { changed, explainingRead, type FileStamp, isUnchanged, readFully } from './source-file.js';

/** Up to here a file is read in less time than it takes to wake a thread that reads it. */
const smallBytes = 64 * 1024;

const flags = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);

/** A file of the folder, and where its content is in that of the folder. */
export interface Segment {
  readonly path: string;
  readonly start: number;
  readonly end: number;
  /** What it was like when it was found. */
  readonly stamp: FileStamp;
}

/** A part of one file. */
interface Piece {
  readonly segment: Segment;
  readonly target: Buffer;
  readonly position: number;
}

/** Reads the list in front, and the files. */
export class FolderReader implements SourceReader {
  readonly #manifest: Buffer;
  readonly #segments: readonly Segment[];

  /** @param segments - those that hold something, in order */
  constructor(manifest: Buffer, segments: readonly Segment[]) {
    this.#manifest = manifest;
    this.#segments = segments;
  }

  async read(target: Buffer, position: number): Promise<void> {
    const listed = position < this.#manifest.length ? this.#manifest.copy(target, 0, position) : 0;
    const stretch = new Stretch();
    for (const piece of this.#pieces(target.subarray(listed), position + listed)) {
      const { path } = piece.segment;
      await explainingRead(path, async () => (piece.target.length <= smallBytes ? readSmall(piece) : readLong(piece)));
      await stretch.rest();
    }
  }

  /** Nothing is left to be done: each file is looked at whenever something of it was read. */
  async check(): Promise<void> {}

  /** None stays open. */
  async close(): Promise<void> {}

  *#pieces(target: Buffer, position: number): Generator<Piece> {
    let index = this.#find(position);
    for (let filled = 0; filled < target.length; index += 1) {
      const segment = this.#segments[index];
      if (segment === undefined) throw changed();
      const at = position + filled;
      const part = target.subarray(filled, filled + segment.end - at);
      yield { segment, target: part, position: at - segment.start };
      filled += part.length;
    }
  }

  /** The first that ends behind `position`. */
  #find(position: number): number {
    let [low, high] = [0, this.#segments.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#segments[middle]?.end ?? 0) <= position) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

function readSmall({ segment, target, position }: Piece): void {
  const file = openSync(segment.path, flags);
  try {
    for (let filled = 0; filled < target.length; ) {
      const bytesRead = readSync(file, target, filled, target.length - filled, position + filled);
      if (bytesRead === 0) throw changed();
      filled += bytesRead;
    }
    if (!isUnchanged(fstatSync(file, { bigint: true }), segment.stamp)) throw changed();
  } finally {
    closeSync(file);
  }
}

async function readLong({ segment, target, position }: Piece): Promise<void> {
  const file = await open(segment.path, flags);
  try {
    await readFully(file, target, position);
    if (!isUnchanged(await file.stat({ bigint: true }), segment.stamp)) throw changed();
  } finally {
    await file.close();
  }
}
