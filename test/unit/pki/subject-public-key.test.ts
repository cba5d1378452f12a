import { createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { derBitString, derInteger, derNull, derOid, derSequence } from '../../../src/pki/der.js';
import { keyIdentifier } from '../../../src/pki/spki.js';
import { SubjectPublicKey } from '../../../src/pki/subject-public-key.js';
import { makeExplicitKey, makeKey, type TestKeyType } from '../../helpers/certificates.js';
import { refusalOf } from './refusal.js';

const der = (key: KeyObject): Buffer => createPublicKey(key).export({ type: 'spki', format: 'der' });
const p256 = der(makeKey());

/** A P-256 key with another point. */
const withPoint = (...octets: Buffer[]): Buffer => Buffer.concat([p256.subarray(0, 26), ...octets]);

const ec = (...parameters: Buffer[]): Buffer =>
  derSequence(derSequence(derOid('1.2.840.10045.2.1'), ...parameters), derBitString(p256.subarray(26)));

const rsa = (algorithm: Buffer[], n: bigint, e = 65537n): Buffer =>
  derSequence(
    derSequence(derOid('1.2.840.113549.1.1.1'), ...algorithm),
    derBitString(derSequence(derInteger(n), derInteger(e))),
  );
// The modulus stands in a fixed place: 33 octets in, 256 long.
const n = BigInt(`0x${der(makeKey('rsa2048')).subarray(33, 289).toString('hex')}`);

describe('SubjectPublicKey', () => {
  it.each<TestKeyType>(['p256', 'p384', 'ed25519', 'rsa2048'])(
    'holds a key of type %s as OpenSSL writes it',
    (type) => {
      const key = makeKey(type);
      const publicKey = SubjectPublicKey.parse(der(key));
      expect(publicKey.keyType).toBe(type);
      expect(publicKey.isRsa).toBe(type === 'rsa2048');
      expect(publicKey.der).toEqual(der(key));
      expect(publicKey.identifier).toEqual(keyIdentifier(key));
      expect(publicKey.keyObject.equals(createPublicKey(key))).toBe(true);
      expect(SubjectPublicKey.of(publicKey.keyObject)).toBe(publicKey);
      expect(SubjectPublicKey.of(key).equals(publicKey)).toBe(true);
      expect(SubjectPublicKey.of(makeKey(type)).equals(publicKey)).toBe(false);
    },
  );

  it('keeps what it read, whatever becomes of the octets', () => {
    const octets = Buffer.from(p256);
    const publicKey = SubjectPublicKey.parse(octets);
    octets.fill(0);
    expect(publicKey.der).toEqual(p256);
  });

  it('starts the following table from a key in our own writing', () => {
    expect(ec(derOid('1.2.840.10045.3.1.7'))).toEqual(p256);
    expect(SubjectPublicKey.parse(rsa([derNull], n)).keyType).toBe('rsa2048');
  });

  it.each<[string, Buffer]>([
    ['on P-256 described by its parameters', der(makeExplicitKey('P-256'))],
    ['on P-384 described by its parameters', der(makeExplicitKey('P-384'))],
    ['on no curve', ec()],
    ['on a curve of its issuer', ec(derNull)],
    ['on another curve', der(generateKeyPairSync('ec', { namedCurve: 'secp256k1' }).privateKey)],
    ['on P-521', der(generateKeyPairSync('ec', { namedCurve: 'P-521' }).privateKey)],
    ['on a curve and something more', ec(derOid('1.2.840.10045.3.1.7'), derNull)],
    ['with a point beside the curve', withPoint(Buffer.of(4), Buffer.alloc(64, 1))],
    ['with the point at infinity', derSequence(p256.subarray(2, 23), derBitString(Buffer.of(0)))],
    ['with a point of zeros', withPoint(Buffer.of(4), Buffer.alloc(64))],
    ['with a point beyond the field', withPoint(Buffer.of(4), Buffer.alloc(64, 0xff))],
    ['with a hybrid point', withPoint(Buffer.of(6 + ((p256.at(-1) ?? 0) & 1)), p256.subarray(27))],
    ['with a compressed point', derSequence(p256.subarray(2, 23), derBitString(p256.subarray(26, 59)))],
    ['with unused bits', Buffer.concat([p256.subarray(0, 25), Buffer.of(1), p256.subarray(26)])],
    ['followed by an octet', Buffer.concat([p256, Buffer.of(0)])],
    ['cut short', p256.subarray(0, -1)],
    ['of RSA with 1024 bits', der(makeKey('rsa1024'))],
    ['of RSA with 2047 bits', rsa([derNull], n >> 1n)],
    ['of RSA with exponent 1', rsa([derNull], n, 1n)],
    ['of RSA with exponent 3', rsa([derNull], n, 3n)],
    ['of RSA without parameters', rsa([], n)],
    ['of RSA with other parameters', rsa([derSequence()], n)],
    ['of RSA with more parameters', rsa([derNull, derNull], n)],
    ['of RSA-PSS', der(generateKeyPairSync('rsa-pss', { modulusLength: 2048 }).privateKey)],
    ['of X25519', der(generateKeyPairSync('x25519').privateKey)],
    ['of no octets', Buffer.alloc(0)],
  ])('refuses a key %s', (_, octets) => {
    expect(refusalOf(() => SubjectPublicKey.parse(octets))).toBe('ERR_PKI_KEY_TYPE');
  });

  it('says of a curve described by its parameters that its name is missing', () => {
    expect(() => SubjectPublicKey.of(makeExplicitKey('P-256'))).toThrow(/describes its curve by parameters instead/);
  });

  it('takes no key in which an octet was changed for the same, and fails with its refusal alone', () => {
    const keys = [p256, der(makeKey('p384')), der(makeKey('ed25519')), der(makeKey('rsa2048'))];
    const change = fc.record({ key: fc.nat(3), at: fc.nat(299), mask: fc.integer({ min: 1, max: 255 }) });
    fc.assert(
      fc.property(change, ({ key, at, mask }) => {
        const octets = Buffer.from(keys[key] ?? p256);
        octets[at % octets.length] = (octets[at % octets.length] ?? 0) ^ mask;
        const refusal = refusalOf(() => expect(SubjectPublicKey.parse(octets).der).toEqual(octets));
        expect([undefined, 'ERR_PKI_KEY_TYPE']).toContain(refusal);
      }),
      { numRuns: 500 },
    );
  });
});
