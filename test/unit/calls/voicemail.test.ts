/** Voicemail as a file: what is said comes out again, by programs that nobody here wrote. */
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { describe, expect, it } from '@jest/globals';
import { frameSamples } from '../../../src/calls/sound/sound-system.js';
import { isVoicemailName, voicemailName } from '../../../src/calls/voicemail/name.js';
import { OggStream } from '../../../src/calls/voicemail/ogg.js';
import { type OpusEncoder, OpusFile } from '../../../src/calls/voicemail/opus-file.js';
import { isNamedAs, sniff } from '../../../src/ui/media-kind.js';
import { judgeHearing } from '../../helpers/intelligibility.js';
import { describeWith, itWith } from '../../helpers/require-program.js';
import { speech } from '../../helpers/speech.js';

/** A page as it is read: what it says of itself, and its packets. */
interface Page {
  readonly flags: number;
  readonly position: number;
  readonly sequence: number;
  readonly packets: Buffer[];
}

function pagesOf(file: Buffer): Page[] {
  const pages: Page[] = [];
  for (let at = 0; at < file.length; ) {
    expect(file.toString('latin1', at, at + 4)).toBe('OggS');
    const count = file.readUInt8(at + 26);
    const lacing = [...file.subarray(at + 27, at + 27 + count)];
    let body = at + 27 + count;
    const packets: Buffer[] = [];
    let length = 0;
    for (const segment of lacing) {
      length += segment;
      if (segment === 255) continue;
      packets.push(file.subarray(body, body + length));
      body += length;
      length = 0;
    }
    const [flags, sequence] = [file.readUInt8(at + 5), file.readUInt32LE(at + 18)];
    pages.push({ flags, position: Number(file.readBigUInt64LE(at + 6)), sequence, packets });
    at = body;
  }
  return pages;
}

function fileOf(samples: Int16Array, encoder: OpusEncoder): { octets: Buffer; durationMs: number } {
  const chunks: Uint8Array[] = [];
  const file = new OpusFile(encoder, (octets) => chunks.push(octets), 0x1234);
  for (let at = 0; at + frameSamples <= samples.length; at += frameSamples)
    file.add(samples.slice(at, at + frameSamples));
  file.finish();
  return { octets: Buffer.concat(chunks), durationMs: file.durationMs };
}

/** Packets that say which one they are, of changing lengths. */
function numbering(length = (index: number) => 1 + (index % 3) * 300): OpusEncoder {
  let index = 0;
  return {
    encode: (samples) => {
      expect(samples.length).toBe(1_920);
      const packet = Buffer.alloc(length(index), index);
      index += 1;
      return packet;
    },
  };
}

it('is called by the day and time, and known by that', () => {
  const name = voicemailName(new Date(2026, 10, 29, 9, 5));
  expect(name).toBe('voicemail-2026-11-29-0905.opus');
  expect([name, name.replace('.opus', ' (2).opus')].map(isVoicemailName)).toEqual([true, true]);
  const others = [`../${name}`, `${name}.exe`, `x${name}`, 'voicemail-.opus', 'voicemail-2026-11-29-0905 ().opus'];
  expect(others.filter(isVoicemailName)).toEqual([]);
});

describe('a page of Ogg', () => {
  it('is the one that opusenc 0.2 writes, to the octet', () => {
    // opusenc --serial 305419896: the first page of any file of one channel.
    const theirs = '4f6767530002000000000000000078563412000000003d11c0bb01134f707573486561640101380180bb0000000000';
    const head = Buffer.from('4f707573486561640101380180bb0000000000', 'hex');
    const page = new OggStream(0x12345678).page([head], { position: 0, isFirst: true });
    expect(page.toString('hex')).toBe(theirs);
  });

  it('takes packets of any length, and says where they end', () => {
    const packets = [0, 1, 254, 255, 256, 510, 1_000].map((length) => Buffer.alloc(length, 7));
    const [page] = pagesOf(new OggStream(1).page(packets, { position: 5 }));
    expect(page?.packets).toEqual(packets);
  });

  it('takes no more than it has room for', () => {
    expect(() => new OggStream(1).page([Buffer.alloc(255 * 255)], { position: 0 })).toThrow(RangeError);
  });
});

describe('a voicemail', () => {
  it('says what it is, and how long it is to the sample', () => {
    const { octets, durationMs } = fileOf(new Int16Array(251 * frameSamples), numbering());
    const pages = pagesOf(octets);
    expect(durationMs).toBe(2_510);
    expect(pages[0]?.packets.map((packet) => packet.toString('latin1', 0, 8))).toEqual(['OpusHead']);
    expect(pages[1]?.packets.map((packet) => packet.toString('latin1', 0, 8))).toEqual(['OpusTags']);
    expect(pages.map(({ flags }) => flags)).toEqual([2, 0, 0, 0, 4]);
    expect(pages.map(({ sequence }) => sequence)).toEqual([0, 1, 2, 3, 4]);
    // What the encoder put before the sound is no part of it.
    expect(pages.map(({ position }) => position)).toEqual([0, 0, 48_000, 96_000, 312 + 251 * frameSamples]);
    const packets = pages.slice(2).flatMap((page) => page.packets);
    expect(packets.map((packet) => packet[0])).toEqual(packets.map((_, index) => index));
    expect(packets.length * 960).toBeGreaterThanOrEqual(312 + 251 * frameSamples);
  });

  it('has pages that are not too full, however long its packets are', () => {
    const { octets } = fileOf(
      new Int16Array(48_000 * 3),
      numbering(() => 3_828),
    );
    expect(
      pagesOf(octets)
        .slice(2)
        .every(({ packets }) => packets.length <= 15),
    ).toBe(true);
  });

  it('is sound by its content and by its name', () => {
    const kind = sniff(fileOf(new Int16Array(9_600), numbering()).octets);
    expect(kind).toMatchObject({ kind: 'audio', type: 'audio/ogg' });
    expect(kind && isNamedAs(kind, 'voicemail-2026-11-29-1905.opus')).toBe(true);
  });
});

describeWith('ffmpeg', 'a voicemail that ffmpeg reads', () => {
  itWith('opusscript')('is as long as what was said, and can be understood', () => {
    const said = speech(4);
    const Library = createRequire(import.meta.url)('opusscript') as new (
      ...words: number[]
    ) => { encode(samples: Uint8Array, count: number): Buffer };
    const encoder = new Library(48_000, 1, 2048);
    const { octets } = fileOf(said, { encode: (samples) => encoder.encode(samples, 960) });
    const argv = ['-v', 'error', '-xerror', '-err_detect', 'crccheck+explode', '-i', 'pipe:0', '-f', 's16le', 'pipe:1'];
    const { stdout, stderr, status } = spawnSync('ffmpeg', argv, { input: octets, maxBuffer: 2 ** 26 });
    expect([status, stderr.toString()]).toEqual([0, '']);
    const heard = Int16Array.from({ length: stdout.length >> 1 }, (_, index) => stdout.readInt16LE(index * 2));
    expect(heard.length).toBe(said.length);
    expect(judgeHearing(said, heard).intelligibility).toBeGreaterThan(0.9);
    expect(octets.length).toBeLessThan(4 * 8_000);
  });
});
