/**
 * One tab of the window over its WebSocket: what it is sent, in order, and what it asks. A tab that does not read, or does
 * not answer, is closed: it comes back and is told everything anew.
 */
import type { RawData, WebSocket } from 'ws';

/** What a {@link Tab} needs. */
export interface TabOptions {
  /** Takes what waits for nothing; whether a line was that. */
  readonly takeAtOnce: (line: string) => boolean;
  /** Carries out a command; resolves when the next one may come. */
  readonly take: (line: string, tab: Tab) => Promise<void>;
  readonly onGone: () => void;
  /** What lies between two pings; whoever has not answered the last one is gone. */
  readonly pingMs: number;
}

/** So much may wait to be read by it. */
const maximumWaitingBytes = 8 * 1024 * 1024;
/** Where so much waits, what the next moment makes worthless is left out. */
const fleetingBytes = 256 * 1024;
/** Commands that wait for those before them. */
const maximumCommands = 256;
/** https://www.rfc-editor.org/rfc/rfc6455#section-7.4.1 */
const closeCodes = { goingAway: 1001, unsupported: 1003, tooMuch: 1008 } as const;

/** One tab. */
export class Tab {
  readonly #socket: WebSocket;
  readonly #options: TabOptions;
  readonly #pinging: NodeJS.Timeout;
  /** What happened since it came, until it has been told how things stand. */
  #held: string[] | undefined = [];
  #heldBytes = 0;
  #work: Promise<void> = Promise.resolve();
  #commands = 0;
  #hasAnswered = true;

  constructor(socket: WebSocket, options: TabOptions) {
    this.#socket = socket;
    this.#options = options;
    socket.on('message', (data, isBinary) => this.#take(data, isBinary));
    socket.on('pong', () => {
      this.#hasAnswered = true;
    });
    // What breaks the rules of WebSockets ends it, and 'close' follows.
    socket.on('error', () => {});
    socket.once('close', () => {
      clearInterval(this.#pinging);
      options.onGone();
    });
    this.#pinging = setInterval(() => this.#ping(), options.pingMs);
  }

  /** Tells how things stand, which was found out after it had come; then what has happened since, and happens. */
  begin(hello: string): void {
    const held = this.#held ?? [];
    this.#held = undefined;
    this.send(hello);
    for (const line of held) this.send(line);
  }

  /**
   * Sends one event or answer.
   *
   * @param isFleeting - it may be left out where the tab is behind
   */
  send(line: string, isFleeting = false): void {
    if (this.#held !== undefined) {
      if (isFleeting) return;
      this.#heldBytes += line.length;
      this.#held.push(line);
      if (this.#heldBytes > maximumWaitingBytes) this.#socket.terminate();
      return;
    }
    const { bufferedAmount, readyState, OPEN } = this.#socket;
    if (readyState !== OPEN || (isFleeting && bufferedAmount > fleetingBytes)) return;
    if (bufferedAmount > maximumWaitingBytes) this.#socket.terminate();
    else this.#socket.send(line);
  }

  /** Closes it: the program ends. */
  close(): void {
    this.#socket.close(closeCodes.goingAway);
  }

  #take(data: RawData, isBinary: boolean): void {
    if (isBinary) {
      this.#socket.close(closeCodes.unsupported, 'text only');
      return;
    }
    const line = data.toString();
    if (this.#options.takeAtOnce(line)) return;
    if (this.#commands >= maximumCommands) {
      this.#socket.close(closeCodes.tooMuch, 'too many commands wait');
    } else {
      this.#commands += 1;
      this.#work = this.#work.then(() => this.#run(line));
    }
  }

  async #run(line: string): Promise<void> {
    await this.#options.take(line, this);
    this.#commands -= 1;
  }

  #ping(): void {
    if (this.#hasAnswered) this.#socket.ping();
    else this.#socket.terminate();
    this.#hasAnswered = false;
  }
}
