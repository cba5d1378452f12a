/** Makes keys in the thread of a test. */
import { randomBytes } from 'node:crypto';
import type { KeyMaker } from '../../ca-server/keys/key-maker.js';
import { makeFreshKey } from '../../src/pki/fresh-key.js';
import type { KeyType } from '../../src/pki/key-type.js';
import { writePfx } from '../../src/pki/pfx.js';

/** A maker of keys of one kind that needs no built program. */
export function keysHere(type: KeyType = 'p256'): KeyMaker {
  return {
    makeKey: () => makeFreshKey(type),
    lock: (content, options) => writePfx(content, { ...options, random: randomBytes }),
  };
}
