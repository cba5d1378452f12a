/**
 * Takes what the speaker plays out of what the microphone hears: WebRTC's AEC3, as WASM. That one takes much of who speaks
 * here as well while the other speaks; so it is heard only as far as there is echo (echo-finder.ts) that would be noticed.
 */
import { loadOptional } from '../optional.js';
import { EchoFinder } from './echo-finder.js';
import { frameSamples, sampleRate } from './sound-system.js';

/** Hears both sides. */
export interface EchoCanceller {
  /** Learns a frame that the speaker is about to play. */
  played(frame: Int16Array): void;
  /** A frame of the microphone, without the echo, and 9 ms late. */
  clean(frame: Int16Array): Int16Array;
}

interface Aec3 {
  analyze(render: Float32Array[]): void;
  process(out: Float32Array[], capture: Float32Array[]): void;
  processSize(capture: Float32Array[]): number;
  free(): void;
}

type Aec3Library = () => Promise<{
  AEC3: new (rate: number, renderChannels: number, captureChannels: number) => Aec3;
}>;

const fullScale = 32_768;
/** By so many samples the library is late. */
const lateness = 432;
/** Echo that is less of the sound than this (-14 dB) is not noticed beside who speaks; above the other (-4 dB) it is all that counts. */
const [unnoticed, prevailing] = [0.04, 0.4];
/** How fast it takes over when echo comes, and gives way when it is gone, frame by frame. */
const [attack, release] = [0.7, 0.3];

/**
 * A canceller for one call.
 *
 * @throws {QTChatError} `ERR_CALL_LIBRARY` where the library is missing
 */
export async function createEchoCanceller(): Promise<EchoCanceller> {
  const { AEC3 } = await (await loadOptional<Aec3Library>('@ennuicastr/webrtcaec3.js'))();
  const finder = new EchoFinder();
  // Only while there is an echo: one that has seen none for long takes seconds to notice that one has begun.
  let aec: Aec3 | undefined;
  let before = new Int16Array(frameSamples);
  let weight = 0;
  return {
    played: (frame) => {
      finder.played(frame);
      aec?.analyze([toFloat(frame)]);
    },
    clean: (frame) => {
      const echo = finder.heard(frame);
      if (finder.echo !== undefined) aec ??= new AEC3(sampleRate, 1, 1);
      else if (aec !== undefined) {
        aec.free();
        aec = undefined;
      }
      const heard = [toFloat(frame)];
      const cleaned = new Float32Array(Math.max(frameSamples, aec?.processSize(heard) ?? 0));
      aec?.process([cleaned], heard);
      const wanted = weightOf(echo);
      const former = weight;
      weight += (wanted - weight) * (wanted > weight ? attack : release);
      const raw = (index: number): number =>
        (index < lateness ? before[frameSamples - lateness + index] : frame[index - lateness]) ?? 0;
      const mixed = new Int16Array(frameSamples);
      for (let index = 0; index < frameSamples; index++) {
        const share = former + ((weight - former) * index) / frameSamples;
        const sample = (cleaned[index] ?? 0) * fullScale * share + raw(index) * (1 - share);
        mixed[index] = Math.max(-fullScale, Math.min(fullScale - 1, Math.round(sample)));
      }
      before = frame.slice();
      return mixed;
    },
  };
}

/** How much AEC3 is to be heard where so much of the sound is echo. */
function weightOf(echo: number): number {
  if (echo <= unnoticed) return 0;
  return Math.min(1, Math.log(echo / unnoticed) / Math.log(prevailing / unnoticed));
}

function toFloat(frame: Int16Array): Float32Array {
  return new Float32Array(frame).map((sample) => sample / fullScale);
}
