/**
 * The home key: 32 random octets in `store/home.key`, with which history is encrypted at rest. It
 * keeps texts out of backups and search indexes that take the database but not the key, and it
 * binds every record to its place; it does not protect from one who reads the whole home.
 */
import { createCipheriv, createDecipheriv } from 'node:crypto';
import { join } from 'node:path';
import { isQTChatError, QTChatError, quote } from '../errors.js';
import { poolRandom } from '../pki/pooled-random.js';
import { type Home, storeFolder } from './home.js';
import { createFolder, readPrivateFile, writeFileSafely } from './private-file.js';

const keyBytes = 32;
const nonceBytes = 12;
const tagBytes = 16;
const cipher = 'aes-256-gcm';

/** Seals records so that each opens only in the place it was sealed for. */
export class RecordCipher {
  readonly #key: Buffer;
  readonly #random: (size: number) => Buffer;

  constructor(key: Buffer, random: (size: number) => Buffer) {
    this.#key = key;
    // Nonces are no secret, and there is one for every record.
    this.#random = poolRandom(random);
  }

  /**
   * Encrypts and authenticates `text` (AES-256-GCM, a random nonce of 96 bits: good for 2^32 records).
   *
   * @param place - table, row and conversation; needed again to open it
   */
  seal(text: string, place: readonly string[]): Buffer {
    const nonce = this.#random(nonceBytes);
    const sealing = createCipheriv(cipher, this.#key, nonce).setAAD(octetsOf(place));
    return Buffer.concat([nonce, sealing.update(text, 'utf8'), sealing.final(), sealing.getAuthTag()]);
  }

  /**
   * Opens what {@link seal} made.
   *
   * @throws {QTChatError} `ERR_STORE_DAMAGED` when it was altered, moved, or sealed by another key
   */
  open(sealed: Buffer, place: readonly string[]): string {
    try {
      const opening = createDecipheriv(cipher, this.#key, sealed.subarray(0, nonceBytes), { authTagLength: tagBytes });
      opening.setAAD(octetsOf(place)).setAuthTag(sealed.subarray(-tagBytes));
      const text = opening.update(sealed.subarray(nonceBytes, -tagBytes));
      return Buffer.concat([text, opening.final()]).toString('utf8');
    } catch (error) {
      throw new QTChatError(
        'ERR_STORE_DAMAGED',
        `a record of ${quote(place[0] ?? '')} does not open with the home key`,
        {
          hint: 'Restore store/home.key and store/conversation.db from the same backup',
          cause: error,
        },
      );
    }
  }
}

// A list has one JSON form, so two places can never read the same.
function octetsOf(place: readonly string[]): Buffer {
  return Buffer.from(JSON.stringify(place), 'utf8');
}

/**
 * Opens the home key, making it at the first call; of two processes that do so at once, both get
 * the same.
 *
 * @throws {QTChatError} `ERR_STORE_PERMISSIONS` when others can read it, `ERR_STORE_DAMAGED` when it
 *   is no key, `ERR_STORE_UNWRITABLE`
 */
export async function openHomeKey(home: Home, deps: { random: (size: number) => Buffer }): Promise<RecordCipher> {
  const path = join(storeFolder(home), 'home.key');
  const text = (await readKey(path)) ?? (await makeKey(home, path, deps.random));
  const key = Buffer.from(text.trim(), 'base64');
  if (key.length !== keyBytes) {
    throw new QTChatError('ERR_STORE_DAMAGED', `${quote(path)} does not hold a home key of ${keyBytes} octets`, {
      hint: 'Restore it from a backup; without it the history cannot be read',
    });
  }
  return new RecordCipher(key, deps.random);
}

async function makeKey(home: Home, path: string, random: (size: number) => Buffer): Promise<string> {
  await createFolder(storeFolder(home));
  try {
    const text = `${random(keyBytes).toString('base64')}\n`;
    await writeFileSafely(path, text, { mode: 0o600, existing: 'refuse' });
    return text;
  } catch (error) {
    const made = isQTChatError(error, 'ERR_STORE_EXISTS') ? await readKey(path) : undefined;
    if (made === undefined) throw error;
    return made;
  }
}

async function readKey(path: string): Promise<string | undefined> {
  try {
    return await readPrivateFile(path);
  } catch (error) {
    if (isQTChatError(error, 'ERR_STORE_NOT_FOUND')) return undefined;
    throw error;
  }
}
