/** Commands that stay, run in this process: what they print can be waited for, and they can be typed to. */
import { PassThrough } from 'node:stream';
import type { Input } from '../../src/cli/deps.js';
import { type CommandResult, type CommandWorld, runCommand } from './run-command.js';

/** A command that runs until its input ends or it is stopped. */
export interface RunningCommand {
  readonly stdin: PassThrough;
  /** Types a line. */
  type(line: string): void;
  /** Resolves with the first match in what it has printed on either stream: its first group, or else all of it. */
  saw(pattern: RegExp): Promise<string>;
  readonly result: Promise<CommandResult>;
  stop(): void;
}

/** The commands of one test. */
export class RunningCommands {
  readonly #all: RunningCommand[] = [];

  /** Starts a command in the home of that folder. */
  start(argv: readonly string[], home: string, world: Partial<CommandWorld> = {}): RunningCommand {
    const controller = new AbortController();
    const stdin = new PassThrough();
    const printed = { out: '', err: '' };
    const waiting = new Set<() => void>();
    const note = (stream: 'out' | 'err') => (soFar: string) => {
      printed[stream] = soFar;
      for (const wake of [...waiting]) wake();
    };
    const result = runCommand(argv, {
      ...world,
      home,
      stdin: stdin as Input,
      signal: controller.signal,
      onStdout: note('out'),
      onStderr: note('err'),
    });
    const saw = async (pattern: RegExp): Promise<string> => {
      for (;;) {
        const match = pattern.exec(printed.out) ?? pattern.exec(printed.err);
        if (match !== null) return match[1] ?? match[0];
        await new Promise<void>((resolve) => {
          const wake = (): void => {
            waiting.delete(wake);
            resolve();
          };
          waiting.add(wake);
        });
      }
    };
    const running = {
      stdin,
      type: (line: string) => void stdin.write(`${line}\n`),
      saw,
      result,
      stop: () => controller.abort(),
    };
    this.#all.push(running);
    return running;
  }

  /** Stops them all. */
  async end(): Promise<void> {
    const all = this.#all.splice(0);
    for (const one of all) one.stop();
    await Promise.all(all.map(({ result }) => result));
  }
}
