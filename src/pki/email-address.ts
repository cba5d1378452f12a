/**
 * E-mail addresses in subjectAltName (`rfc822Name`, RFC 5280 §4.2.1.6): the Mailbox of RFC 5321
 * without its quoted and bracketed forms, which hardly any program compares alike.
 */
import { isQTChatError, QTChatError, quote } from '../errors.js';
import { parseDnsName, type SubjectAltName } from './subject-alt-name.js';

/** RFC 5321 §4.5.3.1.1, and erratum 1690 to RFC 3696 for the whole. */
const localPartLength = 64;
const addressLength = 254;

/** dot-atom (RFC 5322 §3.2.3). */
const localPart = /^[a-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*$/i;

/**
 * Turns one `--email` value into an `rfc822Name`: the part before the @ as typed, for its case counts,
 * the host behind it in lower-case A-labels (RFC 5280 §7.5).
 *
 * @param text - one address as typed; surrounding spaces and display names are an error
 * @throws {QTChatError} `ERR_PKI_SAN_INVALID`; the message quotes `text`
 */
export function parseEmailAddress(text: string): SubjectAltName {
  const at = text.lastIndexOf('@');
  if (at < 0) throw invalid(text, 'it has no @');
  const [local, host] = [text.slice(0, at), text.slice(at + 1)];
  if (/\P{ASCII}/u.test(local)) throw invalid(text, 'the part before the @ must be ASCII');
  if (!localPart.test(local) || local.length > localPartLength) {
    throw invalid(
      text,
      `the part before the @ must be letters, digits, signs and single dots, ${localPartLength} at most`,
    );
  }
  const value = `${local}@${hostOf(text, host)}`;
  if (value.length > addressLength) throw invalid(text, `it is longer than ${addressLength} characters`);
  return { type: 'email', value };
}

function hostOf(text: string, host: string): string {
  if (host.startsWith('*')) throw invalid(text, 'a wildcard has no mailbox');
  try {
    return parseDnsName(host).value;
  } catch (error) {
    if (!isQTChatError(error, 'ERR_PKI_SAN_INVALID')) throw error;
    throw invalid(text, `${quote(host)} is no DNS name`, error);
  }
}

function invalid(text: string, reason: string, cause?: unknown): QTChatError {
  return new QTChatError('ERR_PKI_SAN_INVALID', `${quote(text)} is no e-mail address: ${reason}`, {
    hint: 'Write it as in bob@example.org',
    cause,
  });
}
