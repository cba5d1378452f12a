/**
 * Real terminals for tests: windows of a tmux server of their own, without anybody's settings, in which the built program runs
 * as a user starts it, below an interactive shell.
 */
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { packageRoot } from '../../src/package-root.js';

const run = promisify(execFile);
/** A machine that is busy with other tests is slow. */
const deadlineMs = 30_000;
const pollMs = 30;

/** What a window shows. */
export interface Shown {
  /** As many as the window has, without spaces at their ends. */
  readonly rows: readonly string[];
  /** All of them. */
  readonly text: string;
  readonly cursor: { readonly row: number; readonly column: number; readonly isVisible: boolean };
  /** Whether a program has the alternate screen. */
  readonly isAlternate: boolean;
  /** Whether text goes on in the next row where one is full. */
  readonly wraps: boolean;
}

/** One window, with a shell in it. */
export class Pane {
  readonly #tmux: (...words: string[]) => Promise<string>;
  readonly #target: string;
  /** Everything that programs have written to it so far. */
  readonly rawPath: string;

  constructor(tmux: (...words: string[]) => Promise<string>, target: string, rawPath: string) {
    this.#tmux = tmux;
    this.#target = target;
    this.rawPath = rawPath;
  }

  /** Presses keys by their names in tmux: "Enter", "C-c", "M-1", "PPage". */
  async press(...keys: string[]): Promise<void> {
    await this.#tmux('send-keys', '-t', this.#target, ...keys);
  }

  /** Types a text. */
  async type(text: string): Promise<void> {
    await this.#tmux('send-keys', '-t', this.#target, '-l', '--', text);
  }

  /** Types a text, and Enter. */
  async enter(text: string): Promise<void> {
    await this.type(text);
    await this.press('Enter');
  }

  /** Pastes a text as a terminal does whose program asked for bracketed paste. */
  async paste(text: string): Promise<void> {
    await this.#tmux('set-buffer', '-b', 'pasted', '--', text);
    await this.#tmux('paste-buffer', '-d', '-p', '-b', 'pasted', '-t', this.#target);
  }

  /** What it shows now. */
  async shown(): Promise<Shown> {
    const format = '#{cursor_y} #{cursor_x} #{cursor_flag} #{alternate_on} #{wrap_flag}';
    const lines = await this.#tmux(
      ...['capture-pane', '-p', '-t', this.#target, ';', 'display-message', '-p', '-t', this.#target, format],
    );
    const rows = lines.replace(/\n$/, '').split('\n');
    const [row = 0, column = 0, visible, alternate, wraps] = (rows.pop() ?? '').split(' ').map(Number);
    const text = rows.join('\n');
    const modes = { isAlternate: alternate === 1, wraps: wraps === 1 };
    return { rows, text, cursor: { row, column, isVisible: visible === 1 }, ...modes };
  }

  /** Resolves with what it shows as soon as that is as wanted; fails with the screen when that takes too long. */
  async sees(wanted: RegExp | string | ((shown: Shown) => boolean | Promise<boolean>)): Promise<Shown> {
    const isWanted = (shown: Shown): boolean | Promise<boolean> =>
      typeof wanted === 'function'
        ? wanted(shown)
        : typeof wanted === 'string'
          ? shown.text.includes(wanted)
          : wanted.test(shown.text);
    let shown = await this.shown();
    const look = async (): Promise<boolean> => {
      shown = await this.shown();
      return await isWanted(shown);
    };
    await until(look, () => `not seen: ${wanted}\n${shown.text}`);
    return shown;
  }

  /** Changes the size of the window. */
  async resize(columns: number, rows: number): Promise<void> {
    await this.#tmux('resize-window', '-t', this.#target, '-x', `${columns}`, '-y', `${rows}`);
  }

  /** The terminal goes away, as when a window is closed. */
  async kill(): Promise<void> {
    await this.#tmux('kill-pane', '-t', this.#target);
  }

  /** Everything that was written to it so far. */
  raw(): Buffer {
    return readFileSync(this.rawPath);
  }
}

/** Resolves as soon as something is so; fails when that takes too long. */
export async function until(is: () => boolean | Promise<boolean>, complaint = () => `not so: ${is}`): Promise<void> {
  const endMs = performance.now() + deadlineMs;
  while (!(await is())) {
    if (performance.now() > endMs) throw new Error(complaint());
    await delay(pollMs);
  }
}

/** Whether a process is there that is not a mere entry of what is no more. */
export function runs(pid: number): boolean {
  try {
    return !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}

/** How big a window is, and in whose home its shell runs. */
export interface PaneWorld {
  readonly home: string;
  readonly columns?: number;
  readonly rows?: number;
  readonly env?: Readonly<Record<string, string>>;
}

/** A tmux server. */
export class TestTmux {
  readonly #folder = mkdtempSync(join(tmpdir(), 'qtchat-tmux-'));
  #count = 0;

  constructor() {
    const bin = join(this.#folder, 'bin');
    mkdirSync(bin);
    const program = `#!/bin/sh\nexec '${process.execPath}' '${join(packageRoot(), 'bin/run.js')}' "$@"\n`;
    writeFileSync(join(bin, 'qtchat'), program, { mode: 0o755 });
  }

  /** Opens a window whose shell knows `qtchat`. */
  async open({ home, columns = 80, rows = 24, env = {} }: PaneWorld): Promise<Pane> {
    const name = `w${++this.#count}`;
    const rawPath = join(this.#folder, `${name}.raw`);
    const world = {
      ...{ PATH: `${join(this.#folder, 'bin')}:${process.env.PATH}`, HOME: home, QTCHAT_HOME: home },
      ...{ TERM: 'tmux-256color', LANG: 'C.UTF-8', LOGNAME: 'tester', PS1: '$ ', HISTFILE: '', ...env },
    };
    const shell = [
      ...['env', '-i', ...Object.entries(world).map(([key, value]) => `${key}=${value}`)],
      ...['bash', '--norc', '--noprofile', '-i'],
    ];
    const size = ['-x', `${columns}`, '-y', `${rows}`];
    const record = ['pipe-pane', '-t', `${name}:0.0`, '-o', `cat > '${rawPath}'`];
    // A server that ends with its last window fails whoever closes that.
    const stays = ['set-option', '-s', 'exit-empty', 'off', ';'];
    await this.#tmux(...stays, 'new-session', '-d', '-s', name, ...size, '-c', this.#folder, ...shell, ';', ...record);
    const pane = new Pane((...words) => this.#tmux(...words), `${name}:0.0`, rawPath);
    await pane.sees(/^\$/);
    return pane;
  }

  /** Ends the server and every program in it. */
  async end(): Promise<void> {
    await this.#tmux('kill-server').catch(() => {});
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async #tmux(...words: string[]): Promise<string> {
    const { stdout } = await run('tmux', ['-u', '-f', '/dev/null', '-S', join(this.#folder, 'socket'), ...words], {
      env: { PATH: process.env.PATH, TERM: 'xterm-256color', LANG: 'C.UTF-8', HOME: this.#folder },
    });
    return stdout;
  }
}
