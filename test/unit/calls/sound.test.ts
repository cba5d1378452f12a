/** The parts of sound that need no device: files, frames, levels, tones, echo, and what becomes of devices. */
import { afterEach, describe, expect, it } from '@jest/globals';
import {
  compareStats,
  hasDtlsFailed,
  remoteFingerprint,
  type StatsEntry,
  type StatsSnapshot,
} from '../../../src/calls/connection-stats.js';
import { soundOf } from '../../../src/calls/media-process/sound-choice.js';
import { parseReport, parseRequest } from '../../../src/calls/media-process/wire.js';
import { FrameCutter } from '../../../src/calls/sound/frames.js';
import { levelOf } from '../../../src/calls/sound/level.js';
import { SoundBoard } from '../../../src/calls/sound/sound-board.js';
import { frameSamples, type SoundSystem } from '../../../src/calls/sound/sound-system.js';
import { type ToneKind, toneFrames, toneKinds } from '../../../src/calls/sound/tones.js';
import { parseWav, sampleOfDay, wavHead } from '../../../src/calls/sound/wav.js';
import { ManualTimers } from '../../helpers/manual-timers.js';

const joined = (frames: readonly Int16Array[]): Int16Array => {
  const all = new Int16Array(frames.length * frameSamples);
  for (const [index, frame] of frames.entries()) all.set(frame, index * frameSamples);
  return all;
};
describe('a sound file', () => {
  const samples = Int16Array.from([0, 1, -1, 32_767, -32_768]);
  const file = Buffer.concat([wavHead(samples.length, 123_456_789), Buffer.from(samples.buffer)]);

  it('is read as it was written, with the time at which it began', () => {
    expect(parseWav(file)).toEqual({ samples, sinceMidnight: 123_456_789 });
  });

  it('counts its time from midnight', () => {
    expect(sampleOfDay(86_400_000 * 3 + 2_000)).toBe(96_000);
  });

  it.each([
    ['nothing', Buffer.alloc(0)],
    ['something else', Buffer.from('MThd, which is music, but no sound')],
    ['one without samples', file.subarray(0, 640)],
    ['44.1 kHz', Buffer.from(file).fill(Buffer.from([0x44, 0xac, 0, 0]), 634, 638)],
  ])('is refused when it is %s', (_what, octets) => {
    expect(() => parseWav(octets)).toThrow(expect.objectContaining({ code: 'ERR_CALL_DEVICE' }));
  });
});

it('cuts octets into frames, wherever they break', () => {
  const samples = Int16Array.from({ length: frameSamples * 3 }, (_, index) => index);
  const octets = Buffer.from(samples.buffer);
  const frames: Int16Array[] = [];
  const cutter = new FrameCutter((frame) => frames.push(frame));
  for (let at = 0; at < octets.length; at += 701) cutter.push(octets.subarray(at, at + 701));
  expect(joined(frames)).toEqual(samples);
  expect(frames.map(({ buffer }) => buffer.byteLength)).toEqual([960, 960, 960]);
});

it('measures loudness from silence to the loudest there is', () => {
  expect(levelOf(new Int16Array(480))).toBe(0);
  expect(levelOf(new Int16Array(480).fill(-32_768))).toBe(1);
  // A tenth of the amplitude is 20 dB less: a third of the way to the floor.
  expect(levelOf(new Int16Array(480).fill(3_277))).toBeCloseTo(2 / 3, 2);
});

describe('a tone', () => {
  it.each(toneKinds)('of kind %s is heard and never too loud', (kind: ToneKind) => {
    const frames = [];
    for (const frame of toneFrames(kind)) if (frames.push(frame) === 300) break;
    const levels = frames.map(levelOf);
    expect(Math.max(...levels)).toBeGreaterThan(0.5);
    expect(Math.max(...levels)).toBeLessThan(0.95);
  });

  it('of an end is over', () => {
    expect([...toneFrames('end')]).toHaveLength(30);
  });
});

