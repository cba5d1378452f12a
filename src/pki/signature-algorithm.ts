/** Signature algorithms. A CA key makes one kind: always SHA-256, except Ed25519, which has a hash of its own (RFC 5758, RFC 4055, RFC 8410). */
import type { KeyObject } from 'node:crypto';
import { QTChatError } from '../errors.js';
import { derNull, derOid, derSequence } from './der.js';
import { keyTypeOf } from './key-type.js';
import { oids } from './oids.js';

/** A signature algorithm as certificates and node:crypto name it. */
export interface SignatureAlgorithm {
  /** The complete AlgorithmIdentifier. */
  readonly identifier: Buffer;
  /** The digest for crypto.sign; null where the algorithm has its own. */
  readonly digest: 'sha256' | null;
}

const ecdsa: SignatureAlgorithm = { identifier: derSequence(derOid(oids.ecdsaWithSha256)), digest: 'sha256' };
const ed25519: SignatureAlgorithm = { identifier: derSequence(derOid(oids.ed25519)), digest: null };
const rsa: SignatureAlgorithm = { identifier: derSequence(derOid(oids.sha256WithRsa), derNull), digest: 'sha256' };

/**
 * The algorithm with which `key` (private or public) signs.
 *
 * @throws {QTChatError} `ERR_PKI_KEY_TYPE` for keys that are none of ours
 */
export function signatureAlgorithmOf(key: KeyObject): SignatureAlgorithm {
  switch (keyTypeOf(key)) {
    case 'p256':
    case 'p384':
      return ecdsa;
    case 'ed25519':
      return ed25519;
    case 'rsa2048':
    case 'rsa3072':
    case 'rsa4096':
      return rsa;
    case undefined:
      throw new QTChatError('ERR_PKI_KEY_TYPE', 'the CA key is of a kind that QTChat does not sign with', {
        hint: 'Use P-256, P-384, Ed25519 or RSA with 2048, 3072 or 4096 bits',
      });
  }
}

/** Signatures that count for something, by OID, with the kind of key that makes them. */
const signatures: Readonly<Record<string, { keyType: string; digest: string | null }>> = {
  [oids.ecdsaWithSha256]: { keyType: 'ec', digest: 'sha256' },
  [oids.ecdsaWithSha384]: { keyType: 'ec', digest: 'sha384' },
  [oids.ecdsaWithSha512]: { keyType: 'ec', digest: 'sha512' },
  [oids.sha256WithRsa]: { keyType: 'rsa', digest: 'sha256' },
  [oids.sha384WithRsa]: { keyType: 'rsa', digest: 'sha384' },
  [oids.sha512WithRsa]: { keyType: 'rsa', digest: 'sha512' },
  [oids.ed25519]: { keyType: 'ed25519', digest: null },
};

/** The digest for crypto.verify of a signature found with algorithm `oid`; undefined when it is too weak, unknown, or not of `key`'s kind. */
export function signatureDigestOf(oid: string, key: KeyObject): string | null | undefined {
  const known = signatures[oid];
  return known?.keyType === key.asymmetricKeyType ? known?.digest : undefined;
}
