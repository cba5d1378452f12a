/** `autoca serve` in the process of a test. */
import type { Home } from '../../src/store/home.js';
import { type CommandResult, runCommand } from './run-command.js';

/** Serves on a free port of 127.0.0.1 from now until it is stopped. */
export class Serving {
  readonly #controller = new AbortController();
  readonly #ended: Promise<CommandResult>;
  readonly #output = { soFar: '', wake: (): void => {} };

  constructor(home: Home, ...flags: string[]) {
    this.#ended = runCommand(['autoca', 'serve', '--host', '127.0.0.1', '--port', '0', '--json', ...flags], {
      home: home.folder,
      signal: this.#controller.signal,
      onStdout: (soFar) => {
        this.#output.soFar = soFar;
        this.#output.wake();
      },
    });
  }

  /** The first event of a kind, once it is there. */
  async event(kind: string): Promise<Record<string, unknown>> {
    for (;;) {
      const lines = this.#output.soFar.split('\n').slice(0, -1);
      const found = lines.map((line) => JSON.parse(line)).find(({ event }) => event === kind);
      if (found !== undefined) return found;
      await Promise.race([
        new Promise<void>((resolve) => {
          this.#output.wake = resolve;
        }),
        this.#ended.then(({ stderr }) => {
          throw new Error(`autoca serve ended: ${this.#output.soFar}${stderr}`);
        }),
      ]);
    }
  }

  /** Ends it, as Ctrl-C does. */
  async stop(): Promise<CommandResult> {
    this.#controller.abort();
    return this.#ended;
  }
}
