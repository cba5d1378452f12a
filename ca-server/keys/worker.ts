/** One thread that makes keys and locks them into .pfx files; see key-threads.ts. It keeps nothing. */
import { randomBytes } from 'node:crypto';
import { parentPort } from 'node:worker_threads';
import { type ErrorCode, isQTChatError } from '../../src/errors.js';
import { makeFreshKey } from '../../src/pki/fresh-key.js';
import type { KeyType } from '../../src/pki/key-type.js';
import { writePfx } from '../../src/pki/pfx.js';
import { poolRandom } from '../../src/pki/pooled-random.js';
import { SubjectPublicKey } from '../../src/pki/subject-public-key.js';
import type { LockOptions } from './key-maker.js';

/** A key as it passes between threads, which pass on no classes. */
export interface MadeKey {
  readonly spki: Uint8Array;
  /** Unencrypted, in DER. */
  readonly pkcs8: Uint8Array;
}

/** What a thread is asked for. */
export type KeyTask =
  | { readonly type: 'keys'; readonly keyType: KeyType; readonly count: number }
  | {
      readonly type: 'file';
      readonly key: MadeKey;
      readonly chain: readonly Uint8Array[];
      readonly options: LockOptions;
    };

/** What it answers, or why it does not. */
export type KeyAnswer =
  | { readonly keys: readonly MadeKey[] }
  | { readonly file: Uint8Array }
  | { readonly code: ErrorCode; readonly message: string; readonly hint: string | undefined };

const random = poolRandom(randomBytes);

async function answerTo(task: KeyTask): Promise<KeyAnswer> {
  if (task.type === 'keys') {
    const keys = await Promise.all(Array.from({ length: task.count }, () => makeFreshKey(task.keyType)));
    return { keys: keys.map(({ publicKey, pkcs8 }) => ({ spki: publicKey.der, pkcs8 })) };
  }
  const { key, chain, options } = task;
  const content = {
    key: { publicKey: SubjectPublicKey.parse(Buffer.from(key.spki)), pkcs8: Buffer.from(key.pkcs8) },
    chain: chain.map((der) => Buffer.from(der)),
  };
  return { file: await writePfx(content, { ...options, random }) };
}

parentPort?.on('message', ({ id, task }: { id: number; task: KeyTask }) => {
  const say = (answer: KeyAnswer): void => parentPort?.postMessage({ id, answer });
  answerTo(task).then(say, (error: unknown) => {
    const { code, message, hint } = isQTChatError(error)
      ? error
      : ({ code: 'ERR_INTERNAL', message: 'a key or its file could not be made', hint: undefined } as const);
    say({ code, message, hint });
  });
});
