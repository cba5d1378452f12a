/** A room in which a microphone hears a speaker: later, more quietly, and by many ways. */
import { seededRandom } from './speech.js';

const rate = 48_000;
/** What the walls give back is over after that. */
const reverberationSeconds = 0.15;
const walls = 60;

/** What the microphone hears of what the speaker plays; `gain` is that of the straight way. */
export function echoOf(played: Int16Array, { delayMs, gain }: { delayMs: number; gain: number }): Int16Array {
  const random = seededRandom(5);
  const length = reverberationSeconds * rate;
  const ways = Array.from({ length: walls }, () => {
    const later = Math.floor(random() * length);
    return { later, gain: (random() - 0.5) * Math.exp((-6.9 * later) / length) };
  });
  const heard = new Float64Array(played.length);
  for (const way of [{ later: 0, gain: 1 }, ...ways]) {
    const delay = Math.round((delayMs * rate) / 1_000) + way.later;
    const loudness = way.gain * gain;
    for (let index = delay; index < heard.length; index++)
      heard[index] = (heard[index] ?? 0) + (played[index - delay] ?? 0) * loudness;
  }
  return Int16Array.from(heard, (sample) => Math.max(-32_768, Math.min(32_767, Math.round(sample))));
}

/** Sounds of one length, at once. */
export function together(...sounds: Int16Array[]): Int16Array {
  return Int16Array.from({ length: sounds[0]?.length ?? 0 }, (_, index) => {
    const sum = sounds.reduce((all, sound) => all + (sound[index] ?? 0), 0);
    return Math.max(-32_768, Math.min(32_767, sum));
  });
}

/** The noise of a microphone, 70 dB under full scale. */
export function noise(length: number, amplitude = 20): Int16Array {
  const random = seededRandom(9);
  return Int16Array.from({ length }, () => Math.round((random() + random() - 1) * amplitude));
}

/** The noise of a room, low rather than high as that of fans and streets is, 30 dB under full scale. */
export function roomNoise(length: number): Int16Array {
  const random = seededRandom(7);
  let level = 0;
  return Int16Array.from({ length }, () => {
    level = 0.98 * level + random() - 0.5;
    return Math.round(level * 710);
  });
}
