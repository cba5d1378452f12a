/** The tones of a call, made and not recorded: somebody calls us, we wait for an answer, nobody can come. */
import { frameMs, frameSamples, sampleRate } from './sound-system.js';

/** `ring`: somebody calls us. `ringback`: it rings there. `busy`: it will not. `end`: it is over. */
export const toneKinds = ['ring', 'ringback', 'busy', 'end'] as const;
/** One of them. */
export type ToneKind = (typeof toneKinds)[number];

interface Tone {
  /** What sounds together, in hertz. */
  readonly hertz: readonly number[];
  /** Sound and pause in turn. */
  readonly rhythmMs: readonly number[];
  /** Of full scale. */
  readonly loudness: number;
  readonly repeats: boolean;
}

/** As telephones in Europe sound (ITU-T E.180), but for `ring`, which should wake nobody next door. */
const tones: Readonly<Record<ToneKind, Tone>> = {
  ring: { hertz: [659, 880], rhythmMs: [400, 200, 400, 2000], loudness: 0.3, repeats: true },
  ringback: { hertz: [425], rhythmMs: [1000, 4000], loudness: 0.1, repeats: true },
  busy: { hertz: [425], rhythmMs: [480, 480, 480, 480], loudness: 0.1, repeats: false },
  end: { hertz: [425], rhythmMs: [200, 100], loudness: 0.1, repeats: false },
};
/** Sounds come and go within so long: without that they click. */
const fadeMs = 10;

/** The frames of a tone, one after the other; without end where it repeats. */
export function* toneFrames(kind: ToneKind): Generator<Int16Array<ArrayBuffer>> {
  const { hertz, rhythmMs, loudness, repeats } = tones[kind];
  const lengthMs = rhythmMs.reduce((sum, part) => sum + part, 0);
  for (let atMs = 0; repeats || atMs < lengthMs; atMs += frameMs) {
    const frame = new Int16Array(frameSamples);
    for (let index = 0; index < frameSamples; index++) {
      const seconds = atMs / 1000 + index / sampleRate;
      const wave = hertz.reduce((sum, pitch) => sum + Math.sin(2 * Math.PI * pitch * seconds), 0) / hertz.length;
      frame[index] = Math.round(32_767 * loudness * wave * loudnessAt(rhythmMs, (seconds * 1000) % lengthMs));
    }
    yield frame;
  }
}

/** 1 within a sound, 0 within a pause, between at their edges. */
function loudnessAt(rhythmMs: readonly number[], atMs: number): number {
  let begin = 0;
  for (const [index, part] of rhythmMs.entries()) {
    const within = atMs - begin;
    if (within < part) return index % 2 === 1 ? 0 : Math.min(1, within / fadeMs, (part - within) / fadeMs);
    begin += part;
  }
  return 0;
}
