import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { ContentReader } from '../../../src/protocol/file-stream.js';

const digest = Buffer.alloc(32, 9);

function frameOf(content: Uint8Array): Buffer {
  const header = Buffer.alloc(4);
  header.writeUInt32BE(content.length);
  return Buffer.concat([header, content]);
}

function read(sizeBytes: number, chunks: readonly Buffer[]): { content: Buffer; digest: Buffer | undefined } {
  const reader = new ContentReader(sizeBytes);
  const pieces: Buffer[] = [];
  let found: Buffer | undefined;
  for (const part of chunks.flatMap((chunk) => [...reader.push(chunk)])) {
    if ('digest' in part) found = part.digest;
    else pieces.push(part.content);
  }
  return { content: Buffer.concat(pieces), digest: found };
}

describe('a file connection', () => {
  it('gives the content and its digest, however it is cut', () => {
    const frames = fc.array(fc.uint8Array({ minLength: 1, maxLength: 40 }), { maxLength: 6 });
    fc.assert(
      fc.property(frames, fc.integer({ min: 1, max: 17 }), (contents, cut) => {
        const stream = Buffer.concat([...contents.map(frameOf), Buffer.alloc(4), digest]);
        const chunks = Array.from({ length: Math.ceil(stream.length / cut) }, (_, index) =>
          stream.subarray(index * cut, (index + 1) * cut),
        );
        const content = Buffer.concat(contents);
        expect(read(content.length, chunks)).toEqual({ content, digest });
      }),
      { numRuns: 200 },
    );
  });

  it.each([
    ['a frame over 1 MiB', 2 ** 30, Buffer.from('00100001', 'hex'), /frame of 1048577/],
    ['more than was offered', 3, frameOf(Buffer.alloc(4)), /longer than offered/],
    [
      'more than was offered in two frames',
      3,
      Buffer.concat([frameOf(Buffer.alloc(2)), frameOf(Buffer.alloc(2))]),
      /longer/,
    ],
    ['less than was offered', 3, Buffer.concat([frameOf(Buffer.alloc(2)), Buffer.alloc(4)]), /shorter than offered/],
    ['octets behind the digest', 0, Buffer.concat([Buffer.alloc(4), digest, digest]), /follow the digest/],
  ])('is refused with %s', (_, sizeBytes, octets, why) => {
    expect(() => read(sizeBytes, [octets])).toThrow(
      expect.objectContaining({ code: 'ERR_PROTOCOL', message: expect.stringMatching(why) }),
    );
  });
});
