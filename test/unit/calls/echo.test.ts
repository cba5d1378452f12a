/** Echo is taken out of the microphone, and who speaks there is left, whatever the other says meanwhile. */
import { describe, expect } from '@jest/globals';
import { createEchoCanceller } from '../../../src/calls/sound/echo-canceller.js';
import { frameSamples } from '../../../src/calls/sound/sound-system.js';
import { judgeHearing } from '../../helpers/intelligibility.js';
import { itWith } from '../../helpers/require-program.js';
import { echoOf, noise, together } from '../../helpers/room.js';
import { speech } from '../../helpers/speech.js';

const rate = 48_000;
const seconds = 6;
const [far, near] = [speech(seconds), speech(seconds, 'de')];
const hiss = noise(far.length);
const withCanceller = itWith('@ennuicastr/webrtcaec3.js');

/** What is left of what the microphone hears; the frames of the speaker come in bunches of so many. */
async function cleaned(played: Int16Array, heard: Int16Array, bunch = 1): Promise<Int16Array> {
  const canceller = await createEchoCanceller();
  const frames = played.length / frameSamples;
  const left = new Int16Array(played.length);
  const frame = (sound: Int16Array, index: number): Int16Array =>
    sound.slice(index * frameSamples, (index + 1) * frameSamples);
  for (let index = 0; index < frames; index++) {
    if (index % bunch === 0)
      for (let next = index; next < Math.min(frames, index + bunch); next++) canceller.played(frame(played, next));
    left.set(canceller.clean(frame(heard, index)), index * frameSamples);
  }
  return left;
}

/** By how many decibels the second is quieter, from so many seconds on. */
function reduction(heard: Int16Array, left: Int16Array, from: number, to = seconds): number {
  const energy = (sound: Int16Array): number =>
    sound.subarray(from * rate, to * rate).reduce((sum, sample) => sum + sample * sample, 0);
  return 10 * Math.log10(energy(heard) / energy(left));
}

function understood(said: Int16Array, left: Int16Array): number {
  return judgeHearing(said, left).intelligibility;
}

describe('without an echo', () => {
  withCanceller.each([
    ['one', far, near],
    ['the other', near, far],
  ])('who speaks is left while %s speaks too', async (_who, played, said) => {
    expect(understood(said, await cleaned(played, together(said, hiss)))).toBeGreaterThan(0.98);
  });
});

describe('an echo', () => {
  withCanceller.each([
    [20, 1],
    [20, 0.1],
    [80, 0.3],
    [200, 1],
    [200, 0.1],
  ])('that is %d ms late, of a strength of %d, is taken out', async (delayMs, gain) => {
    const heard = together(echoOf(far, { delayMs, gain }), hiss);
    const left = await cleaned(far, heard);
    expect(reduction(heard, left, 1)).toBeGreaterThan(20);
    expect(reduction(heard, left, 3)).toBeGreaterThan(25);
  });

  withCanceller.each([
    [20, 0.3, 0.8],
    [80, 0.3, 0.8],
    [200, 0.3, 0.8],
    [80, 0.1, 0.9],
  ])('that is %d ms late, of a strength of %d, leaves who speaks meanwhile', async (delayMs, gain, least) => {
    const left = await cleaned(far, together(echoOf(far, { delayMs, gain }), near, hiss));
    expect(understood(near, left)).toBeGreaterThan(least);
  });

  withCanceller('is taken out when the frames of the speaker come in bunches', async () => {
    const heard = together(echoOf(far, { delayMs: 80, gain: 0.3 }), hiss);
    expect(reduction(heard, await cleaned(far, heard, 4), 1)).toBeGreaterThan(20);
  });

  withCanceller(
    'is taken out when it begins, and no more is when it is over',
    async () => {
      const [begins, ends] = [2 * rate, 6 * rate];
      const [played, said] = [speech(14), speech(14, 'de')];
      // Headphones, then the speaker while nobody speaks here, then headphones again.
      const echo = echoOf(played, { delayMs: 60, gain: 0.3 }).fill(0, 0, begins).fill(0, ends);
      const heard = together(echo, said.slice().fill(0, begins, ends), noise(played.length));
      const left = await cleaned(played, heard);
      expect(reduction(heard, left, 4.5, 6)).toBeGreaterThan(20);
      expect(understood(said.subarray(0, begins), left.subarray(0, begins))).toBeGreaterThan(0.98);
      const later = 11 * rate;
      expect(understood(said.subarray(later), left.subarray(later))).toBeGreaterThan(0.95);
    },
    60_000,
  );
});
