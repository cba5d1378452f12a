/** What faces do with sound beside calls. Types only; where there is none, what needs it says so. */
import type { Recording, RecordingOptions, SoundingTone } from '../calls/media-process/sound-tools.js';
import type { SoundDevice } from '../calls/sound/sound-system.js';
import type { ToneKind } from '../calls/sound/tones.js';

/** A voicemail that is being recorded. */
export interface VoicemailRecording extends Recording {
  /** Of its file, in a folder where nothing else is. */
  readonly name: string;
  readonly path: string;
}

/** The sound of this computer. */
export interface FaceSound {
  /**
   * The microphones and speakers.
   *
   * @throws {QTChatError} `ERR_CALL_LIBRARY`, `ERR_CALL_FAILED`
   */
  readonly listDevices: () => Promise<readonly SoundDevice[]>;
  /**
   * Records a voicemail, for two minutes at most.
   *
   * @throws {QTChatError} `ERR_CALL_LIBRARY`, `ERR_CALL_DEVICE`, `ERR_CALL_FAILED`, `ERR_STORE_…`
   */
  readonly record: (options: Omit<RecordingOptions, 'env' | 'path'>) => Promise<VoicemailRecording>;
  /** Deletes a recording by its name; nothing happens where there is none of that name. */
  readonly forget: (name: string) => Promise<void>;
  /** Plays a tone, on the speaker of that name. */
  readonly playTone: (tone: ToneKind, output: string | undefined) => SoundingTone;
}
