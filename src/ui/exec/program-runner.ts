/**
 * Runs a program of the user's for every file that has arrived: one at a time, in the order of arrival. Whatever the
 * peer chose is in the environment and never among the arguments, and no shell reads it. That a program fails is
 * told, and nothing else ends with it.
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { messageOf, QTChatError } from '../../errors.js';

/** A file or folder that has arrived. */
export interface Arrived {
  readonly member: string;
  /** As in the events of this file. */
  readonly id: string;
  /** As the peer calls it. */
  readonly name: string;
  /** Where it is; absolute. */
  readonly path: string;
  readonly sizeBytes: number;
  readonly isFolder: boolean;
  /** Of its content, where that is known already. */
  readonly sha256?: string;
}

/** How the program for a file ended: by `exitCode`, by `signal`, or, with `error`, it did not run. */
export interface ExecEvent {
  readonly type: 'exec';
  readonly member: string;
  readonly id: string;
  readonly name: string;
  readonly path: string;
  readonly exitCode: number | null;
  readonly signal: string | null;
  readonly error?: QTChatError;
}

/** What to run, and whom to tell. */
export interface ProgramRunnerOptions {
  /** Absolute. */
  readonly program: string;
  readonly words: readonly string[];
  /** Handed on, with what is said of the file. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly onEvent: (event: ExecEvent) => void;
  /** How long a program may take to end once it was asked to. */
  readonly graceMs?: number;
}

const defaultGraceMs = 5_000;
/** Who sends faster than the program works is asked to wait. */
const maximumWaiting = 256;

/** Runs one program. */
export class ProgramRunner {
  readonly #options: ProgramRunnerOptions;
  readonly #closing = new AbortController();
  #waiting = 0;
  #last: Promise<void> = Promise.resolve();

  constructor(options: ProgramRunnerOptions) {
    this.#options = options;
  }

  /** Whether so many files wait for the program that no more should be taken. */
  get isFull(): boolean {
    return this.#waiting >= maximumWaiting;
  }

  /** Runs the program for a file, when it is its turn. */
  add(arrived: Arrived): void {
    this.#waiting += 1;
    this.#last = this.#last.then(async () => {
      this.#options.onEvent(await this.#run(arrived));
      this.#waiting -= 1;
    });
  }

  /** Ends the program that runs, and runs no other; resolves when it is gone and all is told. */
  async close(): Promise<void> {
    this.#closing.abort();
    await this.#last;
  }

  async #run(arrived: Arrived): Promise<ExecEvent> {
    const { member, id, name, path } = arrived;
    const about = { type: 'exec', member, id, name, path } as const;
    const { signal } = this.#closing;
    try {
      signal.throwIfAborted();
      const sha256 = arrived.isFolder ? '' : (arrived.sha256 ?? (await digestOf(path, signal)));
      return { ...about, ...(await this.#spawn(environmentOf(arrived, sha256))) };
    } catch (cause) {
      const why = signal.aborted ? 'listening ended' : messageOf(cause);
      const error = new QTChatError('ERR_EXEC_FAILED', `the program of --exec was not run: ${why}`, { cause });
      return { ...about, exitCode: null, signal: null, error };
    }
  }

  async #spawn(said: Readonly<Record<string, string>>): Promise<Pick<ExecEvent, 'exitCode' | 'signal'>> {
    const { program, words, env, graceMs = defaultGraceMs } = this.#options;
    // What it says goes where our own words for people go: standard output holds what was received, and JSON lines.
    const stdio = ['ignore', 2, 2] as const;
    // In a group of its own, so that what it has started ends with it.
    const detached = process.platform !== 'win32';
    const child = spawn(program, words, { env: { ...env, ...said }, stdio: [...stdio], detached, windowsHide: true });
    const kill = (how: NodeJS.Signals): void => {
      try {
        if (detached && child.pid !== undefined) process.kill(-child.pid, how);
        else child.kill(how);
      } catch {
        // It has just ended.
      }
    };
    let timer: NodeJS.Timeout | undefined;
    const onClose = (): void => {
      kill('SIGTERM');
      timer = setTimeout(() => kill('SIGKILL'), graceMs);
    };
    this.#closing.signal.addEventListener('abort', onClose, { once: true });
    try {
      const ended = once(child, 'exit') as Promise<[number | null, NodeJS.Signals | null]>;
      if (this.#closing.signal.aborted) onClose();
      const [exitCode, signal] = await ended;
      // What it has started may not have listened.
      if (this.#closing.signal.aborted) kill('SIGKILL');
      return { exitCode, signal };
    } finally {
      this.#closing.signal.removeEventListener('abort', onClose);
      clearTimeout(timer);
    }
  }
}

function environmentOf(arrived: Arrived, sha256: string): Record<string, string> {
  return {
    QTCHAT_FILE: arrived.path,
    QTCHAT_NAME: arrived.name,
    QTCHAT_FROM: arrived.member,
    QTCHAT_SIZE: String(arrived.sizeBytes),
    QTCHAT_SHA256: sha256,
    QTCHAT_KIND: arrived.isFolder ? 'folder' : 'file',
  };
}

async function digestOf(path: string, signal: AbortSignal): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash, { signal });
  return hash.digest('hex');
}
