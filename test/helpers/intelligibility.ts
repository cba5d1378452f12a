/**
 * How well speech can be understood after it went through something: what was heard is laid beside what was said, then
 * compared by short-time objective intelligibility (STOI; Taal, Hendriks, Heusdens and Jensen, 2011). A call moves
 * sound about in time, so that it is aligned as a whole first, and then again second by second.
 */
import { fft } from '../../src/calls/sound/fft.js';

// Looked up once: what is global is slow to reach in a test.
const { ceil, cos, floor, log2, log10, max, min, PI, round, sin, sqrt } = Math;

/** What was heard, judged by what was said. */
export interface Hearing {
  /** About 1 for what is as good as the original, about 0 for what has nothing to do with it. */
  readonly intelligibility: number;
  /** Where in what was said that begins which was heard, in seconds; negative where it begins before. */
  readonly offsetSeconds: number;
}

/** STOI is defined at this rate. */
const rate = 10_000;
const frameLength = 256;
const hop = frameLength / 2;
const fftLength = 512;
const bandCount = 15;
const lowestBandHz = 150;
/** 384 ms: what one syllable lasts. */
const segmentFrames = 30;
const clipDb = -15;
/** Frames so much quieter than the loudest are pauses. */
const pauseDb = 40;
/** What a hole, or a jitter buffer, moves sound by is less than this. */
const localShift = round(0.5 * rate);
const blockLength = rate;

/** Compares `heard` with `said`, both at `sampleRate`; `said` may begin earlier and end later. */
export function judgeHearing(said: Int16Array, heard: Int16Array, sampleRate = 48_000): Hearing {
  const [clean, noisy] = [resample(said, sampleRate), resample(heard, sampleRate)];
  const offset = bestOffset(clean, noisy);
  const [reference, aligned] = alignBlocks(clean, noisy, offset);
  return { intelligibility: stoi(reference, aligned), offsetSeconds: offset / rate };
}

/** Short-time objective intelligibility of two signals of one length at 10 kHz. */
function stoi(clean: Float64Array, noisy: Float64Array): number {
  const [speech, heard] = withoutPauses(clean, noisy);
  const [x, y] = [bandsOf(speech), bandsOf(heard)];
  const clip = 1 + 10 ** (-clipDb / 20);
  let sum = 0;
  let count = 0;
  for (let end = segmentFrames; end <= x.length; end++) {
    for (let band = 0; band < bandCount; band++) {
      const xs = x.slice(end - segmentFrames, end).map((frame) => frame[band] ?? 0);
      const ys = y.slice(end - segmentFrames, end).map((frame) => frame[band] ?? 0);
      const gain = sqrt(energy(xs) / max(energy(ys), 1e-30));
      const clipped = ys.map((value, index) => min(value * gain, (xs[index] ?? 0) * clip));
      sum += correlation(xs, clipped);
      count += 1;
    }
  }
  return count === 0 ? 0 : sum / count;
}

function energy(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value * value, 0);
}

function correlation(xs: readonly number[], ys: readonly number[]): number {
  const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [xMean, yMean] = [mean(xs), mean(ys)];
  const [dx, dy] = [xs.map((value) => value - xMean), ys.map((value) => value - yMean)];
  const length = sqrt(energy(dx) * energy(dy));
  return length === 0 ? 0 : dx.reduce((sum, value, index) => sum + value * (dy[index] ?? 0), 0) / length;
}

const hann = Float64Array.from(
  { length: frameLength },
  (_, index) => 0.5 * (1 - cos((2 * PI * (index + 1)) / (frameLength + 1))),
);

/** Both without the frames in which nothing was said, joined again by overlapping. */
function withoutPauses(clean: Float64Array, noisy: Float64Array): [Float64Array, Float64Array] {
  const starts = Array.from({ length: max(0, floor((clean.length - frameLength) / hop) + 1) }, (_, i) => i * hop);
  const loudness = starts.map((start) => {
    let sum = 0;
    for (let index = 0; index < frameLength; index++) sum += ((clean[start + index] ?? 0) * (hann[index] ?? 0)) ** 2;
    return 10 * log10(sum + 1e-30);
  });
  const loudest = loudness.reduce((most, value) => max(most, value), Number.NEGATIVE_INFINITY);
  const kept = starts.filter((_, index) => (loudness[index] ?? 0) > loudest - pauseDb);
  const joined = (signal: Float64Array): Float64Array => {
    const out = new Float64Array(kept.length * hop + hop);
    for (const [position, start] of kept.entries())
      for (let index = 0; index < frameLength; index++)
        out[position * hop + index] =
          (out[position * hop + index] ?? 0) + (signal[start + index] ?? 0) * (hann[index] ?? 0);
    return out;
  };
  return [joined(clean), joined(noisy)];
}