describe('the devices of a call', () => {
  const boards: SoundBoard[] = [];
  afterEach(async () => {
    await Promise.all(boards.splice(0).map((board) => board.close()));
  });

  /** A computer with these microphones, and speakers of any name but none by itself. */
  function boardWith(...microphones: string[]) {
    const present = new Set(microphones);
    const losses = new Map<string, () => void>();
    const frames = new Map<string, (frame: Int16Array) => void>();
    const closed: string[] = [];
    const told: (string | undefined)[] = [];
    const sent: Int16Array[] = [];
    const timers = new ManualTimers();
    let wake = (): void => {};
    const system: SoundSystem = {
      list: async () => [],
      openSpeaker: async (name) =>
        name === undefined ? undefined : { name, play: () => true, close: async () => void closed.push(name) },
      openMicrophone: async (name, { onFrame, onLost }) => {
        const [found] = name === undefined ? present : [...present].filter((known) => known === name);
        if (found === undefined && name !== undefined) throw new Error('not there');
        if (found === undefined) return undefined;
        losses.set(found, onLost);
        frames.set(found, onFrame);
        return { name: found, close: async () => void closed.push(found) };
      },
    };
    const board = new SoundBoard({
      ...{ system, timers },
      canceller: undefined,
      suppressor: undefined,
      onFrame: (frame) => sent.push(frame),
      onDevices: (input) => {
        told.push(input);
        wake();
      },
    });
    boards.push(board);
    return {
      ...{ board, told, closed, sent },
      hear: (name: string, frame: Int16Array) => frames.get(name)?.(frame),
      plugIn: (name: string) => void present.add(name),
      lose: (name: string) => {
        present.delete(name);
        losses.get(name)?.();
      },
      /** Time for another look, and what it does. */
      look: () => timers.passWhenArmed(() => true),
      /** Resolves when so many changes have been told. */
      toldOf: async (count: number) => {
        while (told.length < count)
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
        return told;
      },
    };
  }

  it('are those that were asked for, else what the system has', async () => {
    const { board, told } = boardWith('built-in', 'headset');
    await board.open({ input: 'headset' });
    expect(told).toEqual(['headset']);
    const other = boardWith('built-in');
    await other.board.open({ input: 'headset' });
    expect(other.told).toEqual(['built-in']);
  });

  it('stay as they are when others are refused', async () => {
    const { board, told, closed } = boardWith('built-in');
    await board.open({});
    await expect(board.useDevices({ input: 'headset', output: 'loud' })).rejects.toThrow('not there');
    expect(told).toEqual(['built-in', 'built-in']);
    // Only what was opened for nothing.
    expect(closed).toEqual(['loud']);
  });

  it('are freed when others take their place', async () => {
    const { board, closed } = boardWith('built-in', 'headset');
    await board.open({});
    await board.useDevices({ input: 'headset' });
    expect(closed).toEqual(['built-in']);
    await board.close();
    expect(closed).toEqual(['built-in', 'headset']);
  });

  it('are taken again when they are back, and others meanwhile', async () => {
    const { board, told, closed, lose, look, plugIn, toldOf } = boardWith('built-in', 'headset');
    await board.open({ input: 'headset' });
    lose('headset');
    expect(await toldOf(2)).toEqual(['headset', 'built-in']);
    await look();
    await look();
    expect(told).toHaveLength(2);
    plugIn('headset');
    await look();
    expect(await toldOf(3)).toEqual(['headset', 'built-in', 'headset']);
    expect(closed).toEqual(['headset', 'built-in']);
    // And so again.
    lose('headset');
    expect(await toldOf(4)).toEqual(['headset', 'built-in', 'headset', 'built-in']);
  });

  it('are looked for where there was none to begin with', async () => {
    const { board, look, plugIn, toldOf, told } = boardWith();
    await board.open({});
    await look();
    expect(told).toEqual([undefined]);
    plugIn('built-in');
    await look();
    expect(await toldOf(2)).toEqual([undefined, 'built-in']);
  });

  it('that were chosen while another took the place are chosen again as such', async () => {
    const { board, closed, lose, plugIn, toldOf } = boardWith('built-in', 'headset');
    await board.open({ input: 'headset' });
    lose('headset');
    await toldOf(2);
    await expect(board.useDevices({ input: 'headset' })).rejects.toThrow('not there');
    plugIn('headset');
    await board.useDevices({ input: 'headset' });
    expect(await toldOf(4)).toEqual(['headset', 'built-in', 'built-in', 'headset']);
    expect(closed).toEqual(['headset', 'built-in']);
  });

  it('are none where the only one is lost: then silence goes out', async () => {
    const { board, sent, lose, toldOf } = boardWith('built-in');
    await board.open({});
    lose('built-in');
    expect(await toldOf(2)).toEqual(['built-in', undefined]);
    while (sent.length === 0) await new Promise((resolve) => setImmediate(resolve));
    expect(sent.flatMap((frame) => [...frame]).every((sample) => sample === 0)).toBe(true);
  });

  it('say nothing at all while it is muted, and show no level', async () => {
    const { board, sent, hear } = boardWith('built-in');
    await board.open({});
    const loud = new Int16Array(frameSamples).fill(10_000);
    hear('built-in', loud);
    expect(sent).toEqual([loud]);
    expect(board.takeLevels().local).toBeGreaterThan(0.5);
    board.setMuted(true);
    hear('built-in', loud);
    expect(sent[1]).toEqual(new Int16Array(frameSamples));
    expect(board.takeLevels().local).toBe(0);
  });
});

