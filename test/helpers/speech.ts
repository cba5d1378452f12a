/**
 * Speech for tests: by espeak-ng where it is installed, else something like speech, in which syllables of changing
 * vowels come and go. Both at 16 bits, mono, 48 kHz, as long as asked.
 */
import { spawnSync } from 'node:child_process';
import { hasProgram } from './has-program.js';

const rate = 48_000;
// Looked up once: what is global is slow to reach in a test.
const { floor, imul, max, min, PI, round, sin } = Math;
const sentences =
  'The tide is at nine, and the boats leave the harbour before it turns. Bring the long rope, two lamps and a dry coat. ' +
  'If the wind comes from the west, wait for us behind the old lighthouse; we shall be back by supper.';

/** So many seconds of speech; `voice` tells speakers apart. */
export function speech(seconds: number, voice: 'en' | 'de' = 'en'): Int16Array {
  const whole = hasProgram('espeak-ng') ? spoken(voice) : babble(seconds, voice);
  return Int16Array.from({ length: seconds * rate }, (_, index) => whole[index % whole.length] ?? 0);
}

function spoken(voice: string): Int16Array {
  const { stdout } = spawnSync('espeak-ng', ['--stdout', '-v', voice, '-s', '150', sentences], { maxBuffer: 2 ** 26 });
  const from = stdout.readUInt32LE(24);
  const octets = stdout.subarray(44);
  const samples = Int16Array.from({ length: octets.length >> 1 }, (_, index) => octets.readInt16LE(index * 2));
  return Int16Array.from({ length: floor((samples.length * rate) / from) }, (_, index) => {
    const at = (index * from) / rate;
    const [before, after] = [samples[floor(at)] ?? 0, samples[floor(at) + 1] ?? 0];
    return round(before + (after - before) * (at % 1));
  });
}

/** Formants of some vowels, in hertz. */
const vowels = [
  [730, 1090, 2440],
  [270, 2290, 3010],
  [300, 870, 2240],
  [530, 1840, 2480],
  [570, 840, 2410],
];

function babble(seconds: number, voice: string): Int16Array {
  const random = seededRandom(voice === 'en' ? 1 : 2);
  const samples = new Int16Array(seconds * rate);
  for (let start = 0; start < samples.length; ) {
    const length = round((0.08 + 0.2 * random()) * rate);
    const formants = vowels[floor(random() * vowels.length)] ?? [];
    const pitch = 90 + 80 * random();
    const isPause = random() < 0.15;
    for (let index = 0; index < length && start + index < samples.length && !isPause; index++) {
      const time = index / rate;
      let sum = 0;
      for (let harmonic = 1; harmonic * pitch < 3_800; harmonic++) {
        const hertz = harmonic * pitch;
        const strength = formants.reduce((most, formant) => max(most, 1 / (1 + ((hertz - formant) / 90) ** 2)), 0.01);
        sum += strength * sin(2 * PI * hertz * time + harmonic);
      }
      samples[start + index] = max(-32_000, min(32_000, 5_000 * sum * sin((PI * index) / length)));
    }
    start += length;
  }
  return samples;
}

/** The same numbers from 0 to 1 every time (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
