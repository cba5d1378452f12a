/** A `qtchat` process of the demonstration: started like any other, read by its JSON, ended with its owner. */
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { QTChatError, quote } from '../../errors.js';
import { packageRoot } from '../../package-root.js';

/** One JSON object that a process printed. */
export type JsonObject = Record<string, unknown>;

const patienceMs = 15_000;

/** One running command; its stdout is read as JSON lines. */
export class DemoChild {
  readonly #process: ChildProcessByStdio<Writable, Readable, Readable>;
  readonly #what: string;
  readonly #events: JsonObject[] = [];
  readonly #waiting = new Set<() => void>();
  #complaint = '';
  #over = false;

  /**
   * @param argv - the command line after `qtchat`
   * @param home - the home it acts in
   */
  constructor(argv: readonly string[], home: string) {
    this.#what = `qtchat ${argv.join(' ')}`;
    this.#process = start(argv, home);
    this.#process.stderr.on('data', (chunk: Buffer) => {
      this.#complaint = chunk.toString('utf8').trim();
    });
    createInterface({ input: this.#process.stdout }).on('line', (line) => this.#read(line));
    this.#process.on('close', () => {
      this.#over = true;
      this.#wake();
    });
  }

  /**
   * The first event that `matches`, printed already or still to come.
   *
   * @throws {QTChatError} `ERR_DEMO_FAILED` when the process ends or 15 s pass without it
   */
  async event(matches: (event: JsonObject) => boolean): Promise<JsonObject> {
    const deadline = Date.now() + patienceMs;
    for (;;) {
      const found = this.#events.find(matches);
      if (found !== undefined) return found;
      if (this.#over || Date.now() >= deadline) throw this.#failure();
      await this.#change(deadline - Date.now());
    }
  }

  /** Gives it a command, as a line of JSON (docs/JSONL.md). */
  command(command: JsonObject): void {
    this.#process.stdin.write(`${JSON.stringify(command)}\n`);
  }

  /** Asks it to end and waits until it has. */
  async stop(): Promise<void> {
    if (this.#over) return;
    const closed = new Promise((resolve) => this.#process.once('close', resolve));
    this.#process.kill('SIGTERM');
    await closed;
  }

  #read(line: string): void {
    try {
      this.#events.push(JSON.parse(line) as JsonObject);
    } catch {
      this.#complaint = line;
    }
    this.#wake();
  }

  #wake(): void {
    for (const wake of this.#waiting) wake();
  }

  async #change(timeoutMs: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        this.#waiting.delete(done);
        resolve();
      };
      const timer = setTimeout(done, timeoutMs);
      this.#waiting.add(done);
    });
  }

  #failure(): QTChatError {
    const last = this.#events.at(-1);
    const failure = last?.error as JsonObject | undefined;
    const said = String(failure?.message ?? (this.#complaint || JSON.stringify(last ?? 'nothing')));
    return new QTChatError('ERR_DEMO_FAILED', `${quote(this.#what)} did not do what it should; it said ${quote(said)}`);
  }
}

/**
 * Runs one command to its end and returns the JSON object it printed.
 *
 * @throws {QTChatError} `ERR_DEMO_FAILED` with the command's own message when it fails
 */
export async function runToEnd(argv: readonly string[], home: string, stdin = ''): Promise<JsonObject> {
  const child = start(argv, home);
  child.stdin.end(stdin);
  const [output, complaint] = await Promise.all([readAll(child.stdout), readAll(child.stderr)]);
  const result = parseObject(output);
  const failure = result?.error as JsonObject | undefined;
  if (result === undefined || failure !== undefined) {
    const message = String(failure?.message ?? quote(complaint));
    throw new QTChatError('ERR_DEMO_FAILED', `${quote(`qtchat ${argv.join(' ')}`)} failed: ${message}`);
  }
  return result;
}

function start(argv: readonly string[], home: string): ChildProcessByStdio<Writable, Readable, Readable> {
  const child = spawn(process.execPath, [join(packageRoot(), 'bin/run.js'), ...argv, '--json', '--home', home], {
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  // A process that ended early makes writing to it fail; what it said before is the better message.
  child.stdin.on('error', () => {});
  return child;
}

async function readAll(stream: Readable): Promise<string> {
  let text = '';
  for await (const chunk of stream.setEncoding('utf8')) text += String(chunk);
  return text;
}

function parseObject(text: string): JsonObject | undefined {
  try {
    return JSON.parse(text) as JsonObject;
  } catch {
    return undefined;
  }
}
