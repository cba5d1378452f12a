/**
 * How a member is known on the local network to those who know the circle, and to nobody else: an announcement holds
 * this tag in place of a name. It changes with the random name under which it is announced, so that nobody is
 * recognized the next time either.
 */
import { createHmac, timingSafeEqual, type X509Certificate } from 'node:crypto';
import { spkiDigest } from '../pki/circle.js';

const tagSizeBytes = 16;

/**
 * The tag of `member` in an announcement.
 *
 * @param root - the circle's
 * @param name - under which it is announced
 */
export function lanTag(root: X509Certificate, name: string, member: string): string {
  const text = `qtchat lan\0${name}\0${member}`;
  return createHmac('sha256', spkiDigest(root)).update(text).digest().subarray(0, tagSizeBytes).toString('hex');
}

/** Tells whether an announcement under `name` that says `said` is one of `member`. Anybody can repeat what was said. */
export function isTagOf(said: unknown, root: X509Certificate, name: string, member: string): boolean {
  const expected = Buffer.from(lanTag(root, name, member));
  const given = Buffer.from(typeof said === 'string' ? said : '');
  return given.length === expected.length && timingSafeEqual(given, expected);
}
