/**
 * The WebSocket to the program: commands with answers, events, and coming back after a break. What events mean is decided
 * by who listens.
 */
import type { CommandName, WireAnswer, WireCommands, WireError, WireEvent } from './wire.js';

/** What a command answered, where it failed. */
export class CommandError extends Error implements WireError {
  readonly code: string;
  readonly hint: string | null;

  constructor({ code, message, hint }: WireError) {
    super(message);
    this.code = code;
    this.hint = hint;
  }
}

/** How the connection is. `lost`: it is tried again at `retryAtMs`, or at this moment where that is over; `hasEnded` where the program is probably no more. */
export type Link =
  | { readonly state: 'opening' }
  | { readonly state: 'open' }
  | { readonly state: 'lost'; readonly hasEnded: boolean; readonly retryAtMs: number };

/** Who is told of what comes. */
export interface ConnectionOptions {
  readonly url: string;
  readonly onEvent: (event: WireEvent) => void;
  readonly onLink: (link: Link) => void;
}

interface Waiting {
  readonly resolve: (answer: never) => void;
  readonly reject: (error: CommandError) => void;
}

const shortestPauseMs = 500;
const longestPauseMs = 15_000;
/** From so many attempts on, it has probably ended. */
const probablyEnded = 4;
/** What a server says that ends (RFC 6455 §7.4.1). */
const goingAway = 1001;
const answerTimeoutMs = 30_000;
// These wait for people, or for a server far away.
const patient: readonly CommandName[] = ['join', 'call', 'answer', 'dial'];

/** One connection for the life of the page. */
export class Connection {
  readonly #options: ConnectionOptions;
  readonly #waiting = new Map<string, Waiting>();
  #socket: WebSocket | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #tries = 0;
  /** What the first greeting has told. */
  #run: string | undefined;
  #isGreeted = false;
  #lastRef = 0;

  constructor(options: ConnectionOptions) {
    this.#options = options;
    this.#open();
  }

  /**
   * Carries out a command.
   *
   * @returns the fields of its answer
   * @throws {CommandError} what the program says; `ERR_NETWORK` where it is not there
   */
  run<Name extends CommandName>(command: Name, fields: WireCommands[Name][0]): Promise<WireCommands[Name][1]> {
    const ref = `${++this.#lastRef}`;
    return new Promise((resolve, reject) => {
      if (!this.send({ command, ref, ...fields })) {
        reject(lostError());
        return;
      }
      this.#waiting.set(ref, { resolve, reject });
      if (patient.includes(command)) return;
      setTimeout(() => {
        if (!this.#waiting.delete(ref)) return;
        reject(new CommandError({ code: 'ERR_TIMEOUT', message: 'qtchat did not answer', hint: 'Try again' }));
      }, answerTimeoutMs);
    });
  }

  /** Sends a command whose answer nobody waits for; whether it could be sent. */
  send(command: { readonly command: string } & Readonly<Record<string, unknown>>): boolean {
    if (!this.#isGreeted || this.#socket?.readyState !== WebSocket.OPEN) return false;
    this.#socket.send(JSON.stringify(command));
    return true;
  }

  /** Tries again now. */
  retry(): void {
    if (this.#timer === undefined) return;
    clearTimeout(this.#timer);
    this.#open();
  }

  #open(): void {
    this.#timer = undefined;
    if (this.#tries === 0) this.#options.onLink({ state: 'opening' });
    const socket = new WebSocket(this.#options.url);
    this.#socket = socket;
    socket.onmessage = ({ data }) => this.#take(JSON.parse(String(data)) as WireEvent | WireAnswer);
    socket.onclose = ({ code }) => this.#lose(code === goingAway);
  }

  #take(frame: WireEvent | WireAnswer): void {
    if (frame.event !== 'done' && frame.event !== 'error') {
      if (frame.event === 'hello') this.#greeted(frame.run);
      if (this.#isGreeted) this.#options.onEvent(frame);
      return;
    }
    const waiting = this.#waiting.get(frame.ref ?? '');
    if (waiting === undefined) return;
    this.#waiting.delete(frame.ref ?? '');
    if (frame.event === 'done') waiting.resolve(frame as never);
    else waiting.reject(new CommandError(frame as WireError));
  }

  /** Once the program has ended, others on this computer can listen on its port: nothing is heard from, or said to, them. */
  #greeted(run: string): void {
    this.#run ??= run;
    this.#isGreeted = run === this.#run;
    if (this.#isGreeted) {
      this.#tries = 0;
      this.#options.onLink({ state: 'open' });
    } else {
      this.#tries = probablyEnded;
      this.#socket?.close();
    }
  }

  #lose(saidGoodbye: boolean): void {
    for (const { reject } of this.#waiting.values()) reject(lostError());
    this.#waiting.clear();
    this.#isGreeted = false;
    const pauseMs = Math.min(shortestPauseMs * 2 ** this.#tries, longestPauseMs);
    this.#tries += 1;
    this.#timer = setTimeout(() => this.#open(), pauseMs);
    const hasEnded = saidGoodbye || this.#tries >= probablyEnded;
    this.#options.onLink({ state: 'lost', hasEnded, retryAtMs: Date.now() + pauseMs });
  }
}

/** What is said where the program is not there. */
export function lostError(): CommandError {
  const hint = 'It is tried again by itself; if it does not come back, start qtchat chat --web again';
  return new CommandError({ code: 'ERR_NETWORK', message: 'the connection to qtchat is lost', hint });
}
