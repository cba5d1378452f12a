/** Throw-away homes for command tests, and a look at everything in them. */
import { existsSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from '@jest/globals';
import Libsql from 'libsql';
import { type CommandResult, type CommandWorld, runCommand } from './run-command.js';

/** A folder with a home in it, which does not exist at first. */
export interface TestHome {
  /** For files beside the home. */
  readonly folder: string;
  readonly home: string;
  /** A path beside the home. */
  at(...names: string[]): string;
  /** Writes a file beside the home, mode 0600, and gives its path. */
  file(name: string, content: string | Uint8Array): string;
  /** Runs a command in the home. */
  run(argv: readonly string[], world?: Partial<CommandWorld>): Promise<CommandResult>;
  /** Runs a command that must succeed; the object that it prints with --json. */
  done(argv: readonly string[], clock?: () => Date): Promise<Record<string, unknown>>;
  /** Runs a command that must be refused: the exit code, nothing on stdout, one line on stderr, nothing written. */
  refused(argv: readonly string[], exitCode: number, message: RegExp, clock?: () => Date): Promise<void>;
  /**
   * Every file and folder below `folder`, sorted, with a mark of when it was last written; no lock files of SQLite.
   * A ledger's mark is the length of its audit log: the file itself SQLite writes when it likes.
   */
  everything(): string[];
  remove(): void;
}

/** Makes one. */
export function makeHome(): TestHome {
  const folder = mkdtempSync(join(tmpdir(), 'qtchat-cli-'));
  const home = join(folder, 'home');
  const test: TestHome = {
    folder,
    home,
    at: (...names) => join(folder, ...names),
    file: (name, content) => {
      writeFileSync(join(folder, name), content, { mode: 0o600 });
      return join(folder, name);
    },
    run: (argv, world) => runCommand(argv, { home, ...world }),
    done: async (argv, clock) => {
      const result = await test.run([...argv, '--json'], clock && { clock });
      expect(result).toMatchObject({ exitCode: 0 });
      return result.json();
    },
    refused: async (argv, exitCode, message, clock) => {
      const before = test.everything();
      const result = await test.run(argv, clock && { clock });
      expect(result).toMatchObject({ exitCode, stdout: '' });
      expect(result.stderr).toMatch(message);
      expect(result.stderr).toMatch(/^Error: [^\n]+\n$/);
      expect(test.everything()).toEqual(before);
    },
    everything: () =>
      existsSync(folder)
        ? readdirSync(folder, { recursive: true })
            .map(String)
            .filter((name) => !/-(wal|shm)$/.test(name))
            .map((name) => {
              const stats = statSync(join(folder, name));
              if (!stats.isFile()) return name;
              const mark = name.endsWith('ledger.db') ? ledgerMark(join(folder, name)) : undefined;
              return `${name} ${mark ?? `${stats.mtimeMs} ${stats.size}`}`;
            })
            .sort()
        : [],
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
  return test;
}

/** Undefined when it cannot be read, as it may be meant to be. */
function ledgerMark(path: string): string | undefined {
  try {
    const database = new Libsql(path, { readonly: true });
    try {
      const { entries } = database.prepare('select count(*) as entries from audit').get() as { entries: number };
      return `${entries} entries`;
    } finally {
      database.close();
    }
  } catch {
    return undefined;
  }
}
