/**
 * Has a picture decoded by a process of its own (decoder-child.ts), one for each picture: a hostile one can take
 * it over at worst, and finds no secret in it, little memory and time, and nothing that comes after.
 */
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { FileHandle } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import {
  type Decoded,
  type DecodeTask,
  decodeExits,
  longestAnswer,
  memoryLimitBytes,
  parseDecoded,
} from './decode-wire.js';

/** How a picture is decoded. */
export interface DecodeOptions {
  /** Path of decoder-child.ts as it was built. */
  readonly program: string;
  /** For one that waits for something; one that works has {@link processorSeconds}. */
  readonly deadlineMs: number;
  /** Ends it early. */
  readonly signal: AbortSignal;
}

/** Why a picture was not decoded. */
export type DecodeFault = keyof typeof decodeExits | 'tooSlow' | 'brokeOff';

/** Seconds of a processor: a busy machine makes nothing fail, and the process ends even if this one has ended. */
const processorSeconds = 10;
/** What it may allocate, in KiB, where the system holds it to that (Linux): before libvips begins it has some 110 MiB. */
const allocatedKiB = memoryLimitBytes / 1024 + 128 * 1024;
// No core dumps and no files. A limit that is lower already stays, and is no reason to stop.
const limitAndRun = [
  'ulimit -c 0',
  'ulimit -f 0',
  // At the lower one SIGXCPU comes, so that the reason can be told.
  `ulimit -S -t ${processorSeconds}`,
  `ulimit -H -t ${processorSeconds + 1}`,
  `ulimit -d ${allocatedKiB}`,
  'exec "$@"',
].join('; ');

/**
 * Decodes and scales the picture that `file` holds; reads from where the handle stands. Once this has ended, so has
 * the process.
 *
 * @throws the reason of `signal` once that is aborted
 */
export async function decodePicture(
  file: FileHandle,
  task: DecodeTask,
  { program, deadlineMs, signal }: DecodeOptions,
): Promise<Decoded | DecodeFault> {
  signal.throwIfAborted();
  const child = start(file, [program, JSON.stringify(task)]);
  let isSlow = false;
  const end = (): void => {
    child.kill('SIGKILL');
    // Whatever it may have started does not keep us waiting.
    child.stdout.destroy();
  };
  const timer = setTimeout(() => {
    isSlow = true;
    end();
  }, deadlineMs);
  signal.addEventListener('abort', end);
  try {
    const answer = collect(child.stdout, longestAnswer(task.box), end);
    const [code, signalName] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
    signal.throwIfAborted();
    if (isSlow || signalName === 'SIGXCPU') return 'tooSlow';
    if (code !== 0) return faults.find(([, exit]) => exit === code)?.[0] ?? 'brokeOff';
    return parseDecoded(Buffer.concat(answer), task.box) ?? 'brokeOff';
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', end);
  }
}

function start(file: FileHandle, argv: readonly string[]): ChildProcessByStdio<null, Readable, null> {
  // Without compiled code there is no memory that can be both written and run; Node 24 would set 512 MiB of it apart,
  // which count as allocated. Nothing here is slow enough to miss it.
  const node = [process.execPath, '--jitless', '--max-old-space-size=128', ...argv];
  const isPosix = process.platform !== 'win32';
  const [command = '', ...rest] = isPosix ? ['/bin/sh', '-c', limitAndRun, 'sh', ...node] : node;
  return spawn(command, rest, {
    stdio: [file.fd, 'pipe', 'ignore'],
    // Windows loads no libraries without it.
    env: isPosix ? {} : { SystemRoot: process.env.SystemRoot },
    windowsHide: true,
  }) as ChildProcessByStdio<null, Readable, null>;
}

/** The octets that come, until there are too many. */
function collect(stream: Readable, longest: number, end: () => void): readonly Buffer[] {
  const chunks: Buffer[] = [];
  let length = 0;
  stream.on('data', (chunk: Buffer) => {
    length += chunk.length;
    if (length > longest) end();
    else chunks.push(chunk);
  });
  return chunks;
}

const faults = Object.entries(decodeExits) as [keyof typeof decodeExits, number][];
