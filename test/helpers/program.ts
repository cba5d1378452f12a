/** Runs the built program as real processes, the way a user does, and waits for what it says. */
import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { packageRoot } from '../../src/package-root.js';

/** Where and as whom a process runs. */
export interface ProgramWorld {
  readonly home: string;
  readonly env?: Record<string, string>;
  readonly cwd?: string;
  /** A network namespace to run in. */
  readonly namespace?: string;
}

/** One running `qtchat`. */
export class Program {
  readonly child: ChildProcess;
  stdout = '';
  stderr = '';
  readonly #ended: Promise<number>;
  readonly #watchers = new Set<() => void>();

  /** @param argv - what follows `qtchat`; or, as one string, a line for the shell */
  constructor(argv: readonly string[] | string, world: ProgramWorld) {
    const command =
      typeof argv === 'string' ? ['sh', '-c', argv] : [process.execPath, join(packageRoot(), 'bin/run.js'), ...argv];
    const whole = world.namespace === undefined ? command : ['ip', 'netns', 'exec', world.namespace, ...command];
    this.child = spawn(whole[0] as string, whole.slice(1), {
      cwd: world.cwd ?? world.home,
      env: { PATH: process.env.PATH, LOGNAME: 'tester', HOME: world.home, QTCHAT_HOME: world.home, ...world.env },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    this.child.stdout?.on('data', (chunk: Buffer) => {
      this.stdout += chunk.toString('utf8');
      this.#wake();
    });
    this.child.stderr?.on('data', (chunk: Buffer) => {
      this.stderr += chunk.toString('utf8');
      this.#wake();
    });
    this.#ended = new Promise((resolve) => {
      this.child.on('close', (code, signal) => {
        resolve(code ?? (signal === null ? 1 : 128));
        this.#wake();
      });
    });
  }

  /** Resolves with the first match in what was printed so far on either stream; fails when the process ends without it. */
  async waitFor(pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const match = pattern.exec(this.stdout) ?? pattern.exec(this.stderr);
      if (match !== null) return match;
      if (this.child.exitCode !== null || this.child.signalCode !== null) {
        throw new Error(`ended without ${pattern}\nstdout: ${this.stdout}\nstderr: ${this.stderr}`);
      }
      await new Promise<void>((resolve) => {
        const wake = (): void => {
          this.#watchers.delete(wake);
          resolve();
        };
        this.#watchers.add(wake);
      });
    }
  }

  /** Writes a line to its standard input. */
  type(line: string): void {
    this.child.stdin?.write(`${line}\n`);
  }

  /** Closes its standard input. */
  endInput(): void {
    this.child.stdin?.end();
  }

  /** Asks it to end; resolves with its exit code. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<number> {
    if (this.child.exitCode === null && this.child.signalCode === null) this.child.kill(signal);
    return await this.#ended;
  }

  /** Resolves with its exit code once it has ended by itself. */
  async ended(): Promise<number> {
    return await this.#ended;
  }

  #wake(): void {
    for (const wake of [...this.#watchers]) wake();
  }
}

/** Runs `qtchat` to its end and returns all it printed. */
export async function runProgram(
  argv: readonly string[],
  world: ProgramWorld & { readonly stdin?: string },
): Promise<{ exitCode: number; stdout: string; stderr: string }> {
  const program = new Program(argv, world);
  program.child.stdin?.end(world.stdin ?? '');
  const exitCode = await program.ended();
  return { exitCode, stdout: program.stdout, stderr: program.stderr };
}
