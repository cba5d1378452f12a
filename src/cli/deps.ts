/** What a command takes from the world around it, in one object, so that tests can hand in another. */
import { randomBytes } from 'node:crypto';
import { homedir, userInfo } from 'node:os';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import type { OpenMedia } from '../calls/media.js';
import type { Lan } from '../enroll/lan.js';
import { exitCodes, type QTChatError, systemErrorCode } from '../errors.js';

/** A readable that may be a terminal. */
export type Input = Readable & { isTTY?: boolean };
/** A writable that may be a terminal. */
export type Output = Writable & { isTTY?: boolean; columns?: number; rows?: number };

/** Everything a command may not take from globals. */
export interface Deps {
  /** The present time. */
  readonly clock: () => Date;
  /** Unpredictable octets, as many as asked for. */
  readonly random: (size: number) => Buffer;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly stdin: Input;
  readonly stdout: Output;
  readonly stderr: Output;
  /** After how many milliseconds work shows a sign of life, where stderr is a terminal; Infinity for never. */
  readonly busyAfterMs: number;
  /** The home folder when neither `--home` nor `QTCHAT_HOME` names one. */
  readonly defaultHome: string;
  /** The operating system's name for the user. */
  readonly loginName: string;
  /** Aborted when the user or the system asks the command to end. */
  readonly signal: AbortSignal;
  /** Finds and announces on the local network. */
  readonly lan: Lan;
  /** What opens the sound of calls, or why there is none. */
  readonly sound: () => Promise<OpenMedia | QTChatError>;
  /** Sets the exit code with which the process will end by itself. */
  readonly setExitCode: (code: number) => void;
}

let isToldOfLostOutput = false;

/** The real world. SIGINT and SIGTERM abort `signal`; a second SIGINT ends the process at once. */
export function systemDeps(): Deps {
  const controller = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) {
    process.on(name, () => {
      if (controller.signal.aborted) process.exit(130);
      controller.abort();
    });
  }
  // oclif's own listeners would end the process with a stack trace.
  for (const stream of [process.stdout, process.stderr]) stream.removeAllListeners('error');
  process.stdout.on('error', tellOfLostOutput);
  process.stderr.on('error', () => {});
  return {
    clock: () => new Date(),
    random: randomBytes,
    env: process.env,
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    // A dumb terminal cannot erase a line.
    busyAfterMs: process.env.TERM === 'dumb' ? Number.POSITIVE_INFINITY : 500,
    // An empty HOME would put keys into the current folder.
    defaultHome: join(homedir() || userInfo().homedir, '.qtchat'),
    loginName: loginName(),
    signal: controller.signal,
    lan: {
      announce: async (announcement, options) => {
        const { announceOnLan } = await import('../enroll/lan.js');
        return announceOnLan(announcement, { random: randomBytes }, options);
      },
      find: async (search) => (await import('../enroll/lan.js')).findOnLan(search),
    },
    sound: async () => {
      const { missingForCalls } = await import('../calls/optional.js');
      const { mediaOpener } = await import('../calls/media-process/open-media.js');
      const { soundOf } = await import('../calls/media-process/sound-choice.js');
      const { env } = process;
      const sound = soundOf(env);
      return missingForCalls(sound.kind === 'card') ?? mediaOpener({ env, sound });
    },
    setExitCode: (code) => {
      process.exitCode = code;
    },
  };
}

function tellOfLostOutput(error: Error): void {
  const code = systemErrorCode(error);
  // Whoever read our output has left: what is under way goes on, it only has no reader any more.
  if (code === 'EPIPE' || isToldOfLostOutput) return;
  isToldOfLostOutput = true;
  process.exitCode ??= exitCodes.failed;
  process.stderr.write(`Error: the result could not be written (${code}). Make room where the output goes\n`);
}

function loginName(): string {
  try {
    return userInfo().username;
  } catch {
    return '';
  }
}
