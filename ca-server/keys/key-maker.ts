/**
 * Makes the keys of guests that make none, and locks them into .pfx files. Here is the form that does so in this
 * thread; key-threads.ts does it in others, so that the one that serves everybody goes on.
 */
import { type FreshKey, makeFreshKey } from '../../src/pki/fresh-key.js';
import type { KeyType } from '../../src/pki/key-type.js';
import { type PfxOptions, writePfx } from '../../src/pki/pfx.js';
import { KeyPool } from './key-pool.js';

/** What is locked into a file. */
export interface LockedContent {
  readonly key: FreshKey;
  /** DER, the key's own certificate first. */
  readonly chain: readonly Buffer[];
}

/** How a file is locked; salts are drawn where it is made. */
export type LockOptions = Omit<PfxOptions, 'random'>;

/** Makes keys of one kind. A private key is in memory until its file is made, and nowhere else. */
export interface KeyMaker {
  /** A fresh key. */
  makeKey(): Promise<FreshKey>;
  /**
   * Locks a key with its certificates into a .pfx file.
   *
   * @throws {QTChatError} what `writePfx` throws
   */
  lock(content: LockedContent, options: LockOptions): Promise<Buffer>;
  close(): Promise<void>;
}

/** Makes keys of a kind in this thread. */
export function keysHere(type: KeyType, random: (size: number) => Buffer): KeyMaker {
  const pool = new KeyPool(type, async (count) => Promise.all(Array.from({ length: count }, () => makeFreshKey(type))));
  return {
    makeKey: () => pool.take(),
    lock: (content, options) => writePfx(content, { ...options, random }),
    close: async () => pool.close(),
  };
}
