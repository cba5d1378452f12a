/** The media side of calls: two real media processes with files for sound cards, and what becomes of a call when one ends. */
import { readdirSync, readFileSync } from 'node:fs';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { MediaProcess, type MediaProcessOptions } from '../../src/calls/media-process/media-process.js';
import { optionalLibraries } from '../../src/calls/optional.js';
import { packageRoot } from '../../src/package-root.js';
import { CallSide, connectSides, measured } from '../helpers/calls.js';
import { judgeHearing } from '../helpers/intelligibility.js';
import { itWith } from '../helpers/require-program.js';
import { roomNoise } from '../helpers/room.js';
import { speech } from '../helpers/speech.js';

const rate = 48_000;
const seconds = 5;
const [aliceSays, bobSays] = [speech(seconds), speech(seconds, 'de')];
let folder: string;
let sides: CallSide[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'qtchat-media-'));
});

afterEach(async () => {
  await Promise.all(sides.map(({ media }) => media.close()));
  sides = [];
  await rm(folder, { recursive: true, force: true });
});

async function pair(said: readonly [Int16Array | undefined, Int16Array | undefined] = [aliceSays, bobSays]) {
  const [alice, bob] = await Promise.all([
    CallSide.open(folder, 'alice', said[0]),
    CallSide.open(folder, 'bob', said[1]),
  ]);
  sides = [alice, bob];
  return { alice, bob };
}

function thrice(samples: Int16Array): Int16Array {
  return Int16Array.from({ length: samples.length * 3 }, (_, index) => samples[index % samples.length] ?? 0);
}

/** What was heard without its first half second, when buffers fill. */
async function understood(side: CallSide, said: Int16Array): Promise<number> {
  const { samples } = await side.heard();
  return judgeHearing(thrice(said), samples.slice(rate / 2)).intelligibility;
}

const withWrtc = itWith('@roamhq/wrtc');

withWrtc('carries speech both ways so that it can be understood, and names the certificate in use', async () => {
  const { alice, bob } = await pair();
  const fingerprints: string[] = [];
  await connectSides(alice, bob, {
    description: (sdp) => {
      fingerprints.push(/a=fingerprint:sha-256 (\S+)/.exec(sdp)?.[1] ?? '');
      return sdp;
    },
  });
  const [fromAlice, fromBob] = await Promise.all([alice.next('connected'), bob.next('connected')]);
  expect([fromBob.remoteFingerprint, fromAlice.remoteFingerprint]).toEqual(fingerprints);

  await Promise.all([measured(alice, 4), measured(bob, 4)]);
  const stats = await bob.next('stats', ({ kbps }) => kbps > 0);
  expect(stats).toMatchObject({ lossPercent: 0 });
  await Promise.all([alice.media.close(), bob.media.close()]);
  expect(await understood(bob, aliceSays)).toBeGreaterThan(0.8);
  expect(await understood(alice, bobSays)).toBeGreaterThan(0.8);
  expect(alice.events.filter(({ type }) => type === 'failed')).toEqual([]);
});

withWrtc('sends silence while it is muted, and speech again after that', async () => {
  const { alice, bob } = await pair();
  alice.media.setMuted(true);
  await connectSides(alice, bob);
  await bob.next('connected');
  await measured(bob, 2);
  expect(bob.events.filter((event) => event.type === 'level' && event.remote > 0.1)).toEqual([]);
  alice.media.setMuted(false);
  await bob.next('level', ({ remote }) => remote > 0.5);
  await alice.next('level', ({ local }) => local > 0.5);
});

itWith('@roamhq/wrtc', '@echogarden/rnnoise-wasm')('carries no noise where that is wanted', async () => {
  const fan = roomNoise(rate);
  sides = await Promise.all([
    CallSide.open(folder, 'alice', fan, { noiseSuppression: true }),
    CallSide.open(folder, 'bob', fan),
  ]);
  const [alice, bob] = sides as [CallSide, CallSide];
  await connectSides(alice, bob);
  await alice.next('level', ({ remote }) => remote > 0.5);
  await measured(bob, 2);
  bob.events.length = 0;
  await measured(bob, 1);
  expect(bob.events.filter((event) => event.type === 'level' && event.remote > 0.2)).toEqual([]);
});

