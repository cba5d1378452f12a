/**
 * Enrollment over Secure Transport (EST, RFC 7030), as far as both sides of it here must agree: where it
 * is, and the credentials by which a device without a certificate asks for its first.
 */
import { hkdfSync } from 'node:crypto';

/** Where all of it is, on the port for members. */
export const estRoot = '/.well-known/est';

/** The address of each operation. */
export const estPaths = {
  cacerts: `${estRoot}/cacerts`,
  csrattrs: `${estRoot}/csrattrs`,
  simpleenroll: `${estRoot}/simpleenroll`,
  simplereenroll: `${estRoot}/simplereenroll`,
  serverkeygen: `${estRoot}/serverkeygen`,
} as const;

const passwordSizeBytes = 16;

/**
 * A fresh one-time password of 128 random bits: 22 letters, digits, `-` and `_`. It is far too long to be guessed, so
 * wrong ones need not be counted, and a stranger cannot spend it by trying.
 */
export function drawEstPassword(random: (size: number) => Buffer): string {
  return random(passwordSizeBytes).toString('base64url');
}

/** What the ledger keeps of a password: 32 octets, from which it does not follow. A salted slow hash is for short ones. */
export function estKey({ id, password }: { readonly id: string; readonly password: string }): Buffer {
  return Buffer.from(hkdfSync('sha256', password, id, 'qtchat est password', 32));
}
