/**
 * Noise_NNpsk0_25519_AESGCM_SHA256 of the Noise Protocol Framework, revision 34, on node:crypto:
 *
 *     -> psk, e
 *     <- e, ee
 *
 * Two parties that share a 32-octet key prove it to each other and get fresh transport keys. This
 * one pattern and suite only; no rekey, no out-of-order messages: the transport is one ordered stream.
 * Section numbers in comments are the specification's.
 */
import { createHash, createHmac, createPrivateKey, createPublicKey, diffieHellman, type KeyObject } from 'node:crypto';
import { QTChatError } from '../errors.js';
import { CipherState, noiseMessageLimitBytes, tagSizeBytes, unauthentic } from './noise-cipher.js';

/** The octets of either handshake message with an empty payload: an X25519 public key and a tag. */
export const handshakeMessageSizeBytes = 32 + tagSizeBytes;

// 32 octets long, so that section 5.2 takes it as the first hash unhashed.
const protocolName = Buffer.from('Noise_NNpsk0_25519_AESGCM_SHA256', 'latin1');
const empty = Buffer.alloc(0);

/** What {@link NoiseHandshake.split} hands over. */
export interface NoiseTransport {
  readonly send: CipherState;
  readonly receive: CipherState;
  /** 32 octets that both sides share and that never served as a key: the third HKDF output of Split. */
  readonly exportedKey: Buffer;
}

/** What a handshake starts from. */
export interface NoiseOptions {
  readonly role: 'initiator' | 'responder';
  /** Octets both sides must agree on; a difference makes the handshake fail. */
  readonly prologue: Uint8Array;
  /** The 32-octet shared key. */
  readonly psk: Uint8Array;
  /** 32 fresh random octets: the X25519 private key of this handshake alone. */
  readonly ephemeral: Uint8Array;
}

/**
 * One side of one handshake (section 5.3). The initiator writes, then reads; the responder reads,
 * then writes; then either splits. Anything out of turn, and anything after a failure, is
 * `ERR_NOISE_STATE`.
 */
export class NoiseHandshake {
  readonly #role: NoiseOptions['role'];
  readonly #psk: Buffer;
  readonly #ephemeral: KeyObject;
  readonly #ephemeralPublicKey: Buffer;
  #chainingKey: Buffer = protocolName;
  #hash: Buffer = protocolName;
  #cipher: CipherState | undefined;
  #remoteEphemeral: KeyObject | undefined;
  #next: 'first' | 'second' | 'split' | 'over' = 'first';

  constructor(options: NoiseOptions) {
    if (options.psk.length !== 32 || options.ephemeral.length !== 32) {
      throw new QTChatError('ERR_NOISE_STATE', 'a Noise psk and a Noise key are 32 octets each');
    }
    this.#role = options.role;
    this.#psk = Buffer.from(options.psk);
    this.#ephemeral = privateKeyOf(options.ephemeral);
    this.#ephemeralPublicKey = publicPartOf(this.#ephemeral);
    this.#mixHash(options.prologue);
  }

