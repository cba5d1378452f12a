/**
 * A public key as it stands in certificates, checked once: whoever has one of these need not ask
 * OpenSSL again, which takes longer to read or write a key than to sign with it.
 */
import { createPublicKey, ECDH, type KeyObject } from 'node:crypto';
import { QTChatError } from '../errors.js';
import { DerError } from './der-reader.js';
import { type KeyType, keyTypeOfSpki } from './key-type.js';
import { readSpki, spkiPrefix } from './read-spki.js';
import { identifierOfSpki, spkiOf } from './spki.js';

/** The curves' names in OpenSSL. */
export const curveNames = { p256: 'prime256v1', p384: 'secp384r1' } as const;

const known = new WeakMap<KeyObject, SubjectPublicKey>();

/** A key of one of our kinds, in the one encoding of its kind, its point on its curve. */
export class SubjectPublicKey {
  readonly keyType: KeyType;
  /** SubjectPublicKeyInfo; not to be written to. */
  readonly der: Buffer;
  #identifier: Buffer | undefined;
  #keyObject: KeyObject | undefined;

  private constructor(keyType: KeyType, der: Buffer) {
    this.keyType = keyType;
    this.der = der;
  }

  /**
   * Reads a key from anywhere.
   *
   * @param der - SubjectPublicKeyInfo; copied
   * @throws {QTChatError} `ERR_PKI_KEY_TYPE` when it is too weak, of another kind, or not encoded as RFC 5480
   *   and RFC 3279 ask for
   */
  static parse(der: Buffer): SubjectPublicKey {
    return reading(() => {
      const content = readSpki(der);
      if ('point' in content) refuseStrayPoint(content.point, curveNames[content.kind]);
      return new SubjectPublicKey(supportedKeyType(content), Buffer.from(der));
    });
  }

  /**
   * The public part of a key.
   *
   * @throws {QTChatError} as {@link parse}
   */
  static of(key: KeyObject): SubjectPublicKey {
    const before = known.get(key);
    if (before !== undefined) return before;
    const publicKey = SubjectPublicKey.parse(spkiOf(key));
    known.set(key, publicKey);
    return publicKey;
  }

  /** A key from the uncompressed point that OpenSSL has just made: that it is on its curve is not asked again. */
  static ofFreshPoint(keyType: 'p256' | 'p384', point: Buffer): SubjectPublicKey {
    return new SubjectPublicKey(keyType, Buffer.concat([spkiPrefix(keyType), point]));
  }

  /** The same from SubjectPublicKeyInfo of a key of any kind that OpenSSL has just made; not copied. */
  static ofFreshSpki(der: Buffer): SubjectPublicKey {
    return reading(() => new SubjectPublicKey(supportedKeyType(readSpki(der)), der));
  }

  /** Only RSA keys can encrypt other keys. */
  get isRsa(): boolean {
    return this.keyType.startsWith('rsa');
  }

  /** The SHA-1 by which certificates refer to the key (RFC 5280 §4.2.1.2, method 1); it protects nothing. Not to be written to. */
  get identifier(): Buffer {
    this.#identifier ??= identifierOfSpki(this.der);
    return this.#identifier;
  }

  /** The key for node:crypto. */
  get keyObject(): KeyObject {
    if (this.#keyObject === undefined) {
      this.#keyObject = createPublicKey({ key: this.der, format: 'der', type: 'spki' });
      known.set(this.#keyObject, this);
    }
    return this.#keyObject;
  }

  /** Tells whether it is the same key. */
  equals(other: SubjectPublicKey): boolean {
    return this.der.equals(other.der);
  }
}

function reading<Key>(read: () => Key): Key {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof DerError)) throw error;
    throw new QTChatError('ERR_PKI_KEY_TYPE', `the public key ${error.message}`, { cause: error });
  }
}

function supportedKeyType(content: ReturnType<typeof readSpki>): KeyType {
  const keyType = keyTypeOfSpki(content);
  if (keyType === undefined) throw new DerError('is too weak, or of a size or exponent that is not supported');
  return keyType;
}

function refuseStrayPoint(point: Buffer, curve: string): void {
  try {
    ECDH.convertKey(point, curve);
  } catch (error) {
    throw new DerError('is no point of its curve', { cause: error });
  }
}
