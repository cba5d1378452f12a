/** The measure that calls are judged by, on sounds of which the answer is known. */
import { expect, it } from '@jest/globals';
import { judgeHearing } from '../../helpers/intelligibility.js';
import { seededRandom, speech } from '../../helpers/speech.js';

const rate = 48_000;
const said = speech(6);
const random = seededRandom(7);
const noise = Int16Array.from(said, () => Math.round((random() - 0.5) * 20_000));
const mixed = (share: number): Int16Array =>
  said.map((sample, index) => Math.round((sample + share * (noise[index] ?? 0)) / 2));

it('finds speech that is unchanged as good as the original', () => {
  const { intelligibility, offsetSeconds } = judgeHearing(said, said);
  expect(intelligibility).toBeGreaterThan(0.999);
  expect(offsetSeconds).toBe(0);
});

it('finds noise, another text and silence not to be understood', () => {
  expect(judgeHearing(said, noise).intelligibility).toBeLessThan(0.5);
  expect(judgeHearing(said, speech(6, 'de')).intelligibility).toBeLessThan(0.6);
  expect(judgeHearing(said, new Int16Array(said.length)).intelligibility).toBeLessThan(0.1);
});

it('finds speech the worse the more noise there is in it', () => {
  const [little, some, much] = [0.1, 0.5, 2].map((share) => judgeHearing(said, mixed(share)).intelligibility);
  expect(little).toBeGreaterThan(some ?? 1);
  expect(some).toBeGreaterThan(much ?? 1);
});

it('lays what is late, or began in the middle, beside what was said', () => {
  const late = new Int16Array(said.length);
  late.set(said.subarray(0, said.length - rate / 2), rate / 2);
  const fromLate = judgeHearing(said, late);
  expect(fromLate.offsetSeconds).toBeCloseTo(-0.5, 3);
  expect(fromLate.intelligibility).toBeGreaterThan(0.99);

  const fromMiddle = judgeHearing(said, said.slice(2 * rate, 5 * rate));
  expect(fromMiddle.offsetSeconds).toBeCloseTo(2, 3);
  expect(fromMiddle.intelligibility).toBeGreaterThan(0.99);
});

it('follows a jitter buffer that makes a pause longer', () => {
  const stretched = new Int16Array(said.length + rate / 20);
  stretched.set(said.subarray(0, 3 * rate));
  stretched.set(said.subarray(3 * rate), 3 * rate + rate / 20);
  expect(judgeHearing(said, stretched).intelligibility).toBeGreaterThan(0.97);
});

it('hears what is missing', () => {
  const holes = said.map((sample, index) => (index % rate < rate / 3 ? 0 : sample));
  expect(judgeHearing(said, holes).intelligibility).toBeLessThan(0.9);
});
