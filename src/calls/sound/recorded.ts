/**
 * Files for sound devices: the microphone plays one WAV file over and over, the speaker writes another. For tests and
 * measurements, on machines without a sound card. The microphone plays as if it had begun at midnight (UTC), and the
 * speaker notes when it began (wav.ts): so what was heard can be compared with what was said, in time too.
 */
import { closeSync, openSync, writeSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { everyFrame } from './frames.js';
import { frameSamples, type SoundSystem } from './sound-system.js';
import { parseWav, sampleOfDay, wavHead } from './wav.js';

/** Which files; a device without one is missing. */
export interface RecordedFiles {
  readonly microphone?: string | undefined;
  readonly speaker?: string | undefined;
}

/** Sound devices made of files. */
export function recordedSystem({ microphone, speaker }: RecordedFiles): SoundSystem {
  return {
    list: async () => [
      ...(microphone === undefined ? [] : [{ name: microphone, isInput: true, isOutput: false }]),
      ...(speaker === undefined ? [] : [{ name: speaker, isInput: false, isOutput: true }]),
    ],
    openMicrophone: async (_name, { onFrame }) => {
      if (microphone === undefined) return undefined;
      const { samples } = parseWav(await readFile(microphone));
      const begun = sampleOfDay();
      const stop = everyFrame((number) => {
        const position = begun + number * frameSamples;
        const frame = new Int16Array(frameSamples);
        for (let index = 0; index < frameSamples; index++)
          frame[index] = samples[(position + index) % samples.length] ?? 0;
        onFrame(frame);
      });
      return { name: microphone, close: async () => stop() };
    },
    openSpeaker: async () => {
      if (speaker === undefined) return undefined;
      const file = openSync(speaker, 'w', 0o600);
      let begun: number | undefined;
      let count = 0;
      const writeHead = (): void => {
        const head = wavHead(count, begun ?? 0);
        writeSync(file, head, 0, head.length, 0);
      };
      writeHead();
      return {
        name: speaker,
        play: (frame) => {
          begun ??= sampleOfDay();
          writeSync(
            file,
            Buffer.from(frame.buffer, frame.byteOffset, frame.byteLength),
            0,
            frame.byteLength,
            wavHead(0, 0).length + count * 2,
          );
          count += frame.length;
          return true;
        },
        close: async () => {
          writeHead();
          closeSync(file);
        },
      };
    },
  };
}
