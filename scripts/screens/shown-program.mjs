// The program on a terminal that can be read: what it writes goes to a terminal of xterm.js, which answers it as terminals do.
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import xterm from '@xterm/headless';
import stringWidth from 'string-width';
import { onTerminal } from '../../bench/helpers/pseudo-terminal.mjs';
import { parseRow } from './cells.mjs';

/** Arguments that start the built program. */
export const program = [
  process.execPath,
  join(dirname(dirname(dirname(fileURLToPath(import.meta.url)))), 'bin/run.js'),
];

/** A machine that is busy with other things is slow. */
const deadlineMs = 40_000;

// What of our own environment would change what is drawn.
const plainEnvironment = Object.fromEntries(
  ['NO_COLOR', 'FORCE_COLOR', 'TMUX', 'STY', 'TERM_PROGRAM', 'LC_TERMINAL', 'QTCHAT_PICTURES', 'DISPLAY', 'QTCHAT_HOME']
    .concat(['WAYLAND_DISPLAY', 'WT_SESSION', 'KITTY_WINDOW_ID'])
    .map((name) => [name, '']),
);

/** One running program. */
export class ShownProgram {
  #terminal;
  #program;
  #size;
  /** Called whenever something new is seen. */
  #onDrawn = () => {};
  #hasEnded = false;

  constructor(argv, { size, env }) {
    this.#size = size;
    this.#terminal = new xterm.Terminal({ cols: size.columns, rows: size.rows, allowProposedApi: true });
    this.#terminal.unicode.register(widths);
    this.#terminal.unicode.activeVersion = widths.version;
    this.#program = onTerminal([...program, ...argv], {
      size,
      env: { ...plainEnvironment, COLORTERM: 'truecolor', ...env },
      onOutput: (text) => this.#terminal.write(Buffer.from(text, 'latin1'), () => this.#onDrawn()),
    });
    this.#terminal.onData((reply) => this.#program.type(reply));
    this.#program.ended.then(() => {
      this.#hasEnded = true;
      this.#onDrawn();
    });
  }

  /** What is on its screen. */
  get screen() {
    const { active } = this.#terminal.buffer;
    const rows = Array.from({ length: this.#size.rows }, (_, index) => {
      return parseRow(active.getLine(active.baseY + index), this.#size.columns);
    });
    return { rows, cursor: { row: active.cursorY, column: active.cursorX } };
  }

  get #text() {
    return this.screen.rows.map((row) => row.text.trimEnd()).join('\n');
  }

  /** Types a text, as it comes from a keyboard. */
  type(text) {
    this.#program.type(text);
  }

  /** Types a line, and Enter. */
  enter(line) {
    this.type(`${line}\r`);
  }

  resize(size) {
    this.#size = size;
    this.#terminal.resize(size.columns, size.rows);
    this.#program.resize(size);
  }

  /** Waits until the screen is as it should be; what `isThere` says is returned. */
  async until(isThere, what) {
    let timer;
    const late = new Promise((_, reject) => {
      timer = setTimeout(() => reject(new Error(`${what} was not seen:\n${this.#text}`)), deadlineMs);
    });
    try {
      for (;;) {
        const drawn = new Promise((resolve) => {
          this.#onDrawn = resolve;
        });
        const found = isThere(this.screen);
        if (found) return found;
        if (this.#hasEnded) throw new Error(`the program ended before ${what} was seen:\n${this.#text}`);
        await Promise.race([drawn, late]);
      }
    } finally {
      clearTimeout(timer);
    }
  }

  /** Waits until a text is on the screen. */
  async see(text) {
    await this.until(({ rows }) => rows.some((row) => row.text.includes(text)), JSON.stringify(text));
  }

  /** Leaves, as users do. */
  async leave() {
    if (!this.#hasEnded) this.type('\u0003\u0003');
    await this.#program.ended;
  }
}

/** How many cells characters take: as the program measures them, and terminals of today draw them. */
const widths = {
  version: 'today',
  wcwidth: (codePoint) => stringWidth(String.fromCodePoint(codePoint), { countAnsiEscapeCodes: true }),
  // As xterm.js packs it: the width, and whether the character joins the one before it.
  charProperties(codePoint, preceding) {
    const width = this.wcwidth(codePoint);
    const joins = width === 0 && preceding !== 0;
    return ((joins ? (preceding >> 1) & 3 : width) << 1) | (joins ? 1 : 0);
  },
};
