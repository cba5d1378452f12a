import 'reflect-metadata';
import { createPublicKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import * as x509 from '@peculiar/x509';
import fc from 'fast-check';
import { createCsr, readCsr } from '../../../src/pki/csr.js';
import {
  derBitString,
  derContext,
  derContextPrimitive,
  derInteger,
  derNamedBits,
  derOctetString,
  derOid,
  derSequence,
  derSet,
  derTrue,
  derUtf8String,
} from '../../../src/pki/der.js';
import { encodeName } from '../../../src/pki/plan.js';
import { signatureAlgorithmOf } from '../../../src/pki/signature-algorithm.js';
import { encodeSubjectAltNames, type SubjectAltName } from '../../../src/pki/subject-alt-name.js';
import { clientAuth, makeExplicitKey, makeKey, serverAuth, type TestKeyType } from '../../helpers/certificates.js';
import { asyncRefusalOf } from './refusal.js';

const key = makeKey();

/** A request with any extensions and any key in it, signed by `signer`. */
function requestWith(extensions: Buffer[], presented: KeyObject = key, signer: KeyObject = presented): Buffer {
  const spki = createPublicKey(presented).export({ type: 'spki', format: 'der' });
  const attribute = derSequence(derOid('1.2.840.113549.1.9.14'), derSet(derSequence(...extensions)));
  const info = derSequence(derInteger(0), encodeName('bob'), spki, derContext(0, attribute));
  const ecdsa = derSequence(derOid('1.2.840.10045.4.3.2'));
  return derSequence(info, ecdsa, derBitString(sign('sha256', info, signer)));
}

const rsaKeyWithExponent = (publicExponent: number): KeyObject =>
  generateKeyPairSync('rsa', { modulusLength: 2048, publicExponent }).privateKey;

const namesOfEveryKind: SubjectAltName[] = [
  { type: 'dns', value: 'a.example' },
  { type: 'ip', value: 'fd00::1' },
  { type: 'email', value: 'bob@example.org' },
  { type: 'uri', value: 'https://a.example/' },
];

const extension = (oid: string, ...value: Buffer[]) => derSequence(derOid(oid), derOctetString(...value));
const sanExtension = (names: SubjectAltName[]) => extension('2.5.29.17', encodeSubjectAltNames(names));

describe('createCsr', () => {
  it.each<TestKeyType>(['p256', 'p384', 'ed25519', 'rsa2048'])(
    'makes a request for a key of type %s that another library verifies',
    async (type) => {
      const own = makeKey(type);
      const request = new x509.Pkcs10CertificateRequest(await createCsr(own, 'zoë'));
      expect(await request.verify()).toBe(true);
      expect(request.subject).toBe('CN=zoë');
      expect(request.extensions).toEqual([]);
    },
  );

  it('asks for names where other libraries look for them', async () => {
    const request = new x509.Pkcs10CertificateRequest(await createCsr(key, 'bob', namesOfEveryKind));
    const extension = request.getExtension('2.5.29.17');
    expect(new x509.SubjectAlternativeNameExtension(extension?.rawData ?? Buffer.alloc(0)).names.toJSON()).toEqual([
      { type: 'dns', value: 'a.example' },
      { type: 'ip', value: 'fd00::1' },
      { type: 'email', value: 'bob@example.org' },
      { type: 'url', value: 'https://a.example/' },
    ]);
  });

  it('refuses a weak key', async () => {
    expect(await asyncRefusalOf(createCsr(makeKey('rsa1024'), 'bob'))).toBe('ERR_PKI_KEY_TYPE');
  });
});

describe('readCsr', () => {
  it.each<TestKeyType>(['p256', 'p384', 'ed25519', 'rsa2048'])('reads the public key of type %s', async (type) => {
    const own = makeKey(type);
    const request = await readCsr(await createCsr(own, 'bob'));
    expect(request.publicKey.equals(createPublicKey(own))).toBe(true);
    expect(request).toMatchObject({ commonName: 'bob', names: [] });
  });

  it('reads the names asked for', async () => {
    const request = await readCsr(await createCsr(key, 'bob', namesOfEveryKind));
    expect(request).toMatchObject({ names: namesOfEveryKind, otherNames: 0 });
  });

  it('counts the names of other kinds', async () => {
    const names = derSequence(
      derContext(4, encodeName('bob')),
      derContextPrimitive(2, Buffer.from('a.example')),
      derContextPrimitive(8, Buffer.of(0x2a)),
    );
    const request = await readCsr(requestWith([extension('2.5.29.17', names)]));
    expect(request).toMatchObject({ names: [{ type: 'dns', value: 'a.example' }], otherNames: 2 });
  });

  it('reads a request for the usages that openssl, keytool and GnuTLS ask for by themselves', async () => {
    const usages = extension('2.5.29.15', derNamedBits([0, 1, 2]));
    const purposes = extension('2.5.29.37', derSequence(derOid(serverAuth), derOid(clientAuth)));
    const keyId = extension('2.5.29.14', derOctetString(Buffer.alloc(20)));
    expect(await asyncRefusalOf(readCsr(requestWith([usages, purposes, keyId])))).toBeUndefined();
  });

  it('reads a request that asks expressly not to be a CA', async () => {
    const request = requestWith([extension('2.5.29.19', derSequence())]);
    expect(await asyncRefusalOf(readCsr(request))).toBeUndefined();
  });

  it.each<[string, Buffer]>([
    ['signed by another key', requestWith([], key, makeKey())],
    ['to be a CA', requestWith([extension('2.5.29.19', derSequence(derTrue))])],
    [
      'to be a CA, second time',
      requestWith([extension('2.5.29.19', derSequence()), extension('2.5.29.19', derSequence(derTrue))]),
    ],
    ['to sign certificates', requestWith([extension('2.5.29.15', derNamedBits([0, 5]))])],
    ['to sign revocation lists', requestWith([extension('2.5.29.15', derNamedBits([6]))])],
    ['to encipher only', requestWith([extension('2.5.29.15', derNamedBits([4, 7]))])],
    ['to decipher only', requestWith([extension('2.5.29.15', derNamedBits([4, 8]))])],
    ['to sign code', requestWith([extension('2.5.29.37', derSequence(derOid('1.3.6.1.5.5.7.3.3')))])],
    ['for any purpose', requestWith([extension('2.5.29.37', derSequence(derOid('2.5.29.37.0')))])],
    ['with malformed usages', requestWith([extension('2.5.29.15', derUtf8String('x'))])],
    ['with malformed purposes', requestWith([extension('2.5.29.37', derUtf8String('x'))])],
    ['with names twice', requestWith([sanExtension([]), sanExtension([])])],
    ['for an RSA key with exponent 3', requestWith([], rsaKeyWithExponent(3))],
    ['for an RSA key with a large exponent', requestWith([], rsaKeyWithExponent(0xffff_ffff))],
    ['with malformed basicConstraints', requestWith([extension('2.5.29.19', derUtf8String('x'))])],
    ['with malformed names', requestWith([extension('2.5.29.17', derUtf8String('x'))])],
    ['for a name of the circle', requestWith([sanExtension([{ type: 'uri', value: 'qtchat://x/eve' }])])],
    ['for such a name in capitals', requestWith([sanExtension([{ type: 'uri', value: 'QTCHAT:eve' }])])],
    ["for the Auto CA's name", requestWith([sanExtension([{ type: 'uri', value: 'qtchat-ca://x' }])])],
    ['for a weak key', requestWith([], makeKey('rsa1024'))],
    ['for a key on another curve', requestWith([], generateKeyPairSync('ec', { namedCurve: 'secp256k1' }).privateKey)],
    ['for a key whose curve is described by parameters', requestWith([], makeExplicitKey('P-256'))],
    ['of no octets', Buffer.alloc(0)],
    ['of junk', Buffer.from('junk')],
    ['in PEM', Buffer.from('-----BEGIN CERTIFICATE REQUEST-----')],
    ['followed by an octet', Buffer.concat([requestWith([]), Buffer.alloc(1)])],
    ['longer than 16 KiB', requestWith([extension('1.2.3.4', Buffer.alloc(20_000))])],
    ['that nests ten thousand levels', Buffer.from('30'.repeat(10_000), 'hex')],
  ])('refuses a request %s', async (_, der) => {
    expect(await asyncRefusalOf(readCsr(der))).toBe('ERR_PKI_CSR_REFUSED');
  });

  it('refuses a request in which any bit was changed', async () => {
    const der = await createCsr(key, 'bob');
    for (let bit = 0; bit < der.length * 8; bit += 1) {
      const changed = Buffer.from(der);
      changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect([bit, await asyncRefusalOf(readCsr(changed))]).toEqual([bit, 'ERR_PKI_CSR_REFUSED']);
    }
  });

  it('meets random octets inside a signed request with a refusal or an answer', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 40 }), async (octets) => {
        const refusal = await asyncRefusalOf(readCsr(requestWith([Buffer.from(octets)])));
        expect([undefined, 'ERR_PKI_CSR_REFUSED']).toContain(refusal);
      }),
      { numRuns: 300 },
    );
  });

  it('is signed with the algorithm of its key', async () => {
    const der = await createCsr(key, 'bob');
    expect(der.includes(signatureAlgorithmOf(key).identifier)).toBe(true);
  });
});
