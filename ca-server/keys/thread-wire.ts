/** What passes between the server and a thread that makes keys: copies, since threads pass on no classes. */
import type { PlainError } from '../../src/errors.js';
import type { FreshKey } from '../../src/pki/fresh-key.js';
import type { KeyType } from '../../src/pki/key-type.js';
import { SubjectPublicKey } from '../../src/pki/subject-public-key.js';
import type { LockOptions } from './key-maker.js';

/** A key on its way. */
export interface WireKey {
  readonly spki: Uint8Array;
  /** Unencrypted, in DER. */
  readonly pkcs8: Uint8Array;
}

/** What a thread is asked for. */
export type KeyTask =
  | { readonly type: 'keys'; readonly keyType: KeyType; readonly count: number }
  | {
      readonly type: 'file';
      readonly key: WireKey;
      readonly chain: readonly Uint8Array[];
      readonly options: LockOptions;
    };

/** What it answers to a task: the keys, or the file. */
export type KeyAnswer<Task extends KeyTask = KeyTask> = Task extends { readonly type: 'keys' }
  ? readonly WireKey[]
  : Uint8Array;

/** Octets alone: of a Buffer, all that shares its memory would go along, other guests' keys among it. */
export function toWire(octets: Buffer): Uint8Array {
  return new Uint8Array(octets);
}

/** A key to send. */
export function keyToWire({ publicKey, pkcs8 }: FreshKey): WireKey {
  return { spki: toWire(publicKey.der), pkcs8: toWire(pkcs8) };
}

/** A key that was sent, and made not long before. */
export function keyFromWire({ spki, pkcs8 }: WireKey): FreshKey {
  return { publicKey: SubjectPublicKey.ofFreshSpki(Buffer.from(spki.buffer)), pkcs8: Buffer.from(pkcs8.buffer) };
}

/** What is posted to a thread, with a number that its answer repeats. */
export interface Post {
  readonly id: number;
  readonly task: KeyTask;
}

/** What it posts back. */
export type Reply = { readonly id: number } & ({ readonly answer: KeyAnswer } | { readonly error: PlainError });

/**
 * Posts what comes right one after the other in one piece: to wake a thread takes longer than most of what it does.
 *
 * @param post - posts a piece
 */
export function postTogether<Message>(post: (messages: readonly Message[]) => void): (message: Message) => void {
  let waiting: Message[] = [];
  return (message) => {
    waiting.push(message);
    if (waiting.length > 1) return;
    process.nextTick(() => {
      const all = waiting;
      waiting = [];
      post(all);
    });
  };
}
