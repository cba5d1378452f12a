/**
 * What a file connection carries (docs/PROTOCOL.md, "Files"): the dialling side opens it with token
 * and transfer id; then the receiver asks for digests, for chunks, which come with their digests behind
 * them, and in the end for the root; the sender answers each, in order. Only sizes and the parsers are
 * here: no octet is kept, nor a range believed, before it has been compared with the file that was offered.
 */
import { QTChatError } from '../errors.js';
import { type ChunkLayout, chunksLength, digestBytes } from './file-chunks.js';

/** Octets of a transfer id. */
export const transferIdBytes = 16;
/** The most that one range holds, in octets: 1 MiB. */
export const maximumRangeBytes = 1024 * 1024;
/** Octets of a request, and of the header in front of an answer. */
export const rangeHeaderBytes = 9;

/** Consecutive digests of the list, or consecutive chunks; or the root, whose `first` and `count` are 0. */
export interface FileRange {
  readonly kind: 'digests' | 'chunks' | 'root';
  readonly first: number;
  readonly count: number;
}

const kinds = { digests: 1, chunks: 2, root: 3 } as const;
const names = ['digests', 'chunks', 'root'] as const;
/** As many may be asked for at once: a sender that was restarted reads its file for them, which must not take long. */
export const maximumDigests = 256;
/** Octets of the longest answer behind its header: content and digests. */
export const maximumAnswerBytes = maximumRangeBytes + 4 * digestBytes;

/** The octets that ask for a range; the same stand in front of its content. */
export function encodeRange(range: FileRange, target: Buffer = Buffer.alloc(rangeHeaderBytes)): Buffer {
  target.writeUInt8(kinds[range.kind], 0);
  target.writeUInt32BE(range.first, 1);
  target.writeUInt32BE(range.count, 5);
  return target;
}

/** How many digests or chunks one range may hold. */
export function largestRange(layout: ChunkLayout, kind: 'digests' | 'chunks'): number {
  return kind === 'chunks' ? Math.floor(maximumRangeBytes / layout.chunkBytes) : maximumDigests;
}

/** Octets of the content of a range of chunks; none of any other. */
export function contentLength(layout: ChunkLayout, { kind, first, count }: FileRange): number {
  return kind === 'chunks' ? chunksLength(layout, first, count) : 0;
}

/** Octets of an answer behind its header: the content, and a digest for each chunk; or the root. */
export function answerLength(layout: ChunkLayout, range: FileRange): number {
  return contentLength(layout, range) + (range.kind === 'root' ? digestBytes : range.count * digestBytes);
}

/** Gathers the nine octets of a range, however they are cut. */
class RangeReader {
  readonly #octets = Buffer.alloc(rangeHeaderBytes);
  #filled = 0;

  /** Takes what is missing; returns how much of `chunk` that was. */
  take(chunk: Buffer): number {
    const taken = chunk.copy(this.#octets, this.#filled);
    this.#filled += taken;
    return taken;
  }

  /** The range, once it is whole; it is then forgotten. */
  get(): FileRange | undefined {
    if (this.#filled < rangeHeaderBytes) return undefined;
    this.#filled = 0;
    const number = this.#octets.readUInt8(0);
    const kind = names[number - 1];
    if (kind === undefined) throw wrong(`nothing of kind ${number} is known`);
    return { kind, first: this.#octets.readUInt32BE(1), count: this.#octets.readUInt32BE(5) };
  }
}

/** Reads what a receiver asks for. */
export class RequestReader {
  readonly #layout: ChunkLayout;
  readonly #reader = new RangeReader();

  /** @param layout - of the file that was offered to it */
  constructor(layout: ChunkLayout) {
    this.#layout = layout;
  }

  /**
   * Takes the next octets of the connection.
   *
   * @returns the ranges they complete, which all exist
   * @throws {QTChatError} `ERR_PROTOCOL` for a range that the file does not have, or that is too long
   */
  *push(chunk: Buffer): Generator<FileRange> {
    for (let rest = chunk; rest.length > 0; ) {
      rest = rest.subarray(this.#reader.take(rest));
      const range = this.#reader.get();
      if (range !== undefined) yield this.#checked(range);
    }
  }

  #checked(range: FileRange): FileRange {
    const { kind, first, count } = range;
    if (kind === 'root') {
      if (first + count > 0) throw wrong('there is only one root');
      return range;
    }
    if (count === 0 || count > largestRange(this.#layout, kind)) throw wrong(`${count} ${kind} were asked for at once`);
    if (first + count > this.#layout.count) {
      throw wrong(`${kind} ${first} to ${first + count - 1} of ${this.#layout.count} were asked for`);
    }
    return range;
  }
}

/** A piece of an answer. */
export interface AnswerPart {
  readonly range: FileRange;
  readonly octets: Buffer;
  /** Whether the answer is whole with it. */
  readonly isLast: boolean;
}

/** Reads what a sender answers. It must be what was asked for, in that order; so it needs no lengths to be believed. */
export class AnswerReader {
  readonly #layout: ChunkLayout;
  readonly #reader = new RangeReader();
  readonly #expected: FileRange[] = [];
  #range: FileRange | undefined;
  #leftBytes = 0;

  /** @param layout - of the file that was offered */
  constructor(layout: ChunkLayout) {
    this.#layout = layout;
  }

  /** Says that a range was asked for. */
  expect(range: FileRange): void {
    this.#expected.push(range);
  }

  /**
   * Takes the next octets of the connection.
   *
   * @returns the pieces of answers in them, not copied
   * @throws {QTChatError} `ERR_PROTOCOL` for anything that was not asked for
   */
  *push(chunk: Buffer): Generator<AnswerPart> {
    for (let rest = chunk; rest.length > 0; ) {
      if (this.#range === undefined) {
        rest = rest.subarray(this.#reader.take(rest));
        const range = this.#reader.get();
        if (range !== undefined) this.#begin(range);
      } else {
        const range = this.#range;
        const octets = rest.subarray(0, this.#leftBytes);
        rest = rest.subarray(octets.length);
        this.#leftBytes -= octets.length;
        const isLast = this.#leftBytes === 0;
        if (isLast) this.#range = undefined;
        yield { range, octets, isLast };
      }
    }
  }

  #begin({ kind, first, count }: FileRange): void {
    const asked = this.#expected.shift();
    if (asked === undefined || asked.kind !== kind || asked.first !== first || asked.count !== count) {
      throw wrong(`${count} ${kind} from ${first} on came, which were not asked for`);
    }
    this.#range = asked;
    this.#leftBytes = answerLength(this.#layout, asked);
  }
}

function wrong(why: string): QTChatError {
  return new QTChatError('ERR_PROTOCOL', `the file connection broke the rules: ${why}`);
}
