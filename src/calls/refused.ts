/** The error for what breaks the rules of a call. */
import { QTChatError } from '../errors.js';

/** What a description or a candidate says that no call may have. */
export function refused(what: string): QTChatError {
  return new QTChatError('ERR_CALL_REFUSED', `the call was refused: ${what}`);
}
