/**
 * Reads the keyboard of a terminal. Raw mode, bracketed paste and focus reports are switched on and off by the caller.
 *
 * Not `readline.emitKeypressEvents`: it takes neither focus reports nor answers of the terminal for what they are,
 * and types the rest of them.
 */
import type { Readable } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';
import type { TerminalEvent } from './key-events.js';
import { type Awaited, KeyParser } from './key-parser.js';

/** Where keys come from, and who is told. */
export interface ReadKeysOptions {
  /** The terminal; its text in UTF-8. */
  readonly input: Readable;
  readonly report: (event: TerminalEvent) => void;
  /** How long Escape waits for what may follow it, in milliseconds; 50 if not given. */
  readonly escapeMs?: number;
  /** How long a paste or an answer that has begun waits for its next piece, in milliseconds; 2000 if not given. */
  readonly pieceMs?: number;
}

/**
 * Reports every key, paste, change of focus and answer, in order.
 *
 * A paste whose end never comes is reported as it is after a pause, so that the keyboard always works again.
 *
 * @returns stops reading; what has begun is forgotten. The stream is left flowing and open
 */
export function readKeys({ input, report, escapeMs = 50, pieceMs = 2000 }: ReadKeysOptions): () => void {
  const parser = new KeyParser();
  const decoder = new StringDecoder('utf8');
  const waits: Readonly<Record<Exclude<Awaited, 'nothing'>, number>> = { key: escapeMs, sequence: pieceMs };
  let timer: NodeJS.Timeout | undefined;
  let pending: NodeJS.Immediate | undefined;
  let isStopped = false;

  const tell = (events: readonly TerminalEvent[]): void => {
    for (const event of events) if (!isStopped) report(event);
  };
  const end = (): void => tell(parser.end());
  // Timers come before sockets in a busy program: what is already there is read first.
  const endSoon = (): void => {
    pending = setImmediate(end);
  };
  const wait = (durationMs: number): void => {
    timer = setTimeout(endSoon, durationMs);
  };
  const stopWaiting = (): void => {
    clearTimeout(timer);
    clearImmediate(pending);
  };
  const take = (chunk: Buffer | string): void => {
    stopWaiting();
    tell(parser.push(typeof chunk === 'string' ? chunk : decoder.write(chunk)));
    const { awaited } = parser;
    if (awaited !== 'nothing' && !isStopped) wait(waits[awaited]);
  };
  const finish = (): void => {
    stopWaiting();
    end();
  };

  input.on('data', take);
  input.on('end', finish);
  return () => {
    isStopped = true;
    stopWaiting();
    input.off('data', take);
    input.off('end', finish);
  };
}
