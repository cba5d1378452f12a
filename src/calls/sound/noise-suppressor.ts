/** Leaves of what the microphone hears the voices alone: RNNoise, a small neural network, as WASM. Music is noise to it. */
import { loadOptional } from '../optional.js';
import { frameSamples } from './sound-system.js';

/** Hears one microphone. */
export interface NoiseSuppressor {
  /** A frame of the microphone without noise, and 10 ms late. */
  clean(frame: Int16Array): Int16Array;
}

type RnnoiseLibrary = () => Promise<{
  /** Another one where its memory has grown. */
  readonly HEAPF32: Float32Array;
  _malloc(bytes: number): number;
  _rnnoise_create(model: number): number;
  _rnnoise_process_frame(state: number, out: number, frame: number): number;
}>;

const ownModel = 0;
const sampleBytes = 4;

/**
 * A suppressor for one microphone.
 *
 * @throws {QTChatError} `ERR_CALL_LIBRARY` where the library is missing
 */
export async function createNoiseSuppressor(): Promise<NoiseSuppressor> {
  const library = await (await loadOptional<RnnoiseLibrary>('@echogarden/rnnoise-wasm'))();
  const state = library._rnnoise_create(ownModel);
  const buffer = library._malloc(frameSamples * sampleBytes);
  const samples = (): Float32Array =>
    library.HEAPF32.subarray(buffer / sampleBytes, buffer / sampleBytes + frameSamples);
  return {
    clean: (frame) => {
      samples().set(frame);
      library._rnnoise_process_frame(state, buffer, buffer);
      return new Int16Array(samples().map((sample) => Math.max(-32_768, Math.min(32_767, Math.round(sample)))));
    },
  };
}
