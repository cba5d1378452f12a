/** A CA in the words of `ca init` and `ca show`. */
import type { X509Certificate } from 'node:crypto';
import { circleIdOf } from '../pki/circle.js';
import { keyTypeOf } from '../pki/key-type.js';
import { caKeyPath, type Home, rootPath } from '../store/home.js';

/** What `--json` says of a CA. */
export interface CaDescription {
  readonly name: string;
  readonly circleId: string;
  readonly keyType: string;
  readonly encrypted: boolean;
  readonly notBefore: string;
  readonly notAfter: string;
  /** SHA-256 of the root's DER, lower-case hex. */
  readonly fingerprintSha256: string;
  readonly keyPath: string;
  readonly rootPath: string;
}

/** Describes the CA of `home` by its root. */
export function describeCa(home: Home, root: X509Certificate, encrypted: boolean): CaDescription {
  return {
    name: commonNameOf(root),
    circleId: circleIdOf(root),
    keyType: keyTypeOf(root.publicKey) ?? 'unknown',
    encrypted,
    notBefore: new Date(root.validFrom).toISOString(),
    notAfter: new Date(root.validTo).toISOString(),
    fingerprintSha256: root.fingerprint256.replaceAll(':', '').toLowerCase(),
    keyPath: caKeyPath(home),
    rootPath: rootPath(home),
  };
}

// Node writes names with the escapes of RFC 2253: a backslash before the character, or before its hex digits.
function commonNameOf(root: X509Certificate): string {
  const escaped = /^CN=(.*)$/m.exec(root.subject)?.[1] ?? '';
  return escaped.replace(/\\(?:([0-9A-F]{2})|(.))/g, (_match, hex?: string, character?: string) =>
    hex === undefined ? (character ?? '') : String.fromCharCode(Number.parseInt(hex, 16)),
  );
}
