import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { encodeFrame, FrameReader, maximumFrameBytes } from '../../../src/protocol/frame.js';

function readAll(reader: FrameReader, chunks: readonly Uint8Array[]): Buffer[] {
  return chunks.flatMap((chunk) => [...reader.push(chunk)]);
}

describe('frames', () => {
  it('come out as they went in, however the stream is cut', () => {
    const payload = fc.uint8Array({ minLength: 1, maxLength: 200 });
    fc.assert(
      fc.property(fc.array(payload, { maxLength: 8 }), fc.array(fc.integer({ min: 1, max: 50 })), (payloads, cuts) => {
        const stream = Buffer.concat(payloads.map((one) => encodeFrame(one)));
        const chunks: Buffer[] = [];
        let offset = 0;
        for (const cut of cuts) {
          chunks.push(stream.subarray(offset, offset + cut));
          offset += cut;
        }
        chunks.push(stream.subarray(offset));
        const reader = new FrameReader();
        expect(readAll(reader, chunks)).toEqual(payloads.map((one) => Buffer.from(one)));
        reader.end();
      }),
      { numRuns: 300 },
    );
  });

  it.each([
    ['an empty frame', 0],
    ['one octet more than the limit', maximumFrameBytes + 1],
    ['four gigabytes', 0xffff_ffff],
  ])('refuses %s by its length alone', (_, sizeBytes) => {
    const header = Buffer.alloc(4);
    header.writeUInt32BE(sizeBytes);
    expect(() => readAll(new FrameReader(), [header])).toThrow(
      expect.objectContaining({ code: 'ERR_PROTOCOL', message: expect.stringContaining(String(sizeBytes)) }),
    );
  });

  it('takes a frame of exactly the limit', () => {
    const payload = Buffer.alloc(maximumFrameBytes, 7);
    expect(readAll(new FrameReader(), [encodeFrame(payload)])).toEqual([payload]);
  });

  it('applies a new limit to the very next frame of the same chunk', () => {
    const reader = new FrameReader(10);
    const sizes: number[] = [];
    for (const payload of reader.push(Buffer.concat([encodeFrame(Buffer.alloc(10)), encodeFrame(Buffer.alloc(20))]))) {
      sizes.push(payload.length);
      reader.setLimit(20);
    }
    expect(sizes).toEqual([10, 20]);
  });

  it.each([1, 3, 4, 5])('refuses a stream that ends after %i octets of a frame', (length) => {
    const reader = new FrameReader();
    readAll(reader, [encodeFrame(Buffer.alloc(9)).subarray(0, length)]);
    expect(() => reader.end()).toThrow(expect.objectContaining({ code: 'ERR_PROTOCOL' }));
  });

  it('refuses to encode what no reader would take', () => {
    expect(() => encodeFrame(Buffer.alloc(0))).toThrow(RangeError);
    expect(() => encodeFrame(Buffer.alloc(maximumFrameBytes + 1))).toThrow(RangeError);
  });
});
