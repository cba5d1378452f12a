/**
 * A statement by which a member's old key names its new one, so that whoever knows the old one may
 * go on with the new: signed by the old key, for one member of one circle.
 */
import { createHash, createPublicKey, type KeyObject, sign, verify } from 'node:crypto';
import { keyTypeOf } from './key-type.js';
import { signatureAlgorithmOf } from './signature-algorithm.js';
import { spkiOf } from './spki.js';

/** Whose keys they are. */
export interface KeyHolder {
  readonly circleId: string;
  readonly member: string;
}

/** The old key's word for the new one. */
export interface KeySuccession {
  /** SubjectPublicKeyInfo of the old key. */
  readonly formerSpki: Buffer;
  readonly signature: Buffer;
}

/**
 * Signs for `newKey` (public or private) with the old private key.
 *
 * @throws {QTChatError} `ERR_PKI_KEY_TYPE` for keys that are none of ours
 */
export function signSuccession(formerKey: KeyObject, newKey: KeyObject, holder: KeyHolder): KeySuccession {
  const formerSpki = spkiOf(formerKey);
  const statement = statementOf(formerSpki, spkiOf(newKey), holder);
  return { formerSpki, signature: sign(signatureAlgorithmOf(formerKey).digest, statement, formerKey) };
}

/** Tells whether the old key that is in the statement has signed for a new one; whose the old key is, it does not tell. */
export function verifiesSuccession(
  { formerSpki, signature }: KeySuccession,
  newSpki: Buffer,
  holder: KeyHolder,
): boolean {
  try {
    const formerKey = createPublicKey({ key: formerSpki, format: 'der', type: 'spki' });
    if (keyTypeOf(formerKey) === undefined) return false;
    const statement = statementOf(formerSpki, newSpki, holder);
    return verify(signatureAlgorithmOf(formerKey).digest, statement, formerKey, signature);
  } catch {
    // Whatever cannot be read says nothing.
    return false;
  }
}

/** Every part has one length, or is ended by a zero octet that it cannot hold: no two statements have the same octets. */
function statementOf(formerSpki: Buffer, newSpki: Buffer, { circleId, member }: KeyHolder): Buffer {
  const digests = [formerSpki, newSpki].map((spki) => createHash('sha256').update(spki).digest());
  return Buffer.concat([Buffer.from(`qtchat key succession\0${circleId}\0${member}\0`, 'utf8'), ...digests]);
}
