/** Takes what the speaker plays out of what the microphone hears: WebRTC's AEC3, as WASM. */
import { loadOptional } from '../optional.js';
import { frameSamples, sampleRate } from './sound-system.js';

/** Hears both sides. */
export interface EchoCanceller {
  /** Learns a frame that the speaker is about to play. */
  played(frame: Int16Array): void;
  /** A frame of the microphone, without the echo. */
  clean(frame: Int16Array): Int16Array;
}

type Aec3Library = () => Promise<{
  AEC3: new (
    rate: number,
    renderChannels: number,
    captureChannels: number,
  ) => {
    analyze(render: Float32Array[]): void;
    process(out: Float32Array[], capture: Float32Array[]): void;
    processSize(capture: Float32Array[]): number;
  };
}>;

const fullScale = 32_768;

/**
 * A canceller for one call.
 *
 * @throws {QTChatError} `ERR_CALL_LIBRARY` where the library is missing
 */
export async function createEchoCanceller(): Promise<EchoCanceller> {
  const { AEC3 } = await (await loadOptional<Aec3Library>('@ennuicastr/webrtcaec3.js'))();
  const aec = new AEC3(sampleRate, 1, 1);
  return {
    played: (frame) => aec.analyze([toFloat(frame)]),
    clean: (frame) => {
      const heard = [toFloat(frame)];
      const cleaned = new Float32Array(Math.max(frameSamples, aec.processSize(heard)));
      aec.process([cleaned], heard);
      return toInteger(cleaned);
    },
  };
}

function toFloat(frame: Int16Array): Float32Array {
  const floats = new Float32Array(frame.length);
  for (let index = 0; index < frame.length; index++) floats[index] = (frame[index] ?? 0) / fullScale;
  return floats;
}

function toInteger(floats: Float32Array): Int16Array {
  const frame = new Int16Array(frameSamples);
  for (let index = 0; index < frameSamples; index++)
    frame[index] = Math.max(-fullScale, Math.min(fullScale - 1, Math.round((floats[index] ?? 0) * fullScale)));
  return frame;
}
