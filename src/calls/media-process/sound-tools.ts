/** What people do with sound outside of calls: see the devices, try them, hear it ring. Each in a media process of its own. */
import { fromPlainError, isQTChatError, type QTChatError } from '../../errors.js';
import type { DeviceChoice } from '../media.js';
import type { SoundDevice } from '../sound/sound-system.js';
import type { ToneKind } from '../sound/tones.js';
import { MediaProcess } from './media-process.js';
import { mediaProgram } from './open-media.js';
import { soundOf } from './sound-choice.js';
import type { MediaProcessEvent } from './wire.js';

type Env = Readonly<Record<string, string | undefined>>;

/**
 * The microphones and speakers of this machine.
 *
 * @throws {QTChatError} `ERR_CALL_LIBRARY` where what reaches them is missing, `ERR_CALL_FAILED`, `ERR_USAGE`
 */
export async function listSoundDevices(env: Env): Promise<readonly SoundDevice[]> {
  const child = await start(env);
  try {
    return (await child.ask({ type: 'list' })).devices ?? [];
  } finally {
    await child.close();
  }
}

/**
 * Which libraries of calls are missing or cannot be loaded, each with what to do.
 *
 * @throws {QTChatError} `ERR_CALL_FAILED` where one crashes
 */
export async function libraryProblems(env: Env): Promise<QTChatError[]> {
  const child = await start(env);
  try {
    return ((await child.ask({ type: 'libraries' })).problems ?? []).map(fromPlainError);
  } finally {
    await child.close();
  }
}

/** What a test of the devices has shown. */
export interface DeviceTest {
  /** The devices that were used; undefined for none. */
  readonly input: string | undefined;
  readonly output: string | undefined;
  /** How loud the microphone was at most, 0 to 1. */
  readonly loudest: number;
}

/** How the devices are tested. */
export interface DeviceTestOptions extends DeviceChoice {
  readonly env: Env;
  readonly durationMs: number;
  /** After which time one hears oneself. */
  readonly delayMs: number;
  readonly onLevel: (level: number) => void;
  /** Ends it early. */
  readonly signal: AbortSignal;
}

/**
 * Lets people hear themselves.
 *
 * @throws {QTChatError} `ERR_CALL_LIBRARY`, `ERR_CALL_DEVICE`, `ERR_CALL_FAILED`, `ERR_USAGE`
 */
export async function testSoundDevices(options: DeviceTestOptions): Promise<DeviceTest> {
  const { env, durationMs, delayMs, onLevel, signal, input, output } = options;
  let result: DeviceTest = { input: undefined, output: undefined, loudest: 0 };
  let fail: (error: QTChatError) => void = () => {};
  const failed = new Promise<never>((_resolve, reject) => {
    fail = reject;
  });
  failed.catch(() => {});
  const child = await MediaProcess.start(
    {
      program: mediaProgram(),
      sound: soundOf(env),
      env,
      onEvent: (event) => {
        if (event.type === 'devices') result = { ...result, input: event.input, output: event.output };
        if (event.type !== 'level') return;
        result = { ...result, loudest: Math.max(result.loudest, event.local) };
        onLevel(event.local);
      },
      onFailed: (error) => fail(error),
    },
    { type: 'echo', delayMs, input, output },
  );
  try {
    await Promise.race([failed, elapsed(durationMs, signal)]);
  } finally {
    await child.close();
  }
  return result;
}

/** A tone that sounds. */
export interface SoundingTone {
  /** Resolves when it is over or was stopped, and the speaker is free: whether it could be heard. Never rejects. */
  readonly ended: Promise<boolean>;
  stop(): void;
}

/** Plays a tone until it is over or stopped. Where there is no sound it is not heard. */
export function playTone(
  tone: ToneKind,
  { env, output }: { readonly env: Env; readonly output?: string },
): SoundingTone {
  let isStopped = false;
  let child: MediaProcess | undefined;
  const play = async (): Promise<boolean> => {
    try {
      child = await start(env);
      if (!isStopped) await child.ask({ type: 'tone', tone, output });
      return true;
    } catch (error) {
      if (!isQTChatError(error)) throw error;
      // The process was ended while it played.
      return isStopped;
    } finally {
      await child?.close();
    }
  };
  const ended = play();
  const stop = (): void => {
    isStopped = true;
    void child?.close();
  };
  return { ended, stop };
}

/** What is being recorded. */
export interface Recording {
  /** Ends it: when this resolves, the file is on the disk; how long it is, in milliseconds. Rejects as the recording failed. */
  stop(): Promise<number>;
  /** Ends it; resolves when the microphone is free. What the file holds then is nobody's. Never rejects. */
  drop(): Promise<void>;
}

/** What is to be recorded, and who is told of it. */
export interface RecordingOptions {
  readonly env: Env;
  /** The microphone by name; the system's choice when left out. */
  readonly input?: string | undefined;
  /** Absolute path of the file, which is there and empty: it becomes Opus in Ogg. */
  readonly path: string;
  /** How loud it is, 0 to 1; at most ten times a second. */
  readonly onLevel: (level: number) => void;
  /** Told once, where it ends by itself. */
  readonly onFailed: (error: QTChatError) => void;
}

/**
 * Records what the microphone hears, for two minutes at most; what comes then is left out.
 *
 * @throws {QTChatError} `ERR_CALL_LIBRARY`, `ERR_CALL_DEVICE`, `ERR_CALL_FAILED`, `ERR_STORE_UNWRITABLE`, `ERR_USAGE`
 */
export async function recordSound({ env, input, path, onLevel, onFailed }: RecordingOptions): Promise<Recording> {
  const onEvent = (event: MediaProcessEvent): void => {
    if (event.type === 'level') onLevel(event.local);
  };
  const options = { program: mediaProgram(), sound: soundOf(env), env, onEvent, onFailed };
  const child = await MediaProcess.start(options, { type: 'record', input, path });
  return {
    stop: async () => {
      try {
        return (await child.ask({ type: 'stop' })).durationMs ?? 0;
      } finally {
        await child.close();
      }
    },
    drop: () => child.close(),
  };
}

async function start(env: Env): Promise<MediaProcess> {
  return MediaProcess.start({ program: mediaProgram(), sound: soundOf(env), env }, { type: 'ping' });
}

async function elapsed(durationMs: number, signal: AbortSignal): Promise<void> {
  await new Promise<void>((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, durationMs);
    signal.addEventListener('abort', end);
    if (signal.aborted) end();
  });
}
