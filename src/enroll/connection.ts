/**
 * The guest's end of the one TCP connection of an enrolment: writes the constant heads, and takes
 * only the constant heads for an answer. Knows HTTP to that extent and no cryptography.
 *
 * The connection's end is the last word of an enrolment. The server sends a receipt and then waits a
 * moment for the guest to close: only that spends the invite. Whoever has the last message to check
 * can report on it only by something that has no octets to alter, so a guest who finds the receipt
 * altered keeps silent until the server gives up ({@link EnrollmentConnection.abandon}). A reset
 * would not do: many relays pass it on as an ordinary close. One who cuts the receipt off and closes
 * towards the server can spend an invite in vain, as one who cuts the line can; he gains nothing.
 */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { QTChatError, quote } from '../errors.js';
import { requestHead, responseHead, type Trip } from './http.js';
import type { Terms } from './terms.js';

/** How long to try one address. */
const connectTimeoutMs = 4_000;
/** How soon to ask whether a silent server is still there. */
const keepAliveMs = 15_000;
/** How long to wait for any one answer, unless people are asked. */
const answerTimeoutMs = 15_000;
/** How long to keep silent at most; longer than the server waits for the guest to close. */
const silenceMs = 6_000;
/** More than any answer with its head. */
const receivedLimitBytes = 64 * 1024;

/** An open connection to what may be an Auto CA. */
export class EnrollmentConnection {
  readonly #socket: Socket;
  readonly #server: string;
  readonly #terms: Terms;
  #received = Buffer.alloc(0);
  readonly #signal: AbortSignal | undefined;
  readonly #onAbort = (): void => this.close();
  #wake: () => void = () => {};

