import { createPrivateKey, createPublicKey } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { samePublicKey } from '../../../src/pki/spki.js';
import { makeKey, type TestKeyType } from '../../helpers/certificates.js';

const types: TestKeyType[] = ['p256', 'p384', 'ed25519', 'rsa2048'];

describe('samePublicKey', () => {
  it.each(types)('knows a key of type %s by its public part', (type) => {
    const key = makeKey(type);
    expect(samePublicKey(key, createPublicKey(key))).toBe(true);
    expect(samePublicKey(createPublicKey(key), makeKey(type))).toBe(false);
  });

  it('leaves nothing behind that spoils the next key read, whatever kinds it compares', () => {
    const pem = makeKey().export({ type: 'pkcs8', format: 'pem' });
    for (const one of types) {
      for (const other of types) {
        expect(samePublicKey(makeKey(one), makeKey(other))).toBe(false);
        expect(createPrivateKey(pem).type).toBe('private');
      }
    }
  });
});
