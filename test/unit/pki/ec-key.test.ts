import { createPublicKey } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { ecPkcs8, ecSpki } from '../../../src/pki/ec-key.js';
import { generateKey } from '../../../src/pki/key-type.js';
import { makeKey } from '../../helpers/certificates.js';

describe('EC keys in DER', () => {
  it.each(['p256', 'p384'] as const)("are the octets of OpenSSL's own encoding (%s)", async (type) => {
    for (let round = 0; round < 50; round += 1) {
      const key = await generateKey(type);
      expect(ecPkcs8(key)?.toString('hex')).toBe(key.export({ type: 'pkcs8', format: 'der' }).toString('hex'));
      const publicKey = createPublicKey(key);
      const spki = publicKey.export({ type: 'spki', format: 'der' }).toString('hex');
      expect(ecSpki(publicKey)?.toString('hex')).toBe(spki);
      expect(ecSpki(key)?.toString('hex')).toBe(spki);
    }
  });

  it.each(['ed25519', 'rsa2048'] as const)('are not made of %s keys', (type) => {
    expect(ecSpki(makeKey(type))).toBeUndefined();
    expect(ecPkcs8(makeKey(type))).toBeUndefined();
  });
});
