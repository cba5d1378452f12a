/**
 * Finds out whether the microphone hears what the speaker plays, how late and how loud. Where both have nothing in common
 * but that both sound, as with headphones, there is no echo. Takes nothing out.
 */
import { fft } from './fft.js';
import { frameMs, frameSamples, sampleRate } from './sound-system.js';

/** Speech has enough below 4 kHz. */
const decimation = 6;
const rate = sampleRate / decimation;
const perFrame = frameSamples / decimation;
/** The latest echo that is found, 512 ms: players and Bluetooth take their time. And how much of the microphone is looked at. */
const longestDelay = 4_096;
const length = 2 * longestDelay;
/** How often it is looked, in frames. */
const lookEvery = 12;
/** What remains of what was seen before at the next look: 1.2 s count. */
const memory = 0.9;
/** Between mains hum and what decimation has folded. */
const [lowestBin, highestBin] = [200, 3_400].map((hertz) => Math.round((hertz * length) / rate)) as [number, number];
/** Where the speaker is quieter than this (of 32,768) there is nothing to be found. */
const quiet = 30;
/** By how much an echo must stand out, in standard deviations; that of other speech does by 10 at most, a clear one by 50. */
const certain = 11;
/** Looks with less than that until it is believed to be gone: 5 s. */
const missesUntilGone = 40;
/** An echo in a room lasts so long after its beginning; and begins to be seen a bit before. */
const [beforePeak, afterPeak] = [16, 800];
/** What the room still holds of a frame one frame later: 60 dB are gone after 0.6 s. */
const decay = 0.8;
/** The speaker's and the microphone's frames come at their own times: so many frames of difference are no news. */
const mostShift = 2;

/** An echo as it was seen last. */
export interface Echo {
  /** How much later the microphone hears what the speaker was given. */
  readonly delayMs: number;
  /** What becomes of the power on that way; 1 for an echo as loud as what was played. */
  readonly gain: number;
}

/** Hears one speaker and one microphone, frame by frame. */
export class EchoFinder {
  readonly #speaker = new History();
  readonly #microphone = new History();
  /** How many frames the speaker is ahead; the same time has the same place in both. */
  #shift = 0;
  #shifts = 0;
  #looks = 0;
  #speakerAtLook = 0;
  /** Averages of both and of what they have in common, up to half the rate. */
  readonly #speakerPower = new Float64Array(longestDelay);
  readonly #microphonePower = new Float64Array(longestDelay);
  readonly #crossRe = new Float64Array(longestDelay);
  readonly #crossIm = new Float64Array(longestDelay);
  #misses = 0;
  #echo: Echo | undefined;
  /** What may be left in the room of the speaker's frames, as the microphone would hear it: power. */
  #reverberation = 0;

  /** The echo that there is; undefined while none has been found. */
  get echo(): Echo | undefined {
    return this.#echo;
  }

  /** Takes what the speaker is about to play. */
  played(frame: Int16Array): void {
    this.#speaker.push(frame);
  }