  private constructor(socket: Socket, server: string, terms: Terms, signal: AbortSignal | undefined) {
    this.#socket = socket;
    this.#server = server;
    this.#terms = terms;
    this.#signal = signal;
    signal?.addEventListener('abort', this.#onAbort);
    socket.once('close', () => signal?.removeEventListener('abort', this.#onAbort));
    socket.on('data', (chunk) => {
      // What exceeds the longest answer is wrong, however it goes on.
      if (this.#received.length <= receivedLimitBytes) this.#received = Buffer.concat([this.#received, chunk]);
      this.#wake();
    });
    for (const event of ['end', 'close', 'error']) socket.on(event, () => this.#wake());
  }

  /**
   * Connects to an Auto CA.
   *
   * @param terms - in whose words failures are told
   * @throws {QTChatError} `ERR_ENROLL_UNREACHABLE`, `ERR_CANCELLED`
   */
  static async open(host: string, port: number, terms: Terms, signal?: AbortSignal): Promise<EnrollmentConnection> {
    const server = `${quote(host)} port ${port}`;
    throwIfCancelled(signal);
    const socket = connect({ host, port, noDelay: true, keepAlive: true, keepAliveInitialDelay: keepAliveMs });
    const deadline = AbortSignal.timeout(connectTimeoutMs);
    try {
      await once(socket, 'connect', { signal: signal ? AbortSignal.any([signal, deadline]) : deadline });
    } catch (cause) {
      socket.on('error', () => {});
      socket.destroy();
      throwIfCancelled(signal);
      throw new QTChatError('ERR_ENROLL_UNREACHABLE', `no Auto CA answers at ${server}`, { hint: reachHint, cause });
    }
    return new EnrollmentConnection(socket, server, terms, signal);
  }

  /**
   * Makes one trip.
   *
   * @param timeoutMs - how long the answer may take
   * @returns the body of the answer
   * @throws {QTChatError} `ERR_ENROLL_TAMPERED` when the answer is not of the one known form,
   *   `ERR_ENROLL_REFUSED`, `ERR_ENROLL_BUSY`, `ERR_ENROLL_UNREACHABLE`
   */
  async exchange(trip: Trip, body: Buffer, timeoutMs: number = answerTimeoutMs): Promise<Buffer> {
    this.#socket.write(Buffer.concat([requestHead(trip.path, body.length), body]));
    const deadline = setTimeout(() => this.#socket.destroy(), timeoutMs);
    try {
      return await this.#readAnswer(trip);
    } finally {
      clearTimeout(deadline);
    }
  }

  /** From now on cancelling no longer closes the connection: its closing is about to mean something. */
  ignoreCancelling(): void {
    this.#signal?.removeEventListener('abort', this.#onAbort);
  }

  /** Closes in order, which tells the server that its last answer was received and kept. */
  async finish(): Promise<void> {
    this.#socket.end();
    await this.#closed();
    this.close();
  }

  /** Leaves without a word that could be taken for agreement; see the top of this file. */
  async abandon(): Promise<void> {
    if (!this.#socket.readableEnded) await this.#closed();
    this.close();
  }

  /** Closes at once. */
  close(): void {
    // Not resetAndDestroy(): beside a shutdown under way it makes Node 20 spin when the process ends.
    this.#socket.destroy();
  }

  async #readAnswer(trip: Trip): Promise<Buffer> {
    const forms = trip.responseSizesBytes.map((size) => ({ head: responseHead(size), size }));
    for (;;) {
      const received = this.#received;
      const form = forms.find(({ head }) => sharesStart(received, head));
      if (form === undefined) throw await this.#explain();
      const end = form.head.length + form.size;
      if (received.length > end) throw this.#tampered();
      if (received.length === end) {
        this.#received = Buffer.alloc(0);
        return received.subarray(form.head.length);
      }
      if (!(await this.#more())) throw this.#cutOff();
    }
  }

  // What is read here is not authenticated: it serves to word the failure, nothing else.
  async #explain(): Promise<QTChatError> {
    let isMore = true;
    while (isMore && this.#received.length < statusLineStart.length) isMore = await this.#more();
    const status = /^HTTP\/1\.1 (\d{3}) /.exec(this.#received.toString('latin1', 0, statusLineStart.length))?.[1];
    if (status === '403') {
      return new QTChatError('ERR_ENROLL_REFUSED', `the Auto CA refused: ${this.#terms.refused}`, {
        hint: this.#terms.afterRefusal,
      });
    }
    if (status === '429' || status === '503') {
      return new QTChatError('ERR_ENROLL_BUSY', `the Auto CA at ${this.#server} is busy`, {
        hint: `Try again in a minute; ${this.#terms.left}`,
      });
    }
    if (status === '500') {
      return new QTChatError('ERR_ENROLL_BUSY', `the Auto CA at ${this.#server} could not answer`, {
        hint: `Its host can see why in the log of autoca serve; try again in a minute: ${this.#terms.left}`,
      });
    }
    return this.#tampered();
  }

  async #more(): Promise<boolean> {
    const before = this.#received.length;
    while (this.#received.length === before) {
      if (this.#socket.destroyed || this.#socket.readableEnded) return false;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    return true;
  }

  async #closed(): Promise<void> {
    if (this.#socket.closed) return;
    await once(this.#socket, 'close', { signal: AbortSignal.timeout(silenceMs) }).catch(() => {});
  }

  #tampered(): QTChatError {
    return new QTChatError(
      'ERR_ENROLL_TAMPERED',
      `what came from ${this.#server} is not what an Auto CA sends: it was altered on the way, or something else listens there`,
      { hint: `Nothing was kept, and ${this.#terms.left}; try again, over another network if it repeats` },
    );
  }

  #cutOff(): QTChatError {
    return new QTChatError('ERR_ENROLL_UNREACHABLE', `${this.#server} closed the connection without an answer`, {
      hint: `Try again; ${this.#terms.left}`,
    });
  }
}

const statusLineStart = 'HTTP/1.1 200 ';
const reachHint = 'Check that the host runs qtchat autoca serve and that both of you are on the same network';

function throwIfCancelled(signal: AbortSignal | undefined): void {
  if (signal?.aborted === true) throw new QTChatError('ERR_CANCELLED', 'cancelled');
}

function sharesStart(one: Buffer, other: Buffer): boolean {
  const length = Math.min(one.length, other.length);
  return one.subarray(0, length).equals(other.subarray(0, length));
}
