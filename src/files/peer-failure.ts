/** What it means for us that the peer gave a transfer up, and how we come to hear of it. */
import { QTChatError } from '../errors.js';
import type { FailureReason } from '../protocol/messages.js';
import { failureOf, type Transfer } from './transfer.js';

const reasonTimeoutMs = 1_000;

/** A peer that gives a file up closes its connection and says why over the other one: that may come later. */
export async function hearWhy(signal: AbortSignal, failure: QTChatError): Promise<QTChatError> {
  if (!signal.aborted) {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, reasonTimeoutMs);
      signal.addEventListener('abort', () => resolve(clearTimeout(timer)), { once: true });
    });
  }
  return signal.aborted ? failureOf(signal.reason) : failure;
}

/** The error that it is for us. */
export function peerFailure({ direction }: Transfer, reason: FailureReason): QTChatError {
  const code = {
    broken: 'ERR_FILE_INTERRUPTED',
    // Whoever sends wants to know that it was refused; whoever receives has nothing to do about it.
    cancelled: direction === 'in' ? 'ERR_CANCELLED' : 'ERR_FILE_DECLINED',
    digest: 'ERR_FILE_DIGEST',
    storage: 'ERR_FILE_FAILED',
  } as const;
  return new QTChatError(code[reason], `the peer gave the file up: ${failureTexts[reason]}`);
}

const failureTexts: Readonly<Record<FailureReason, string>> = {
  cancelled: 'it was cancelled',
  broken: 'the connection broke',
  digest: 'what arrived is not what was to be sent',
  storage: 'it could not be stored or read',
};
