/**
 * The terminal itself: it is taken for the time of the chat, and given back as it was, whatever ends the program. What is
 * switched on and off: the alternate screen, no automatic wrapping (a row that a terminal draws wider than we think is cut at its
 * edge), bracketed paste, reports of the focus.
 */
import type { Readable, Writable } from 'node:stream';
import { holdBack } from './held-output.js';
import type { Size } from './screen/frame.js';

/** A writable that may be a terminal's screen. */
export type Display = Writable & { isTTY?: boolean; columns?: number; rows?: number };
/** A readable that may be a terminal's keyboard. */
export type KeyInput = Readable & { setRawMode?: (isRaw: boolean) => unknown; unref?: () => unknown };

/** The streams of a terminal. */
export interface TerminalStreams {
  readonly input: KeyInput;
  readonly output: Display;
  /** Where the program reports; held back where it is a terminal too. */
  readonly status: Display;
}

/** What happens to a terminal. */
export interface TerminalEvents {
  /** All of the screen is to be drawn anew. */
  readonly onRedraw: () => void;
  /** There is no terminal any more. */
  readonly onGone: () => void;
}

const take = '\u001b[?1049h\u001b[?7l\u001b[?2004h\u001b[?1004h\u001b[H\u001b[2J';
const giveBack = '\u001b[?1004l\u001b[?2004l\u001b[?7h\u001b[0m\u001b[?25h\u001b[?1049l';
/** Who is stopped is so at once. */
const stopsWithinMs = 100;
const smallest: Size = { columns: 20, rows: 5 };

/** One terminal. */
export class Terminal {
  readonly #input: KeyInput;
  readonly #output: Display;
  readonly #status: Display;
  readonly #events: TerminalEvents;
  #letGo: () => void = () => {};
  readonly #giveBack = (): void => this.#leave();
  readonly #onContinue = (): void => this.#goOn();
  #isTaken = false;
  #waking: NodeJS.Timeout | undefined;

  constructor({ input, output, status }: TerminalStreams, events: TerminalEvents) {
    this.#input = input;
    this.#output = output;
    this.#status = status;
    this.#events = events;
  }

  /** Its size in cells, never less than a few. */
  get size(): Size {
    const { columns, rows } = this.#output;
    // A terminal that does not know its size says 0.
    return { columns: Math.max(columns || 80, smallest.columns), rows: Math.max(rows || 24, smallest.rows) };
  }

  /** Takes the terminal. */
  open(): void {
    this.#take();
    this.#output.on('resize', this.#events.onRedraw);
    for (const [stream, event] of this.#ends) stream.once(event, this.#events.onGone);
    process.on('exit', this.#giveBack);
    // Before Node writes where it happened.
    process.on('uncaughtExceptionMonitor', this.#giveBack);
    if (process.platform !== 'win32') process.on('SIGCONT', this.#onContinue);
  }

  /** Gives it back. */
  close(): void {
    clearTimeout(this.#waking);
    this.#leave();
    this.#output.off('resize', this.#events.onRedraw);
    for (const [stream, event] of this.#ends) stream.off(event, this.#events.onGone);
    process.off('exit', this.#giveBack);
    process.off('uncaughtExceptionMonitor', this.#giveBack);
    if (process.platform !== 'win32') process.off('SIGCONT', this.#onContinue);
    this.#input.pause();
    this.#input.unref?.();
  }

  /** Gives it back for as long as the user does something else in it; `fg` comes back. */
  suspend(): void {
    if (process.platform === 'win32') return;
    this.#leave();
    // The whole group, as the terminal itself would do it: a wrapper that started us stops too.
    process.kill(0, 'SIGTSTP');
    // Where no shell would ever wake us up, as in a window that has nothing but us, the system has not stopped us.
    this.#waking = setTimeout(() => {
      if (!this.#isTaken) this.#goOn();
    }, stopsWithinMs);
  }

  /** Sends something that is not part of a frame: a bell, a notification, a question to the terminal. */
  write(text: string): void {
    if (this.#isTaken) this.#output.write(text);
  }

  #goOn(): void {
    this.#leave();
    this.#take();
    this.#events.onRedraw();
  }

  /** What says that nobody sits here any more. */
  get #ends(): readonly (readonly [NodeJS.EventEmitter, string])[] {
    return [
      [this.#input, 'end'],
      [this.#input, 'error'],
      [this.#output, 'error'],
    ];
  }

  #take(): void {
    this.#isTaken = true;
    if (this.#status.isTTY) this.#letGo = holdBack(this.#status);
    this.#input.setRawMode?.(true);
    this.#input.resume();
    this.#output.write(take);
  }

  #leave(): void {
    if (!this.#isTaken) return;
    this.#isTaken = false;
    this.#output.write(giveBack);
    this.#input.setRawMode?.(false);
    this.#letGo();
    this.#letGo = () => {};
  }
}
