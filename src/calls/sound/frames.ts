/** Frames of 10 ms: cut from octets as they come, and made at the pace of a clock. */
import { frameMs, frameSamples } from './sound-system.js';

const frameBytes = frameSamples * 2;

/** Cuts a stream of 16-bit samples (little-endian, as every machine we run on) into frames. */
export class FrameCutter {
  readonly #onFrame: (frame: Int16Array) => void;
  #rest: Buffer = Buffer.alloc(0);

  constructor(onFrame: (frame: Int16Array) => void) {
    this.#onFrame = onFrame;
  }

  /** Takes what came; calls with each frame that is whole. */
  push(octets: Buffer): void {
    let pending = this.#rest.length === 0 ? octets : Buffer.concat([this.#rest, octets]);
    while (pending.length >= frameBytes) {
      // WebRTC wants exactly one frame in a buffer of its own.
      const frame = new Int16Array(frameSamples);
      pending.copy(new Uint8Array(frame.buffer), 0, 0, frameBytes);
      this.#onFrame(frame);
      pending = pending.subarray(frameBytes);
    }
    this.#rest = Buffer.from(pending);
  }
}

/** After a pause no more than so many frames are made up for: the rest would only come late. */
const mostAtOnce = 5;

/**
 * Calls once for every 10 ms that pass, in bunches where the machine is late, with their number: those that were left
 * out count.
 *
 * @returns what stops it
 */
export function everyFrame(call: (index: number) => void): () => void {
  const begun = performance.now();
  let next = 0;
  const timer = setInterval(() => {
    // A frame is there when its last sample is.
    const there = Math.floor((performance.now() - begun) / frameMs);
    for (next = Math.max(next, there - mostAtOnce); next < there; next++) call(next);
  }, frameMs);
  return () => clearInterval(timer);
}
