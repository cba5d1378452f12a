/** Refusals: strangers hear one and the same, the host's log hears the reason. */
import { type ErrorCode, isQTChatError, QTChatError } from '../src/errors.js';

// What a guest's own octets can lead to; anything else is the host's trouble.
const guestFaults: ReadonlySet<ErrorCode> = new Set([
  'ERR_NOISE_AUTHENTICATION',
  'ERR_PROTOCOL',
  'ERR_PKI_CSR_REFUSED',
  'ERR_PKI_KEY_INVALID',
  'ERR_PKI_KEY_TYPE',
  'ERR_LEDGER_NAME_TAKEN',
  'ERR_LEDGER_KEY_TAKEN',
]);

/** The error for a guest that does not get what it asks for; `reason` is for the host's log. */
export function refusal(reason: string, cause?: unknown): QTChatError {
  return new QTChatError('ERR_ENROLL_REFUSED', reason, { cause });
}

/** A guest's fault as a refusal that says in which enrolment; any other error as it is. */
export function asRefusal(error: unknown, enrollment: string | undefined): unknown {
  if (!isQTChatError(error)) return error;
  if (error.code !== 'ERR_ENROLL_REFUSED' && !guestFaults.has(error.code)) return error;
  return refusal(enrollment === undefined ? error.message : `${enrollment}: ${error.message}`, error);
}
