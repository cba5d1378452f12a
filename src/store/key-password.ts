/**
 * The password of a private key while a program runs, for whoever has to write that key, or its successor, again. It is in
 * memory alone: nothing that prints, logs or serializes the object shows it.
 */
import { type KeyObject, randomBytes } from 'node:crypto';
import { encryptPrivateKey, privateKeyToPem, readPrivateKey } from '../pki/private-key.js';

/** A password, for sealing and opening keys. */
export class KeyPassword {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  /**
   * Opens a key file; one without a password opens too.
   *
   * @throws {QTChatError} `ERR_PASSWORD_WRONG`, `ERR_PKI_KEY_INVALID`
   */
  open(pem: string): Promise<KeyObject> {
    return readPrivateKey(pem, this.#text);
  }

  /** What {@link keyFileOf} writes. */
  seal(key: KeyObject): Promise<string> {
    return encryptPrivateKey(key, this.#text, { random: randomBytes });
  }
}

/** What the file of a key holds: PKCS #8 in PEM, encrypted where there is a password. */
export async function keyFileOf(key: KeyObject, password: KeyPassword | undefined): Promise<string> {
  return password === undefined ? privateKeyToPem(key) : password.seal(key);
}

/**
 * Reads the file of a key.
 *
 * @throws {QTChatError} `ERR_PASSWORD_REQUIRED` when it is encrypted and there is no password, `ERR_PASSWORD_WRONG`,
 *   `ERR_PKI_KEY_INVALID`
 */
export async function openKeyFile(pem: string, password: KeyPassword | undefined): Promise<KeyObject> {
  return password === undefined ? readPrivateKey(pem) : password.open(pem);
}