  /** This side's public key, 32 octets: what its message will begin with. */
  get ephemeralPublicKey(): Buffer {
    return Buffer.from(this.#ephemeralPublicKey);
  }

  /** The handshake hash (section 11.2): public, different for every handshake. */
  get handshakeHash(): Buffer {
    return Buffer.from(this.#hash);
  }

  /** Writes this side's one message. */
  writeMessage(payload: Uint8Array = empty): Buffer {
    const step = this.#begin('initiator');
    if (step === 'first') this.#mixKeyAndHash(this.#psk);
    const publicKey = this.#ephemeralPublicKey;
    this.#mixEphemeral(publicKey);
    if (step === 'second') this.#mixSharedSecret();
    const message = Buffer.concat([publicKey, this.#encryptAndHash(payload)]);
    this.#next = step === 'first' ? 'second' : 'split';
    return message;
  }

  /**
   * Reads the other side's one message.
   *
   * @returns its payload
   * @throws {QTChatError} `ERR_NOISE_AUTHENTICATION` when psk or prologue differ or an octet was changed
   */
  readMessage(message: Uint8Array): Buffer {
    const step = this.#begin('responder');
    if (message.length < handshakeMessageSizeBytes || message.length > noiseMessageLimitBytes) throw unauthentic();
    if (step === 'first') this.#mixKeyAndHash(this.#psk);
    const publicKey = message.subarray(0, 32);
    this.#remoteEphemeral = publicKeyOf(publicKey);
    this.#mixEphemeral(publicKey);
    if (step === 'second') this.#mixSharedSecret();
    const payload = this.#decryptAndHash(message.subarray(32));
    this.#next = step === 'first' ? 'second' : 'split';
    return payload;
  }

  /** Ends the handshake (Split, section 5.2) with a third HKDF output beside the two transport keys. */
  split(): NoiseTransport {
    if (this.#next !== 'split') throw outOfTurn();
    this.#next = 'over';
    const [first, second, exportedKey] = hkdf3(this.#chainingKey, empty);
    const toResponder = new CipherState(first);
    const toInitiator = new CipherState(second);
    return this.#role === 'initiator'
      ? { send: toResponder, receive: toInitiator, exportedKey }
      : { send: toInitiator, receive: toResponder, exportedKey };
  }

  // Whoever has this role acts on the first message, the other on the second. Until the action is
  // complete the handshake counts as over, so that a failure ends it.
  #begin(firstRole: NoiseOptions['role']): 'first' | 'second' {
    const step = this.#next;
    const expected = this.#role === firstRole ? 'first' : 'second';
    this.#next = 'over';
    if (step !== expected) throw outOfTurn();
    return step;
  }

  // Section 9.2: with a psk, the token "e" is followed by MixKey of the public key.
  #mixEphemeral(publicKey: Uint8Array): void {
    this.#mixHash(publicKey);
    this.#mixKey(publicKey);
  }

  #mixSharedSecret(): void {
    if (this.#remoteEphemeral === undefined) throw outOfTurn();
    try {
      this.#mixKey(diffieHellman({ privateKey: this.#ephemeral, publicKey: this.#remoteEphemeral }));
    } catch (cause) {
      // OpenSSL refuses public keys of small order, whose shared secret would be all zeros.
      throw unauthentic(cause);
    }
  }

  #mixHash(octets: Uint8Array): void {
    this.#hash = createHash('sha256').update(this.#hash).update(octets).digest();
  }

  #mixKey(inputKeyMaterial: Uint8Array): void {
    const [chainingKey, key] = hkdf2(this.#chainingKey, inputKeyMaterial);
    this.#chainingKey = chainingKey;
    this.#cipher = new CipherState(key);
  }

  #mixKeyAndHash(inputKeyMaterial: Uint8Array): void {
    const [chainingKey, hashInput, key] = hkdf3(this.#chainingKey, inputKeyMaterial);
    this.#chainingKey = chainingKey;
    this.#mixHash(hashInput);
    this.#cipher = new CipherState(key);
  }

  #encryptAndHash(plaintext: Uint8Array): Buffer {
    if (this.#cipher === undefined) throw outOfTurn();
    const ciphertext = this.#cipher.encrypt(plaintext, this.#hash);
    this.#mixHash(ciphertext);
    return ciphertext;
  }

  #decryptAndHash(ciphertext: Uint8Array): Buffer {
    if (this.#cipher === undefined) throw outOfTurn();
    const plaintext = this.#cipher.decrypt(ciphertext, this.#hash);
    this.#mixHash(ciphertext);
    return plaintext;
  }
}

// As JSON Web Keys (RFC 8037 §2): OpenSSL's decoder for DER takes longer than all of the handshake.
function privateKeyOf(octets: Uint8Array): KeyObject {
  // The public part must be a text, and is not looked at: OpenSSL makes it from the secret.
  const key = { kty: 'OKP', crv: 'X25519', d: Buffer.from(octets).toString('base64url'), x: '' };
  return createPrivateKey({ key, format: 'jwk' });
}

function publicPartOf(privateKey: KeyObject): Buffer {
  const { x = '' } = createPublicKey(privateKey).export({ format: 'jwk' });
  return Buffer.from(x, 'base64url');
}

function publicKeyOf(octets: Uint8Array): KeyObject {
  const key = { kty: 'OKP', crv: 'X25519', x: Buffer.from(octets).toString('base64url') };
  return createPublicKey({ key, format: 'jwk' });
}

// Section 4.3: HKDF with two outputs, and with three.
function hkdf2(chainingKey: Buffer, inputKeyMaterial: Uint8Array): [Buffer, Buffer] {
  return expand(hmac(chainingKey, inputKeyMaterial));
}

function hkdf3(chainingKey: Buffer, inputKeyMaterial: Uint8Array): [Buffer, Buffer, Buffer] {
  const temporaryKey = hmac(chainingKey, inputKeyMaterial);
  const [first, second] = expand(temporaryKey);
  return [first, second, hmac(temporaryKey, second, Buffer.from([3]))];
}

function expand(temporaryKey: Buffer): [Buffer, Buffer] {
  const first = hmac(temporaryKey, Buffer.from([1]));
  return [first, hmac(temporaryKey, first, Buffer.from([2]))];
}

function hmac(key: Buffer, ...octets: Uint8Array[]): Buffer {
  const mac = createHmac('sha256', key);
  for (const part of octets) mac.update(part);
  return mac.digest();
}

function outOfTurn(): QTChatError {
  return new QTChatError('ERR_NOISE_STATE', 'a Noise handshake step was taken out of turn');
}
