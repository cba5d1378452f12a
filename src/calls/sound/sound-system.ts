/**
 * What sounds go in and out by, whatever is behind it: a sound card (card.ts), files (recorded.ts), or nothing
 * (silent.ts). All speak in frames of 10 ms: 480 samples of 16 bits, mono, 48 kHz. Types and these figures only.
 */

/** In hertz: what Opus works at. */
export const sampleRate = 48_000;
/** What a frame holds. */
export const frameSamples = 480;
/** How long a frame lasts. */
export const frameMs = 10;

/** A microphone or speaker as its driver names it. */
export interface SoundDevice {
  readonly name: string;
  /** It hears. */
  readonly isInput: boolean;
  /** It is heard. */
  readonly isOutput: boolean;
}

/** A microphone that listens. */
export interface Microphone {
  readonly name: string;
  /** Resolves when the device is free. */
  close(): Promise<void>;
}

/** A speaker that plays. */
export interface Speaker {
  readonly name: string;
  /** Plays a frame after those before it; false where it drops it, because the device is behind. */
  play(frame: Int16Array): boolean;
  /** Resolves when the device is free. */
  close(): Promise<void>;
}

/** One way to sound. `name` is the system's own choice where it is left out. */
export interface SoundSystem {
  list(): Promise<readonly SoundDevice[]>;
  /**
   * Listens; undefined where there is no microphone at all.
   *
   * @throws {QTChatError} `ERR_CALL_DEVICE` for a name that no microphone has, and one that cannot be opened
   */
  openMicrophone(name: string | undefined, callbacks: MicrophoneCallbacks): Promise<Microphone | undefined>;
  /**
   * Plays; undefined where there is no speaker at all.
   *
   * @throws {QTChatError} `ERR_CALL_DEVICE` for a name that no speaker has, and one that cannot be opened
   */
  openSpeaker(name: string | undefined, callbacks: DeviceCallbacks): Promise<Speaker | undefined>;
}

/** Who is told of a device. */
export interface DeviceCallbacks {
  /** The device is gone, or gives nothing any more; called once. */
  readonly onLost: () => void;
}

/** Who is told of a microphone; frames may come before it is known as opened. */
export interface MicrophoneCallbacks extends DeviceCallbacks {
  /** Called for every frame, which then belongs to who is called. */
  readonly onFrame: (frame: Int16Array) => void;
}
