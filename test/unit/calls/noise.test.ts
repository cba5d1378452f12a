/** Noise is taken out of the microphone, and speech is left. */
import { expect } from '@jest/globals';
import { createNoiseSuppressor } from '../../../src/calls/sound/noise-suppressor.js';
import { frameSamples } from '../../../src/calls/sound/sound-system.js';
import { judgeHearing } from '../../helpers/intelligibility.js';
import { itWith } from '../../helpers/require-program.js';
import { roomNoise, together } from '../../helpers/room.js';
import { speech } from '../../helpers/speech.js';

const rate = 48_000;
const said = speech(5);
/** 10 dB below speech. */
const fan = roomNoise(said.length);
const withSuppressor = itWith('@echogarden/rnnoise-wasm');

async function cleaned(heard: Int16Array): Promise<Int16Array> {
  const suppressor = await createNoiseSuppressor();
  const left = new Int16Array(heard.length);
  for (let start = 0; start < heard.length; start += frameSamples)
    left.set(suppressor.clean(heard.slice(start, start + frameSamples)), start);
  return left;
}

function decibels(sound: Int16Array): number {
  return 10 * Math.log10(sound.reduce((sum, sample) => sum + sample * sample, 1) / sound.length);
}

withSuppressor('noise alone all but vanishes', async () => {
  const left = await cleaned(fan);
  expect(decibels(fan) - decibels(left.subarray(rate))).toBeGreaterThan(30);
});

withSuppressor('speech is left, with noise around it and without', async () => {
  expect(judgeHearing(said, await cleaned(said)).intelligibility).toBeGreaterThan(0.97);
  const heard = together(said, fan);
  const left = await cleaned(heard);
  expect(judgeHearing(said, left).intelligibility).toBeGreaterThan(0.9);
  // As loud as before.
  expect(Math.abs(decibels(left) - decibels(said))).toBeLessThan(2);
});
