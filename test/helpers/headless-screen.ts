/** A terminal in memory: it keeps all that is written to it, and shows what a real one would. */
import { PassThrough, Writable } from 'node:stream';
import xterm from '@xterm/headless';
import { until } from './tmux.js';

/** A screen with a keyboard. */
export class HeadlessScreen extends Writable {
  readonly isTTY = true;
  readonly keyboard = Object.assign(new PassThrough(), { isTTY: true, setRawMode: () => {} });
  columns: number;
  rows: number;
  /** All that was written. */
  written = '';
  readonly #terminal: xterm.Terminal;

  constructor(columns = 80, rows = 24) {
    super({ decodeStrings: false });
    this.columns = columns;
    this.rows = rows;
    this.#terminal = new xterm.Terminal({ cols: columns, rows, allowProposedApi: true });
  }

  override _write(chunk: string | Buffer, _encoding: BufferEncoding, done: () => void): void {
    const text = chunk.toString();
    this.written += text;
    this.#terminal.write(text, done);
  }

  /** Its rows without spaces at their ends. */
  get shown(): string[] {
    const { active } = this.#terminal.buffer;
    const rows = Array.from({ length: this.rows }, (_, row) => active.getLine(active.baseY + row));
    return rows.map((row) => row?.translateToString(true).trimEnd() ?? '');
  }

  /** Resolves with the rows as soon as one is as wanted. */
  async sees(wanted: RegExp): Promise<string[]> {
    await until(
      () => this.shown.some((row) => wanted.test(row)),
      () => `not seen: ${wanted}\n${this.shown.join('\n')}`,
    );
    return this.shown;
  }

  /** Presses keys, as what they send. */
  press(keys: string): void {
    this.keyboard.write(keys);
  }
}
