/** How a batch ends when somebody presses Ctrl-C. */
import { QTChatError } from '../../errors.js';

/**
 * Goes on unless the batch was cancelled.
 *
 * @throws {QTChatError} `ERR_CANCELLED`
 */
export function refuseCancelled(signal: AbortSignal): void {
  if (signal.aborted) throw new QTChatError('ERR_CANCELLED', 'cancelled');
}
