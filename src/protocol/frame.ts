/**
 * Frames of the control channel: a length of four octets, big-endian, then that many octets. Pure:
 * octets in, payloads out. A length is judged before a single octet is kept for it.
 */
import { QTChatError } from '../errors.js';

/** The largest payload of a frame, in octets: 256 KiB. */
export const maximumFrameBytes = 256 * 1024;

const headerBytes = 4;

/**
 * Puts the length in front of `payload`.
 *
 * @throws {RangeError} when the payload is empty or larger than {@link maximumFrameBytes}
 */
export function encodeFrame(payload: Uint8Array): Buffer {
  if (payload.length === 0 || payload.length > maximumFrameBytes) {
    throw new RangeError(`a frame holds 1 to ${maximumFrameBytes} octets, not ${payload.length}`);
  }
  const frame = Buffer.allocUnsafe(headerBytes + payload.length);
  frame.writeUInt32BE(payload.length);
  frame.set(payload, headerBytes);
  return frame;
}

/** Cuts a stream of octets into frames. Holds at most one unfinished frame. */
export class FrameReader {
  #limitBytes: number;
  readonly #header = Buffer.alloc(headerBytes);
  #headerFilled = 0;
  #payload: Buffer | undefined;
  #payloadFilled = 0;

  /** @param limitBytes - the largest payload accepted, at most {@link maximumFrameBytes} */
  constructor(limitBytes = maximumFrameBytes) {
    this.#limitBytes = limitBytes;
  }

  /** Changes the limit for the frames that have not begun. */
  setLimit(limitBytes: number): void {
    this.#limitBytes = limitBytes;
  }

  /**
   * Takes the next octets of the stream and yields every payload they complete, one by one: what the
   * caller does with a payload, {@link setLimit} for instance, holds for the next.
   *
   * @throws {QTChatError} `ERR_PROTOCOL` on an empty or over-long frame; the reader is useless then
   */
  *push(chunk: Uint8Array): Generator<Buffer> {
    let rest = chunk;
    while (rest.length > 0) {
      if (this.#payload === undefined) rest = this.#takeHeader(rest);
      else rest = this.#takePayload(this.#payload, rest);
      const payload = this.#payload;
      if (payload !== undefined && this.#payloadFilled === payload.length) {
        this.#payload = undefined;
        yield payload;
      }
    }
  }

  /**
   * Says that the stream has ended.
   *
   * @throws {QTChatError} `ERR_PROTOCOL` when a frame was cut short
   */
  end(): void {
    if (this.#payload !== undefined || this.#headerFilled > 0) {
      throw new QTChatError('ERR_PROTOCOL', 'the peer closed the connection within a frame');
    }
  }

  #takeHeader(chunk: Uint8Array): Uint8Array {
    const taken = chunk.subarray(0, headerBytes - this.#headerFilled);
    this.#header.set(taken, this.#headerFilled);
    this.#headerFilled += taken.length;
    if (this.#headerFilled === headerBytes) {
      const sizeBytes = this.#header.readUInt32BE();
      if (sizeBytes === 0 || sizeBytes > this.#limitBytes) {
        const expected = `expected 1 to ${this.#limitBytes}`;
        throw new QTChatError('ERR_PROTOCOL', `the peer announced a frame of ${sizeBytes} octets, ${expected}`);
      }
      this.#headerFilled = 0;
      this.#payloadFilled = 0;
      this.#payload = Buffer.allocUnsafe(sizeBytes);
    }
    return chunk.subarray(taken.length);
  }

  #takePayload(payload: Buffer, chunk: Uint8Array): Uint8Array {
    const taken = chunk.subarray(0, payload.length - this.#payloadFilled);
    payload.set(taken, this.#payloadFilled);
    this.#payloadFilled += taken.length;
    return chunk.subarray(taken.length);
  }
}