/** The magnitudes in 15 third-octave bands, frame by frame. */
function bandsOf(signal: Float64Array): number[][] {
  const edges = Array.from({ length: bandCount }, (_, band) => {
    const centre = lowestBandHz * 2 ** (band / 3);
    const bin = (hertz: number): number => round((hertz * fftLength) / rate);
    return [bin(centre * 2 ** (-1 / 6)), bin(centre * 2 ** (1 / 6))] as const;
  });
  const frames: number[][] = [];
  for (let start = 0; start + frameLength <= signal.length; start += hop) {
    const re = new Float64Array(fftLength);
    const im = new Float64Array(fftLength);
    for (let index = 0; index < frameLength; index++) re[index] = (signal[start + index] ?? 0) * (hann[index] ?? 0);
    fft(re, im);
    frames.push(
      edges.map(([low, high]) => {
        let power = 0;
        for (let bin = low; bin < high; bin++) power += (re[bin] ?? 0) ** 2 + (im[bin] ?? 0) ** 2;
        return sqrt(power);
      }),
    );
  }
  return frames;
}

/** Where in `clean` that begins which `noisy` is most like. */
function bestOffset(clean: Float64Array, noisy: Float64Array): number {
  const length = 2 ** ceil(log2(clean.length + noisy.length + 1));
  const padded = (signal: Float64Array): [Float64Array, Float64Array] => {
    const re = new Float64Array(length);
    re.set(signal);
    const im = new Float64Array(length);
    fft(re, im);
    return [re, im];
  };
  const [[ar, ai], [br, bi]] = [padded(clean), padded(noisy)];
  const re = new Float64Array(length);
  const im = new Float64Array(length);
  for (let bin = 0; bin < length; bin++) {
    const [a, b, c, d] = [ar[bin] ?? 0, ai[bin] ?? 0, br[bin] ?? 0, bi[bin] ?? 0];
    // Conjugated, for the transform back by the same function.
    re[bin] = a * c + b * d;
    im[bin] = a * d - b * c;
  }
  fft(re, im);
  let best = 0;
  for (let lag = 1; lag < length; lag++) if ((re[lag] ?? 0) > (re[best] ?? 0)) best = lag;
  return best > length / 2 ? best - length : best;
}

/** Both cut to what they share, `noisy` moved second by second to where it fits best. */
function alignBlocks(clean: Float64Array, noisy: Float64Array, offset: number): [Float64Array, Float64Array] {
  const begin = max(0, offset);
  const end = min(clean.length, noisy.length + offset);
  const reference = clean.slice(begin, max(begin, end));
  const aligned = new Float64Array(reference.length);
  for (let start = 0; start < reference.length; start += blockLength) {
    const block = reference.subarray(start, start + blockLength);
    const from = start + begin - offset;
    const around = Float64Array.from(
      { length: block.length + 2 * localShift },
      (_, index) => noisy[from - localShift + index] ?? 0,
    );
    const shift = min(2 * localShift, max(0, -bestOffset(block, around)));
    aligned.set(around.subarray(shift, shift + block.length), start);
  }
  return [reference, aligned];
}

/** To 10 kHz, by a windowed sinc that leaves out what that rate cannot hold. */
function resample(samples: Int16Array, from: number): Float64Array {
  const step = from / rate;
  const reach = ceil(16 * step);
  // 48 samples become 10: five positions between samples, over and over.
  const kernels = Array.from({ length: 5 }, (_, phase) => {
    const begin = ceil(phase * step - reach);
    const weights = Float64Array.from(
      { length: 2 * reach + 1 },
      (_, tap) => sincAt((begin + tap - phase * step) / step) / step,
    );
    return { begin: begin - floor(phase * step), weights };
  });
  const out = new Float64Array(floor(samples.length / step));
  for (let index = 0; index < out.length; index++) {
    const kernel = kernels[index % 5];
    if (kernel === undefined) continue;
    const { begin, weights } = kernel;
    const first = floor(index * step + 1e-9) + begin;
    let sum = 0;
    for (let tap = 0; tap < weights.length; tap++) sum += (samples[first + tap] ?? 0) * (weights[tap] ?? 0);
    out[index] = sum / 32_768;
  }
  return out;
}

function sincAt(distance: number): number {
  const window = 0.5 * (1 + cos((PI * distance) / 16.5));
  return distance === 0 ? window : (window * sin(PI * distance)) / (PI * distance);
}
