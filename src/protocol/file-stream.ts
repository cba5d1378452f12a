/**
 * What a file connection carries (docs/PROTOCOL.md, "Files"): the dialling side opens it with token
 * and transfer id; then the sender's content goes in frames of up to 1 MiB, a length of zero ends
 * it, and the SHA-256 of the content follows. Only sizes and the parser are here.
 */
import { QTChatError } from '../errors.js';

/** Octets of a transfer id. */
export const transferIdBytes = 16;
/** The largest frame of content, in octets: 1 MiB. */
export const maximumContentFrameBytes = 1024 * 1024;
/** Octets of the length in front of a frame. */
export const contentHeaderBytes = 4;
/** Octets of the digest behind the last frame. */
const digestBytes = 32;

/** A piece of a file connection: octets of content, or the digest that ends it. */
export type ContentPart = { readonly content: Buffer } | { readonly digest: Buffer };

/** Cuts a file connection into content and digest, without copying content and without holding more than a header. */
export class ContentReader {
  #leftBytes: number;
  /** Octets of content that the frame at hand still owes. */
  #frameBytes = 0;
  #field = Buffer.alloc(contentHeaderBytes);
  #fieldFilled = 0;
  #state: 'header' | 'content' | 'digest' | 'done' = 'header';

  /** @param sizeBytes - the size that was offered; content beyond it is refused */
  constructor(sizeBytes: number) {
    this.#leftBytes = sizeBytes;
  }

  /** Whether the digest has been read. */
  get isDone(): boolean {
    return this.#state === 'done';
  }

  /**
   * Takes the next octets of the connection.
   *
   * @throws {QTChatError} `ERR_PROTOCOL` when a frame is over-long, the content is longer or shorter
   *   than offered, or something follows the digest
   */
  *push(chunk: Buffer): Generator<ContentPart> {
    let rest = chunk;
    while (rest.length > 0) {
      if (this.#state === 'done') throw wrong('octets follow the digest');
      if (this.#state === 'content') {
        const content = rest.subarray(0, this.#frameBytes);
        rest = rest.subarray(content.length);
        this.#frameBytes -= content.length;
        if (this.#frameBytes === 0) this.#expect('header', contentHeaderBytes);
        yield { content };
      } else {
        const taken = rest.copy(this.#field, this.#fieldFilled);
        rest = rest.subarray(taken);
        this.#fieldFilled += taken;
        if (this.#fieldFilled === this.#field.length) {
          if (this.#state === 'header') this.#begin(this.#field.readUInt32BE());
          else {
            this.#state = 'done';
            yield { digest: this.#field };
          }
        }
      }
    }
  }

  #begin(sizeBytes: number): void {
    if (sizeBytes > maximumContentFrameBytes) throw wrong(`a frame of ${sizeBytes} octets was announced`);
    if (sizeBytes > this.#leftBytes) throw wrong('the file is longer than offered');
    this.#leftBytes -= sizeBytes;
    this.#frameBytes = sizeBytes;
    if (sizeBytes > 0) this.#state = 'content';
    else if (this.#leftBytes > 0) throw wrong('the file is shorter than offered');
    else this.#expect('digest', digestBytes);
  }

  #expect(state: 'header' | 'digest', sizeBytes: number): void {
    this.#state = state;
    this.#field = Buffer.alloc(sizeBytes);
    this.#fieldFilled = 0;
  }
}

function wrong(why: string): QTChatError {
  return new QTChatError('ERR_PROTOCOL', `the file connection broke the rules: ${why}`);
}
