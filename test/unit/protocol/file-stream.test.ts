import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { layoutOf } from '../../../src/protocol/file-chunks.js';
import { AnswerReader, encodeRange, type FileRange, RequestReader } from '../../../src/protocol/file-stream.js';

const kiB = 1024;
const layout = layoutOf(1000 * kiB + 7);

function raw(kind: number, first: number, count: number): Buffer {
  const octets = Buffer.alloc(9);
  octets.writeUInt8(kind, 0);
  octets.writeUInt32BE(first, 1);
  octets.writeUInt32BE(count, 5);
  return octets;
}

function cut(octets: Buffer, length: number): Buffer[] {
  return Array.from({ length: Math.ceil(octets.length / length) }, (_, index) =>
    octets.subarray(index * length, (index + 1) * length),
  );
}

function breaksTheRules(why: RegExp): unknown {
  return expect.objectContaining({ code: 'ERR_PROTOCOL', message: expect.stringMatching(why) });
}

describe('a file', () => {
  it.each([
    ['of nothing', 0, 256 * kiB, 0],
    ['of one octet', 1, 256 * kiB, 1],
    ['of one chunk', 256 * kiB, 256 * kiB, 1],
    ['of a little more', 256 * kiB + 1, 256 * kiB, 2],
    ['of 2 GiB', 2 ** 31, 256 * kiB, 8192],
    ['of more than 2 GiB', 2 ** 31 + 1, 1024 * kiB, 2049],
    ['of 1 TiB', 2 ** 40, 1024 * kiB, 2 ** 20],
  ])('%s is cut into chunks', (_, sizeBytes, chunkBytes, count) => {
    expect(layoutOf(sizeBytes)).toEqual({ sizeBytes, chunkBytes, count });
  });
});

describe('what a receiver asks for', () => {
  it('comes out as it went in, however it is cut', () => {
    const range = fc.constantFrom<FileRange>(
      { kind: 'digests', first: 0, count: 4 },
      { kind: 'chunks', first: 0, count: 4 },
      { kind: 'chunks', first: 3, count: 1 },
      { kind: 'root', first: 0, count: 0 },
    );
    fc.assert(
      fc.property(fc.array(range, { maxLength: 6 }), fc.integer({ min: 1, max: 20 }), (ranges, length) => {
        const reader = new RequestReader(layout);
        const chunks = cut(Buffer.concat(ranges.map((one) => encodeRange(one))), length);
        expect(chunks.flatMap((chunk) => [...reader.push(chunk)])).toEqual(ranges);
      }),
      { numRuns: 200 },
    );
  });

  it.each([
    ['nothing', raw(2, 0, 0), /0 chunks/],
    ['a chunk behind the last', raw(2, 4, 1), /chunks 4 to 4 of 4/],
    ['chunks beyond the last', raw(2, 3, 2), /chunks 3 to 4 of 4/],
    ['the highest index there could be', raw(2, 0xffffffff, 1), /of 4/],
    ['more chunks than 1 MiB holds', raw(2, 0, 5), /5 chunks/],
    ['as many chunks as there could be', raw(2, 0, 0xffffffff), /4294967295 chunks/],
    ['more digests than may be asked for at once', raw(1, 0, 257), /257 digests/],
    ['a second root', raw(3, 0, 1), /one root/],
    ['digests beyond the last', raw(1, 1, 4), /digests 1 to 4 of 4/],
    ['something of another kind', raw(4, 0, 1), /kind 4/],
  ])('is refused when it is %s', (_, octets, why) => {
    expect(() => [...new RequestReader(layout).push(octets)]).toThrow(breaksTheRules(why) as Error);
  });

  it('is nothing where the file is empty', () => {
    expect(() => [...new RequestReader(layoutOf(0)).push(raw(2, 0, 1))]).toThrow(breaksTheRules(/of 0/) as Error);
  });
});

describe('what a sender answers', () => {
  const chunks: FileRange = { kind: 'chunks', first: 2, count: 2 };
  const digests: FileRange = { kind: 'digests', first: 0, count: 4 };
  // Their digests come behind them.
  const chunkOctets = Buffer.alloc(488 * kiB + 7 + 2 * 32, 5);
  const digestOctets = Buffer.alloc(4 * 32, 6);

  it('comes out as it went in, however it is cut, without a length of its own', () => {
    const stream = Buffer.concat([encodeRange(digests), digestOctets, encodeRange(chunks), chunkOctets]);
    for (const length of [1 << 20, 65_536, 9, 10, 137]) {
      const reader = new AnswerReader(layout);
      reader.expect(digests);
      reader.expect(chunks);
      const parts = cut(stream, length).flatMap((piece) => [...reader.push(piece)]);
      const contentOf = (kind: string): Buffer =>
        Buffer.concat(parts.filter(({ range }) => range.kind === kind).map(({ octets }) => octets));
      expect(contentOf('digests').equals(digestOctets)).toBe(true);
      expect(contentOf('chunks').equals(chunkOctets)).toBe(true);
      expect(parts.filter(({ isLast }) => isLast).map(({ range }) => range)).toEqual([digests, chunks]);
    }
  });

  it.each<[string, Buffer]>([
    ['other chunks than were asked for', encodeRange({ ...chunks, first: 0 })],
    ['more chunks than were asked for', encodeRange({ kind: 'chunks', first: 2, count: 3 })],
    ['fewer chunks than were asked for', encodeRange({ ...chunks, count: 1 })],
    ['digests where chunks were asked for', encodeRange({ ...chunks, kind: 'digests' })],
    ['a kind that nobody knows', raw(9, 2, 2)],
    ['more than was asked for', Buffer.concat([encodeRange(chunks), chunkOctets, encodeRange(chunks)])],
  ])('is refused when it is %s', (_, octets) => {
    const reader = new AnswerReader(layout);
    reader.expect(chunks);
    expect(() => [...reader.push(octets)]).toThrow(breaksTheRules(/rules/) as Error);
  });

  it('is refused when nothing was asked for', () => {
    expect(() => [...new AnswerReader(layout).push(encodeRange(digests))]).toThrow(
      breaksTheRules(/not asked for/) as Error,
    );
  });
});
