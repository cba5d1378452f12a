/** An error as one line for people: what is wrong, and what to do about it. Not escaped. */
import type { QTChatError } from '../../errors.js';

/** "nobody is called bob. See qtchat contacts list". */
export function describeError({ message, hint }: Pick<QTChatError, 'message' | 'hint'>): string {
  return hint === undefined ? message : `${message}. ${hint}`;
}
