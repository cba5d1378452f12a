/** Writes long results piece by piece, as fast as their reader takes them, so that they need no memory. */
import { QTChatError } from '../errors.js';
import type { Deps, Output } from './deps.js';

/**
 * Writes every piece to `output`; whoever has stopped reading is left in peace.
 *
 * @throws {QTChatError} `ERR_CANCELLED` when the signal aborts, and what producing the pieces throws
 */
export async function writeOut(
  output: Output,
  pieces: AsyncIterable<string>,
  { signal }: Pick<Deps, 'signal'>,
): Promise<void> {
  for await (const piece of pieces) {
    if (signal.aborted) throw new QTChatError('ERR_CANCELLED', 'cancelled: not everything was written');
    if (!output.writable) return;
    if (!output.write(piece)) await drained(output, signal);
  }
}

function drained(output: Output, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      output.off('drain', done).off('close', done).off('error', done);
      signal.removeEventListener('abort', done);
      resolve();
    };
    output.once('drain', done).once('close', done).once('error', done);
    signal.addEventListener('abort', done, { once: true });
    if (signal.aborted) done();
  });
}
