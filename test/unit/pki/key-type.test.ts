import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { generateKey, keyTypeOf, keyTypes, parseKeyType } from '../../../src/pki/key-type.js';
import { signatureAlgorithmOf } from '../../../src/pki/signature-algorithm.js';
import { makeExplicitKey } from '../../helpers/certificates.js';
import { refusalOf } from './refusal.js';

describe('key types', () => {
  it.each(keyTypes)('makes and recognises %s', async (type) => {
    expect(parseKeyType(type)).toBe(type);
    const key = await generateKey(type);
    expect(key.type).toBe('private');
    expect(keyTypeOf(key)).toBe(type);
  });

  it.each(['', 'P256', 'rsa', 'rsa1024', 'rsa8192', 'dsa', 'ed25519 ', 'toString'])('refuses %p', (text) => {
    expect(refusalOf(() => parseKeyType(text))).toBe('ERR_PKI_KEY_TYPE');
  });

  it.each([
    ['RSA with 1024 bits', generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey],
    ['RSA with 2056 bits', generateKeyPairSync('rsa', { modulusLength: 2056 }).publicKey],
    ['RSA with exponent 3', generateKeyPairSync('rsa', { modulusLength: 2048, publicExponent: 3 }).publicKey],
    ['RSA-PSS only', generateKeyPairSync('rsa-pss', { modulusLength: 2048 }).publicKey],
    ['secp256k1', generateKeyPairSync('ec', { namedCurve: 'secp256k1' }).publicKey],
    ['X25519', generateKeyPairSync('x25519').publicKey],
    ['P-256 described by parameters', makeExplicitKey('P-256')],
    ['P-384 described by parameters', createPublicKey(makeExplicitKey('P-384'))],
    ['Ed448', generateKeyPairSync('ed448').publicKey],
  ])('recognises no type in %s, and signs nothing with it', (_, key) => {
    expect(keyTypeOf(key)).toBeUndefined();
    expect(refusalOf(() => signatureAlgorithmOf(key))).toBe('ERR_PKI_KEY_TYPE');
  });
});