  /**
   * Takes what the microphone hears.
   *
   * @returns how much of its power is echo, as far as can be foretold: 0 for none, 1 for all of it or more
   */
  heard(frame: Int16Array): number {
    this.#microphone.push(frame);
    this.#shifts += this.#speaker.count - this.#microphone.count;
    if (this.#microphone.count % lookEvery === 0) this.#look();
    if (this.#echo === undefined) return 0;
    const played = this.#microphone.count - 1 + this.#shift - Math.round(this.#echo.delayMs / frameMs);
    this.#reverberation = Math.max(
      this.#speaker.loudest(played, mostShift) * this.#echo.gain,
      this.#reverberation * decay,
    );
    return Math.min(1, this.#reverberation / Math.max(1, powerOf(frame)));
  }

  #look(): void {
    const shift = Math.round(this.#shifts / lookEvery);
    this.#shifts = 0;
    if (Math.abs(shift - this.#shift) > mostShift) this.#shift = shift;
    const isPlaying = this.#speaker.count - this.#speakerAtLook > lookEvery / 2;
    this.#speakerAtLook = this.#speaker.count;
    // Where one has not arrived yet the other waits.
    const end = Math.min(this.#microphone.count, this.#speaker.count - this.#shift);
    const [played, heard] = [this.#speaker.until(end + this.#shift), this.#microphone.until(end)];
    if (!isPlaying || powerOf(played) < quiet * quiet) return;
    heard.fill(0, 0, length - longestDelay);
    this.#average(played, heard);
    this.#looks += 1;
    this.#judge();
  }

  #average(played: Float64Array, heard: Float64Array): void {
    // Two real signals in one transform.
    fft(played, heard);
    for (let bin = lowestBin; bin <= highestBin; bin++) {
      const [re, im] = [played[bin] ?? 0, heard[bin] ?? 0];
      const [mirrorRe, mirrorIm] = [played[length - bin] ?? 0, heard[length - bin] ?? 0];
      const [pr, pi] = [(re + mirrorRe) / 2, (im - mirrorIm) / 2];
      const [hr, hi] = [(im + mirrorIm) / 2, (mirrorRe - re) / 2];
      const add = (sums: Float64Array, value: number): void => {
        sums[bin] = (sums[bin] ?? 0) * memory + value;
      };
      add(this.#speakerPower, pr * pr + pi * pi);
      add(this.#microphonePower, hr * hr + hi * hi);
      add(this.#crossRe, pr * hr + pi * hi);
      add(this.#crossIm, pr * hi - pi * hr);
    }
  }

  /** All frequencies count alike: so what both voices have in common by chance is spread over all delays. */
  #judge(): void {
    const likeness = this.#overTime((bin) =>
      Math.sqrt((this.#speakerPower[bin] ?? 0) * (this.#microphonePower[bin] ?? 0)),
    );
    let peak = 0;
    for (let delay = 1; delay < longestDelay; delay++)
      if (Math.abs(likeness[delay] ?? 0) > Math.abs(likeness[peak] ?? 0)) peak = delay;
    const deviation = Math.sqrt(powerOf(likeness.subarray(0, longestDelay)));
    const distinctness = deviation === 0 ? 0 : Math.abs(likeness[peak] ?? 0) / deviation;
    // Little has been seen at first.
    if (distinctness > certain * (1 + 4 / this.#looks)) {
      this.#misses = 0;
      this.#echo = { delayMs: (peak / rate) * 1_000, gain: this.#gainAt(peak) };
    } else if (distinctness > certain) this.#misses = 0;
    else if (++this.#misses > missesUntilGone) this.#echo = undefined;
  }

  /** The power around the peak, without what would be there by chance, of that which was played. */
  #gainAt(peak: number): number {
    const echo = this.#overTime((bin) => Math.sqrt(this.#speakerPower[bin] ?? 0)).subarray(0, longestDelay);
    const [from, to] = [Math.max(0, peak - beforePeak), Math.min(longestDelay, peak + afterPeak)];
    const found = energyOf(echo.subarray(from, to));
    const chance = ((energyOf(echo) - found) * (to - from)) / (longestDelay - (to - from));
    const played = this.#speakerPower.reduce((sum, power) => sum + power, 0);
    // The transform there and back counts each frequency twice, and the microphone was looked at half as long.
    return Math.max(0, (2 * (found - chance)) / length / played);
  }

  /** What both have in common, by delay; each frequency divided by what `weightOf` says. */
  #overTime(weightOf: (bin: number) => number): Float64Array {
    const re = new Float64Array(length);
    const im = new Float64Array(length);
    for (let bin = lowestBin; bin <= highestBin; bin++) {
      const weight = weightOf(bin);
      if (weight === 0) continue;
      re[bin] = (this.#crossRe[bin] ?? 0) / weight;
      im[bin] = -(this.#crossIm[bin] ?? 0) / weight;
      re[length - bin] = re[bin] ?? 0;
      im[length - bin] = -(im[bin] ?? 0);
    }
    fft(re, im);
    return re;
  }
}

/** The last second of a device, decimated, and the power of its frames. */
class History {
  readonly #samples = new Float64Array(2 * length);
  readonly #powers = new Float64Array(128);
  /** How many frames have come. */
  count = 0;

  push(frame: Int16Array): void {
    for (let index = 0; index < perFrame; index++) {
      let sum = 0;
      for (let part = 0; part < decimation; part++) sum += frame[index * decimation + part] ?? 0;
      this.#samples[(this.count * perFrame + index) % this.#samples.length] = sum / decimation;
    }
    this.#powers[this.count % this.#powers.length] = powerOf(frame);
    this.count += 1;
  }

  /** The samples before the end of so many frames. */
  until(count: number): Float64Array {
    const begin = count * perFrame - length + this.#samples.length;
    return new Float64Array(length).map((_, index) => this.#samples[(begin + index) % this.#samples.length] ?? 0);
  }

  /** The power of the loudest frame around one. */
  loudest(number: number, around: number): number {
    let most = 0;
    for (let at = Math.max(0, number - around); at <= Math.min(this.count - 1, number + around); at++)
      most = Math.max(most, this.#powers[at % this.#powers.length] ?? 0);
    return most;
  }
}

function energyOf(samples: Int16Array | Float64Array): number {
  let sum = 0;
  for (const sample of samples) sum += sample * sample;
  return sum;
}

function powerOf(samples: Int16Array | Float64Array): number {
  return energyOf(samples) / samples.length;
}