describe('statistics', () => {
  const transport = { type: 'transport', bytesReceived: 1_000, remoteCertificateId: 'c', dtlsState: 'connected' };
  const inbound = {
    type: 'inbound-rtp',
    packetsReceived: 10,
    packetsLost: 1,
    concealedSamples: 0,
    totalSamplesReceived: 0,
  };
  const before: StatsSnapshot = new Map<string, StatsEntry>([
    ['t', { ...transport, selectedCandidatePairId: 'p' }],
    ['i', inbound],
  ]);
  const now: StatsSnapshot = new Map<string, StatsEntry>([
    ['t', { ...transport, selectedCandidatePairId: 'p', bytesReceived: 8_000 }],
    ['p', { type: 'candidate-pair', currentRoundTripTime: 0.012 }],
    [
      'i',
      {
        ...inbound,
        packetsReceived: 55,
        packetsLost: 6,
        jitter: 0.004,
        concealedSamples: 960,
        totalSamplesReceived: 48_000,
      },
    ],
    ['c', { type: 'certificate', fingerprint: 'AB:CD', fingerprintAlgorithm: 'sha-256' }],
  ]);

  it('are those of the time between', () => {
    expect(compareStats(before, now, 1_000)).toEqual({
      lossPercent: 10,
      concealedPercent: 2,
      roundTripMs: 12,
      jitterMs: 4,
      kbps: 56,
    });
  });

  it('name the certificate in use, once there is one, and by SHA-256 only', () => {
    expect(remoteFingerprint(now)).toBe('AB:CD');
    expect(remoteFingerprint(before)).toBeUndefined();
    const sha1: StatsSnapshot = new Map([
      ...now,
      ['c', { type: 'certificate', fingerprint: 'AB', fingerprintAlgorithm: 'sha-1' }],
    ]);
    expect(remoteFingerprint(sha1)).toBeUndefined();
    expect(hasDtlsFailed(now)).toBe(false);
  });
});

describe('what passes between a call and its media process', () => {
  it('is taken only as it is known', () => {
    expect(parseRequest({ id: 1, task: { type: 'mute', isMuted: true } })).toEqual({
      id: 1,
      task: { type: 'mute', isMuted: true },
    });
    expect(parseRequest({ id: 1, task: { type: 'mute', isMuted: 'yes' } })).toBeUndefined();
    expect(parseRequest({ id: 1, task: { type: 'answer', sdp: 'v'.repeat(20_000) } })).toBeUndefined();
    expect(parseReport({ type: 'event', event: { type: 'level', local: 2, remote: 0 } })).toBeUndefined();
    expect(parseReport({ type: 'event', event: { type: 'connected', remoteFingerprint: 'AB:CD' } })).toBeUndefined();
    expect(parseReport('done')).toBeUndefined();
  });
});

it('takes the sound that the environment names', () => {
  expect(soundOf({})).toEqual({ kind: 'card' });
  expect(soundOf({ QTCHAT_SOUND: 'none' })).toEqual({ kind: 'silent' });
  expect(soundOf({ QTCHAT_SOUND: 'files:in.wav,' })).toEqual({
    kind: 'recorded',
    microphone: 'in.wav',
    speaker: undefined,
  });
  expect(() => soundOf({ QTCHAT_SOUND: 'loud' })).toThrow(expect.objectContaining({ code: 'ERR_USAGE' }));
});
