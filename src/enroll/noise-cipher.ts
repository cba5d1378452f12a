/**
 * The encryption of Noise messages: AESGCM of revision 34, one key and one counter for each direction.
 * The handshake that agrees on the keys is in noise.ts. Section numbers are the specification's.
 */
import { createCipheriv, createDecipheriv } from 'node:crypto';
import { QTChatError } from '../errors.js';

/** The octets that encryption adds to a plaintext. */
export const tagSizeBytes = 16;
/** The most octets of any one Noise message (section 3). */
export const noiseMessageLimitBytes = 65_535;

const empty = Buffer.alloc(0);

/** One direction's key and nonce (section 5.1): every call uses the next nonce, beginning at 0. */
export class CipherState {
  readonly #key: Buffer;
  #nonce = 0n;

  constructor(key: Buffer) {
    this.#key = key;
  }

  /** @returns ciphertext and tag, {@link tagSizeBytes} longer than `plaintext` */
  encrypt(plaintext: Uint8Array, associatedData: Uint8Array = empty): Buffer {
    if (plaintext.length + tagSizeBytes > noiseMessageLimitBytes) {
      throw new QTChatError('ERR_NOISE_STATE', `a Noise message holds at most ${noiseMessageLimitBytes} octets`);
    }
    const cipher = createCipheriv('aes-256-gcm', this.#key, this.#nextNonce(), { authTagLength: tagSizeBytes });
    cipher.setAAD(associatedData);
    return Buffer.concat([cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]);
  }

  /** @throws {QTChatError} `ERR_NOISE_AUTHENTICATION` unless the other side encrypted exactly this, as its next message */
  decrypt(ciphertext: Uint8Array, associatedData: Uint8Array = empty): Buffer {
    if (ciphertext.length < tagSizeBytes || ciphertext.length > noiseMessageLimitBytes) throw unauthentic();
    const tagAt = ciphertext.length - tagSizeBytes;
    const decipher = createDecipheriv('aes-256-gcm', this.#key, this.#nextNonce(), { authTagLength: tagSizeBytes });
    decipher.setAAD(associatedData);
    decipher.setAuthTag(ciphertext.subarray(tagAt));
    const plaintext = decipher.update(ciphertext.subarray(0, tagAt));
    try {
      return Buffer.concat([plaintext, decipher.final()]);
    } catch (cause) {
      throw unauthentic(cause);
    }
  }

  // Section 12.4: 32 zero bits, then the counter, big-endian. 2^64 - 1 is reserved.
  #nextNonce(): Buffer {
    if (this.#nonce === 2n ** 64n - 1n) throw new QTChatError('ERR_NOISE_STATE', 'a Noise key was used too often');
    const nonce = Buffer.alloc(12);
    nonce.writeBigUInt64BE(this.#nonce, 4);
    this.#nonce += 1n;
    return nonce;
  }
}

/** The error for whatever the other side cannot have sent. */
export function unauthentic(cause?: unknown): QTChatError {
  return new QTChatError(
    'ERR_NOISE_AUTHENTICATION',
    'the message is not what the other side sent, or not for this key',
    {
      cause,
    },
  );
}
