/**
 * WAV files of one kind: 16 bits, mono, 48 kHz. What is written tells in a `bext` chunk (EBU Tech 3285) which sample
 * of the day its first one was, so that two files of one machine can be laid side by side.
 */
import { QTChatError } from '../../errors.js';
import { sampleRate } from './sound-system.js';

/** Sound, and when it was. */
export interface WavSound {
  readonly samples: Int16Array;
  /** The first sample's number since midnight (UTC); 0 where the file does not say. */
  readonly sinceMidnight: number;
}

const bextBytes = 602;
const timeReferenceAt = 338;
const formatBytes = 16;
/** What stands before the samples in the files that are written here. */
const headBytes = 12 + 8 + bextBytes + 8 + formatBytes + 8;
const dayMs = 86_400_000;

/** The number of the sample that the present moment is, since midnight (UTC). */
export function sampleOfDay(atMs: number = performance.timeOrigin + performance.now()): number {
  return Math.floor(((atMs % dayMs) * sampleRate) / 1000);
}

/**
 * Reads a file of that kind.
 *
 * @throws {QTChatError} `ERR_CALL_DEVICE` for every other file
 */
export function parseWav(file: Buffer): WavSound {
  if (file.length < 12 || file.toString('latin1', 0, 4) !== 'RIFF' || file.toString('latin1', 8, 12) !== 'WAVE')
    throw unsuitable('is no WAV file');
  let sinceMidnight = 0;
  let isSuitable = false;
  for (let at = 12; at + 8 <= file.length; ) {
    const name = file.toString('latin1', at, at + 4);
    const body = file.subarray(at + 8, at + 8 + file.readUInt32LE(at + 4));
    if (name === 'fmt ' && body.length >= formatBytes) {
      const [tag, channels, bits] = [body.readUInt16LE(0), body.readUInt16LE(2), body.readUInt16LE(14)];
      isSuitable = tag === 1 && channels === 1 && bits === 16 && body.readUInt32LE(4) === sampleRate;
    } else if (name === 'bext' && body.length >= bextBytes) {
      sinceMidnight = Number(body.readBigUInt64LE(timeReferenceAt));
    } else if (name === 'data') {
      if (!isSuitable) break;
      const samples = new Int16Array(body.length >> 1);
      body.copy(new Uint8Array(samples.buffer), 0, 0, samples.length * 2);
      return { samples, sinceMidnight };
    }
    at += 8 + body.length + (body.length % 2);
  }
  throw unsuitable('is not 16 bits, mono, 48 kHz');
}

/** What stands before `count` samples in a file. */
export function wavHead(count: number, sinceMidnight: number): Buffer {
  const head = Buffer.alloc(headBytes);
  const dataBytes = count * 2;
  let at = head.write('RIFF', 0, 'latin1');
  at = head.writeUInt32LE(headBytes - 8 + dataBytes, at);
  at += head.write('WAVEbext', at, 'latin1');
  at = head.writeUInt32LE(bextBytes, at);
  head.writeBigUInt64LE(BigInt(sinceMidnight), at + timeReferenceAt);
  at += bextBytes;
  at += head.write('fmt ', at, 'latin1');
  at = head.writeUInt32LE(formatBytes, at);
  at = head.writeUInt16LE(1, at);
  at = head.writeUInt16LE(1, at);
  at = head.writeUInt32LE(sampleRate, at);
  at = head.writeUInt32LE(sampleRate * 2, at);
  at = head.writeUInt16LE(2, at);
  at = head.writeUInt16LE(16, at);
  at += head.write('data', at, 'latin1');
  head.writeUInt32LE(dataBytes, at);
  return head;
}

function unsuitable(why: string): QTChatError {
  return new QTChatError('ERR_CALL_DEVICE', `the file that is to stand for a microphone ${why}`);
}
