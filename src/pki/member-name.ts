/** Member names: how a person or machine is called inside its circle. */
import { QTChatError, quote } from '../errors.js';

/** A member name inside a larger regular expression. */
export const memberNamePattern = '[a-z0-9][a-z0-9._-]{0,62}';

const memberName = new RegExp(`^${memberNamePattern}$`);

/**
 * Checks a member name as typed; nothing is corrected.
 *
 * @throws {QTChatError} `ERR_PKI_NAME_INVALID`; the hint offers the nearest valid name
 */
export function parseMemberName(text: string): string {
  if (memberName.test(text)) return text;
  const nearest = memberNameFrom(text);
  throw new QTChatError(
    'ERR_PKI_NAME_INVALID',
    `${quote(text)} is no member name: expected 1 to 63 of a-z 0-9 . _ - beginning with a letter or digit`,
    { hint: nearest === undefined ? 'Choose a name such as alice' : `Try ${nearest}` },
  );
}

/** Tells whether `text` can be a member name. */
export function isMemberName(text: string): boolean {
  return memberName.test(text);
}

/** The nearest valid member name to a login name or common name; undefined when nothing of it is usable. */
export function memberNameFrom(text: string): string | undefined {
  const account = text.slice(text.lastIndexOf('\\') + 1); // Windows: DOMAIN\user
  const plain = account
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/[^a-z0-9._-]+/g, '-')
    .replace(/^[._-]+/, '')
    .slice(0, 63)
    .replace(/-+$/, '');
  return plain === '' ? undefined : plain;
}
