/** What people do with sound outside of calls: see the devices, try them, hear it ring. Each in a media process of its own. */
import { fromPlainError, isQTChatError, type QTChatError } from '../../errors.js';
import type { DeviceChoice } from '../media.js';
import type { SoundDevice } from '../sound/sound-system.js';
import type { ToneKind } from '../sound/tones.js';
import { MediaProcess } from './media-process.js';
import { mediaProgram } from './open-media.js';
import { soundOf } from './sound-choice.js';

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
