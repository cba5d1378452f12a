/** Judges what is to be sent: in the outbox, what no peer takes would block all that follows. */
import { QTChatError, quote } from '../errors.js';
import { isReaction, maximumReactionBytes, maximumTextBytes } from '../protocol/messages.js';

/**
 * Judges a text.
 *
 * @throws {QTChatError} `ERR_USAGE` when it is empty or longer than 64 KiB
 */
export function checkText(text: string): void {
  if (text === '') throw new QTChatError('ERR_USAGE', 'a message holds one character at least');
  if (Buffer.byteLength(text, 'utf8') > maximumTextBytes) {
    throw new QTChatError('ERR_USAGE', `a message holds ${maximumTextBytes} octets at most`, { hint: 'Send a file' });
  }
}

/**
 * Judges a reaction; an empty one takes the former back.
 *
 * @throws {QTChatError} `ERR_USAGE`
 */
export function checkReaction(emoji: string): void {
  if (isReaction(emoji)) return;
  throw new QTChatError('ERR_USAGE', `${quote(emoji)} is no reaction`, {
    hint: `Give one emoji, or a word of ${maximumReactionBytes} octets at most`,
  });
}
