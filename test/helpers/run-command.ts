/** Runs one command of `commands/` in this process, against streams, clock and home of the test. */
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { Config } from '@oclif/core';
import type { OpenMedia } from '../../src/calls/media.js';
import type { BaseCommand } from '../../src/cli/base-command.js';
import type { Deps, Input } from '../../src/cli/deps.js';
import type { Lan } from '../../src/enroll/lan.js';
import { QTChatError } from '../../src/errors.js';
import { packageRoot } from '../../src/package-root.js';
import { FakeLan } from './fake-lan.js';

/** What a test may choose about the command's world. */
export interface CommandWorld {
  readonly home: string;
  readonly env?: Record<string, string>;
  /** Text on standard input, or a stream; empty and closed when left out. If it is a terminal, so is stderr. */
  readonly stdin?: string | Input;
  /** After how long work shows a sign of life on a terminal; as in earnest when left out. */
  readonly busyAfterMs?: number;
  readonly loginName?: string;
  readonly clock?: () => Date;
  readonly signal?: AbortSignal;
  /** The local network; nobody is there when left out. */
  readonly lan?: Lan;
  /** What opens the sound of calls; there is none when left out. */
  readonly openMedia?: OpenMedia;
  /** Called with everything written so far on stdout, at every write. */
  readonly onStdout?: (soFar: string) => void;
  /** Called with everything written so far on stderr, at every write. */
  readonly onStderr?: (soFar: string) => void;
}

/** How the command ended. */
export interface CommandResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
  /** stdout parsed as one JSON value. */
  json(): Record<string, unknown>;
}

type CommandConstructor = new (argv: string[], config: Config) => BaseCommand & { _run(): Promise<unknown> };

let config: Promise<Config> | undefined;

/**
 * Runs the command that `argv` names, e.g. `['cert', 'issue', 'bob', '--ip', '192.168.1.7']`.
 *
 * @throws when no command of that name exists
 */
export async function runCommand(argv: readonly string[], world: CommandWorld): Promise<CommandResult> {
  config ??= Config.load(packageRoot());
  const { id, rest } = await splitCommand(argv);
  const module = (await import(`../../commands/${id.join('/')}.ts`)) as {
    default: CommandConstructor & { id?: string };
  };
  module.default.id = id.join(':');
  const command = new module.default([...rest], await config);
  let exitCode = 0;
  const stdout = collect(world.onStdout);
  const stderr = collect(world.onStderr);
  if (typeof world.stdin === 'object' && world.stdin.isTTY) Object.assign(stderr.stream, { isTTY: true });
  const deps: Deps = {
    clock: world.clock ?? (() => new Date()),
    random: randomBytes,
    env: { QTCHAT_HOME: world.home, ...world.env },
    stdin: typeof world.stdin === 'object' ? world.stdin : Readable.from(world.stdin ? [Buffer.from(world.stdin)] : []),
    stdout: stdout.stream,
    stderr: stderr.stream,
    busyAfterMs: world.busyAfterMs ?? 500,
    defaultHome: join(world.home, 'default'),
    loginName: world.loginName ?? 'tester',
    signal: world.signal ?? new AbortController().signal,
    lan: world.lan ?? new FakeLan(),
    sound: async () => world.openMedia ?? new QTChatError('ERR_CALL_LIBRARY', 'there is no sound in tests'),
    setExitCode: (code) => {
      exitCode = code;
    },
  };
  command.world = deps;
  await command._run();
  return {
    exitCode,
    stdout: stdout.text(),
    stderr: stderr.text(),
    json: () => JSON.parse(stdout.text()) as Record<string, unknown>,
  };
}

const topics = ['ca', 'cert', 'autoca', 'identity', 'contacts'];

async function splitCommand(argv: readonly string[]): Promise<{ id: string[]; rest: readonly string[] }> {
  const isLong = topics.includes(argv[0] ?? '') || (argv[0] === 'devices' && argv[1] === 'test');
  const words = argv[0] === 'autoca' && argv[1] === 'audit' ? 3 : isLong ? 2 : 1;
  return { id: argv.slice(0, words) as string[], rest: argv.slice(words) };
}

function collect(onWrite?: (soFar: string) => void): { stream: PassThrough; text: () => string } {
  const chunks: Buffer[] = [];
  const stream = new PassThrough();
  const text = (): string => Buffer.concat(chunks).toString('utf8');
  stream.on('data', (chunk: Buffer) => {
    chunks.push(chunk);
    onWrite?.(text());
  });
  return { stream, text };
}
