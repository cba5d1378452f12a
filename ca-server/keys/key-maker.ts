/**
 * What makes the keys of guests that make none, and locks them into .pfx files. A private key is in memory until its
 * file is made, and nowhere else.
 */
import type { FreshKey } from '../../src/pki/fresh-key.js';
import type { NewPfxContent, PfxOptions } from '../../src/pki/pfx.js';

/** What is locked into a file. */
export interface LockedContent extends NewPfxContent {
  readonly key: FreshKey;
}

/** How a file is locked; salts are drawn where it is made. */
export type LockOptions = Omit<PfxOptions, 'random'>;

/** Makes keys of one kind. */
export interface KeyMaker {
  /**
   * A fresh key.
   *
   * @throws {QTChatError} `ERR_INTERNAL` when none can be made
   */
  makeKey(): Promise<FreshKey>;
  /**
   * Locks a key with its certificates into a .pfx file.
   *
   * @throws {QTChatError} what `writePfx` throws; `ERR_INTERNAL` when it cannot be made
   */
  lock(content: LockedContent, options: LockOptions): Promise<Buffer>;
}
