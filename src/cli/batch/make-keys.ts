/** Makes the keys of a batch. Those that take long are made by OpenSSL's threads, several at a time. */
import { availableParallelism } from 'node:os';
import { type FreshKey, makeFreshKey } from '../../pki/fresh-key.js';
import type { KeyType } from '../../pki/key-type.js';
import { refuseCancelled } from './cancelled.js';

/** How keys are made. */
export interface KeyMaking {
  readonly signal: AbortSignal;
  /** Told how many keys are made, whenever one is. */
  readonly progress: (done: number) => void;
}

/**
 * Makes `count` keys.
 *
 * @throws {QTChatError} `ERR_CANCELLED`
 */
export async function makeKeys(count: number, type: KeyType, { signal, progress }: KeyMaking): Promise<FreshKey[]> {
  const keys: FreshKey[] = [];
  let begun = 0;
  const work = async (): Promise<void> => {
    while (begun < count) {
      begun += 1;
      refuseCancelled(signal);
      keys.push(await makeFreshKey(type));
      progress(keys.length);
      // Keys on a curve are made at once; whoever pressed Ctrl-C should not wait for all of them.
      if (keys.length % 256 === 0) await new Promise(setImmediate);
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, work));
  return keys;
}
