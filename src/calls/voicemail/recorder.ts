/** Records what the microphone hears into a file, for no longer than a voicemail may be. Runs in the media process. */
import { randomBytes } from 'node:crypto';
import { closeSync, fsyncSync, openSync, writeSync } from 'node:fs';
import { messageOf, QTChatError, quote } from '../../errors.js';
import { loadOptional } from '../optional.js';
import { levelOf } from '../sound/level.js';
import type { Microphone, SoundSystem } from '../sound/sound-system.js';
import { mostVoicemailMs } from './limits.js';
import { type OpusEncoder, OpusFile } from './opus-file.js';

/** What we use of opusscript. */
interface OpusScript {
  new (rate: number, channels: number, application: number): { encode(samples: Buffer, count: number): Buffer };
}

/** OPUS_APPLICATION_VOIP: tuned for speech. */
const forVoice = 2048;
const packetSamples = 960;

/** What is recorded, and where it goes. */
export interface RecorderOptions {
  readonly system: SoundSystem;
  /** The microphone by name; the system's choice when left out. */
  readonly input: string | undefined;
  /** Path of the file, which is there and empty. */
  readonly path: string;
  /** Told how loud each frame is, 0 to 1. */
  readonly onLevel: (level: number) => void;
}

/** One recording. */
export class Recorder {
  readonly #file: number;
  readonly #sound: OpusFile;
  readonly #onLevel: (level: number) => void;
  #microphone: Microphone | undefined;

  private constructor(encoder: OpusEncoder, { path, onLevel }: RecorderOptions) {
    this.#file = openEmpty(path);
    this.#onLevel = onLevel;
    this.#sound = new OpusFile(encoder, (octets) => writeSync(this.#file, octets), randomBytes(4).readUInt32LE());
  }

  /**
   * Begins one.
   *
   * @throws {QTChatError} `ERR_CALL_LIBRARY`, `ERR_CALL_DEVICE` without a microphone, `ERR_STORE_UNWRITABLE`
   */
  static async start(options: RecorderOptions): Promise<Recorder> {
    const Library = await loadOptional<OpusScript>('opusscript');
    const encoder = new Library(48_000, 1, forVoice);
    const recorder = new Recorder({ encode: (samples) => encoder.encode(samples as Buffer, packetSamples) }, options);
    const { system, input } = options;
    // Of a microphone that gets lost, what it has heard is there.
    const callbacks = { onFrame: (frame: Int16Array) => recorder.#take(frame), onLost: () => {} };
    try {
      recorder.#microphone = await system.openMicrophone(input, callbacks);
      if (recorder.#microphone === undefined) throw new QTChatError('ERR_CALL_DEVICE', 'there is no microphone');
    } catch (error) {
      closeSync(recorder.#file);
      throw error;
    }
    return recorder;
  }

  /** Ends it: when this resolves, the microphone is free and the file on the disk. How long it is, in milliseconds. */
  async stop(): Promise<number> {
    await this.#microphone?.close();
    this.#sound.finish();
    fsyncSync(this.#file);
    closeSync(this.#file);
    return this.#sound.durationMs;
  }

  #take(frame: Int16Array): void {
    if (this.#sound.durationMs >= mostVoicemailMs) return;
    this.#onLevel(levelOf(frame));
    this.#sound.add(frame);
  }
}

function openEmpty(path: string): number {
  try {
    return openSync(path, 'r+');
  } catch (error) {
    throw new QTChatError('ERR_STORE_UNWRITABLE', `${quote(path)} cannot be written: ${messageOf(error)}`, {
      cause: error,
    });
  }
}
