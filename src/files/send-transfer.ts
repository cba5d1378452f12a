/** How a file that was taken is sent over its stream. */
import type { Duplex } from 'node:stream';
import { QTChatError } from '../errors.js';
import type { Arrival } from './file-events.js';
import { ServeCrew } from './serve-crew.js';
import { blockCounts, serveRanges } from './serve-ranges.js';
import { closeInOrder } from './stream-end.js';
import { type OnProgress, type OutgoingTransfer, proofOf } from './transfer.js';

/**
 * Serves the file, and waits until the receiver says that it has it.
 *
 * @param doneBytes - what the receiver says that it has already
 * @param receiverTimeoutMs - how long the receiver may take to compare and store before it asks on, or says that all is there
 * @throws {QTChatError} `ERR_FILE_INTERRUPTED`, `ERR_FILE_FAILED`, `ERR_PROTOCOL`, and as `Source`
 */
export async function sendTransfer(
  transfer: OutgoingTransfer,
  stream: Duplex,
  options: { doneBytes: number; receiverTimeoutMs: number; onProgress: OnProgress },
): Promise<Arrival> {
  const { source, outgoing, controller, hold } = transfer;
  const { receiverTimeoutMs, onProgress } = options;
  let { doneBytes } = options;
  const confirmation = new Promise<void>((resolve) => {
    transfer.received = resolve;
  });
  let timer: NodeJS.Timeout | undefined;
  const onServed = (sizeBytes: number): void => {
    outgoing.vainAttempts = 0;
    doneBytes = Math.min(doneBytes + sizeBytes, source.sizeBytes);
    onProgress(doneBytes);
  };
  const reader = await source.open();
  const serve = (one: Duplex, blockCount: number): Promise<void> =>
    serveRanges(source, reader, one, { receiverTimeoutMs, hold, onServed, blockCount });
  const crew = new ServeCrew((one) => serve(one, blockCounts.further));
  transfer.crew = crew;
  try {
    const served = serve(stream, blockCounts.first);
    served.catch(() => {});
    await Promise.race([confirmation, served, crew.failure]);
    const refusal = new Promise<never>((_, reject) => {
      const late = new QTChatError('ERR_FILE_FAILED', 'the peer did not say that it has the file');
      timer = setTimeout(() => reject(late), receiverTimeoutMs);
      controller.signal.addEventListener('abort', () => reject(controller.signal.reason), { once: true });
      if (controller.signal.aborted) reject(controller.signal.reason);
    });
    await Promise.race([confirmation, refusal]);
    closeInOrder(stream);
    return proofOf(source);
  } finally {
    clearTimeout(timer);
    transfer.crew = undefined;
    crew.end();
    await reader.close();
  }
}
