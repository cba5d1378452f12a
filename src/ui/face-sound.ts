/** What faces do with sound beside calls. Types only; where there is none, what needs it says so. */
import type { SoundingTone } from '../calls/media-process/sound-tools.js';
import type { SoundDevice } from '../calls/sound/sound-system.js';
import type { ToneKind } from '../calls/sound/tones.js';

/** The sound of this computer. */
export interface FaceSound {
  /**
   * The microphones and speakers.
   *
   * @throws {QTChatError} `ERR_CALL_LIBRARY`, `ERR_CALL_FAILED`
   */
  readonly listDevices: () => Promise<readonly SoundDevice[]>;
  /** Plays a tone, on the speaker of that name. */
  readonly playTone: (tone: ToneKind, output: string | undefined) => SoundingTone;
}
