/** How a file connection ends: in order, broken, or given up because nothing moves. */
import type { Duplex } from 'node:stream';
import { QTChatError } from '../errors.js';
import type { Hold } from './hold.js';

/** Breaks a stream off on which nothing moves for so long, unless nothing is meant to. */
export class Watchdog {
  readonly #timer: NodeJS.Timeout;

  constructor(stream: Duplex, timeoutMs: number, hold: Hold) {
    this.#timer = setTimeout(() => {
      if (hold.isOn) this.feed();
      else stream.destroy(new QTChatError('ERR_FILE_INTERRUPTED', `nothing moved for ${timeoutMs / 1000} seconds`));
    }, timeoutMs);
  }

  feed(): void {
    this.#timer.refresh();
  }

  stop(): void {
    clearTimeout(this.#timer);
  }
}

/** Why a stream ended before its work was done: what is known of it, or that it broke. */
export function broken(cause: unknown): QTChatError {
  if (cause instanceof QTChatError) return cause;
  return new QTChatError('ERR_FILE_INTERRUPTED', 'the file connection broke', { cause });
}

/** Ends our side. Reading on is what lets the stream notice that the other side has closed as well. */
export function closeInOrder(stream: Duplex): void {
  stream.end();
  stream.resume();
}
