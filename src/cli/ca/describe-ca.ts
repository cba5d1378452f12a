/** A CA in the words of `ca init` and `ca show`. */
import type { X509Certificate } from 'node:crypto';
import { readCertificateFields } from '../../pki/certificate-fields.js';
import { circleIdOf } from '../../pki/circle.js';
import { issuingCertificate, rootCertificate } from '../../pki/issuer.js';
import { keyTypeOf } from '../../pki/key-type.js';
import { type NameSubtree, nameConstraintsOf } from '../../pki/name-constraints.js';
import { nameText } from '../../pki/name-text.js';
import { caKeyPath, type Home, intermediatePath, rootPath } from '../../store/home.js';

/** What `--json` says of a CA. */
export interface CaDescription {
  /** The root's common name; all of its name where it has none. */
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
  /** What issues in the root's place; null where the root does. */
  readonly intermediate: { readonly name: string; readonly notAfter: string; readonly path: string } | null;
  /** What it may certify; null for anything. */
  readonly nameConstraints: { readonly permitted: string[]; readonly excluded: string[] } | null;
}

/** Describes the CA of `home` by its certificates, the issuing one first, the root last. */
export function describeCa(home: Home, chain: readonly X509Certificate[], encrypted: boolean): CaDescription {
  const [issuing, root] = [issuingCertificate({ chain }), rootCertificate({ chain })];
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
    intermediate:
      issuing === root
        ? null
        : {
            name: commonNameOf(issuing),
            notAfter: new Date(issuing.validTo).toISOString(),
            path: intermediatePath(home),
          },
    nameConstraints: constraintsOf(issuing),
  };
}

/** One line for people; undefined where anything may be certified. */
export function constraintsLine({ nameConstraints }: CaDescription): string | undefined {
  if (nameConstraints === null) return undefined;
  const { permitted, excluded } = nameConstraints;
  const parts = [
    permitted.length > 0 && `only ${permitted.join(', ')}`,
    excluded.length > 0 && `not ${excluded.join(', ')}`,
  ];
  return parts.filter((part) => part !== false).join('; ');
}

function constraintsOf(issuing: X509Certificate): CaDescription['nameConstraints'] {
  const constraints = nameConstraintsOf(readCertificateFields(issuing));
  if (constraints === undefined) return null;
  const texts = (subtrees: readonly NameSubtree[]): string[] =>
    subtrees.map((subtree) => (subtree.type === 'other' ? 'other names' : `${subtree.type}:${subtree.value}`));
  return { permitted: texts(constraints.permitted), excluded: texts(constraints.excluded) };
}

/**
 * What a CA is called: its common name, or all of its name where it has none.
 *
 * Node writes names with the escapes of RFC 2253: a backslash before the character, or before its hex digits.
 */
export function commonNameOf(certificate: X509Certificate): string {
  const escaped = /^CN=(.*)$/m.exec(certificate.subject ?? '')?.[1];
  if (escaped === undefined) return nameText(readCertificateFields(certificate).subject);
  return escaped.replace(/\\(?:([0-9A-F]{2})|(.))/g, (_match, hex?: string, character?: string) =>
    hex === undefined ? (character ?? '') : String.fromCharCode(Number.parseInt(hex, 16)),
  );
}