withWrtc('listens only where there is no microphone', async () => {
  const { alice, bob } = await pair([undefined, bobSays]);
  expect(await alice.next('devices')).toMatchObject({ input: undefined, output: alice.speaker });
  await connectSides(alice, bob);
  await alice.next('level', ({ remote }) => remote > 0.5);
  // Silence goes out, which is not the same as nothing.
  await bob.next('stats', ({ kbps }) => kbps > 0);
});

withWrtc.each([
  ['killed', 'SIGKILL'],
  ['stopped', 'SIGSTOP'],
] as const)('fails with a reason when its process is %s, and closes all the same', async (_how, signal) => {
  const { alice, bob } = await pair();
  await connectSides(alice, bob);
  await alice.next('connected');
  const pid = alice.process?.pid ?? 0;
  process.kill(pid, signal);
  const { error } = await alice.next('failed');
  expect(error).toMatchObject({ code: 'ERR_CALL_FAILED', message: expect.stringMatching(/^the process for sound/) });
  await expect(alice.media.offer(true)).rejects.toMatchObject({ code: 'ERR_CALL_FAILED' });
  await alice.media.close();
  expect(() => process.kill(pid, 0)).toThrow('ESRCH');
});

withWrtc('lets no sound through where a fingerprint was changed on its way', async () => {
  const { alice, bob } = await pair();
  const otherDigit = (digit: string): string => (digit === '0' ? '1' : '0');
  await connectSides(alice, bob, {
    description: (sdp) =>
      sdp.replace(/(a=fingerprint:sha-256 )(.)/, (_, name: string, digit: string) => name + otherDigit(digit)),
  });
  const { error } = await Promise.race([alice.next('failed'), bob.next('failed')]);
  expect(error.code).toBe('ERR_CALL_REFUSED');
  const told = [...alice.events, ...bob.events];
  expect(told.filter(({ type }) => type === 'connected')).toEqual([]);
  expect(told.filter((event) => event.type === 'level' && event.remote > 0)).toEqual([]);
});

withWrtc('goes on after an ICE restart', async () => {
  const { alice, bob } = await pair();
  await connectSides(alice, bob);
  await Promise.all([alice.next('connected'), bob.next('connected')]);
  const offer = await alice.media.offer(true);
  await alice.media.accept(await bob.media.answer(offer));
  await measured(bob, 3);
  bob.events.length = 0;
  await bob.next('level', ({ remote }) => remote > 0.5);
});

withWrtc(
  'leaves no process and no descriptor behind, call after call',
  async () => {
    const open = (): number => readdirSync('/proc/self/fd').length;
    const children = (): string => readFileSync(`/proc/self/task/${process.pid}/children`, 'utf8').trim();
    const before = { open: open(), children: children() };
    for (let call = 0; call < 50; call++) {
      const { alice, bob } = await pair();
      await connectSides(alice, bob);
      await Promise.all([alice.next('connected'), bob.next('connected')]);
      await Promise.all([alice.media.close(), bob.media.close()]);
    }
    expect({ open: open(), children: children() }).toEqual(before);
  },
  60_000,
);

it('says what to install where a library is missing', async () => {
  // As it is built, in a place where none of them is found.
  await cp(join(packageRoot(), 'dist'), join(folder, 'dist'), { recursive: true });
  const options: MediaProcessOptions = {
    program: join(folder, 'dist/media-process.js'),
    sound: { kind: 'silent' },
    env: {},
  };
  await expect(MediaProcess.start(options, { type: 'call' })).rejects.toMatchObject({
    code: 'ERR_CALL_LIBRARY',
    message: '@roamhq/wrtc, which carries calls, is not installed',
    hint: 'Where qtchat is installed: npm install @roamhq/wrtc',
  });
  const child = await MediaProcess.start(options, { type: 'libraries' });
  const { problems } = await child.ask({ type: 'libraries' });
  await child.close();
  expect(problems).toHaveLength(Object.keys(optionalLibraries).length);
});
