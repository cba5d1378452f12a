import { createPrivateKey, createPublicKey, ECDH } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { ecKeyToPkcs8, makeFreshKey } from '../../../src/pki/fresh-key.js';
import { keyTypeOf, keyTypes } from '../../../src/pki/key-type.js';
import { pkcs8ToPem, readPrivateKey } from '../../../src/pki/private-key.js';
import { SubjectPublicKey } from '../../../src/pki/subject-public-key.js';

const read = (pkcs8: Buffer) => createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' });

describe('makeFreshKey', () => {
  it.each(keyTypes)('makes a key of type %s, octet by octet as OpenSSL writes it', async (type) => {
    const { publicKey, pkcs8 } = await makeFreshKey(type);
    const key = read(pkcs8);
    expect(keyTypeOf(key)).toBe(type);
    expect(pkcs8).toEqual(key.export({ type: 'pkcs8', format: 'der' }));
    expect(publicKey.keyType).toBe(type);
    expect(publicKey.der).toEqual(createPublicKey(key).export({ type: 'spki', format: 'der' }));
    expect(SubjectPublicKey.parse(publicKey.der).equals(publicKey)).toBe(true);
  });

  it('makes another key every time, and one that reads back from PEM', async () => {
    const [one, other] = [await makeFreshKey('p256'), await makeFreshKey('p256')];
    expect(one.publicKey.equals(other.publicKey)).toBe(false);
    const key = await readPrivateKey(pkcs8ToPem(one.pkcs8));
    expect(key.equals(read(one.pkcs8))).toBe(true);
  });
});

describe('ecKeyToPkcs8', () => {
  it.each(['p256', 'p384'] as const)('writes the zeros at the front of a secret of type %s', (type) => {
    // The secret 1, whose point is the generator: what OpenSSL gives away of it is one octet long.
    const generators = {
      p256: '036b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296',
      p384: '03aa87ca22be8b05378eb1c71ef320ad746e1d3b628ba79b9859f741e082542a385502f25dbf55296c3a545e3872760ab7',
    };
    const curve = type === 'p256' ? 'prime256v1' : 'secp384r1';
    const point = ECDH.convertKey(generators[type], curve, 'hex', undefined, 'uncompressed') as Buffer;
    const pkcs8 = ecKeyToPkcs8(type, Buffer.of(1), point);
    expect(read(pkcs8).export({ type: 'pkcs8', format: 'der' })).toEqual(pkcs8);
  });
});
