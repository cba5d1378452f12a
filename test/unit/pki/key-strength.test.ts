/** Certificates whose key no honest program makes: they are described and judged, and end nothing but themselves. */
import { createPublicKey, generateKeyPairSync, type KeyObject, sign, X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:tls';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { fetchCertificates } from '../../../src/cli/cert/peer-certificates.js';
import { derBitString, derInteger, derNull, derOid, derSequence } from '../../../src/pki/der.js';
import { DerReader } from '../../../src/pki/der-reader.js';
import { describeCertificate } from '../../../src/pki/describe.js';
import { isStrongKey } from '../../../src/pki/key-strength.js';
import { oids } from '../../../src/pki/oids.js';
import { parseCertificate } from '../../../src/pki/pem.js';
import { verifyPath } from '../../../src/pki/verify-path.js';
import { makeCircle, makeMember, type TestCircle, type TestMember } from '../../helpers/certificates.js';
import { asyncRefusalOf, refusalOf } from './refusal.js';

const spkiOf = (key: KeyObject): Buffer => createPublicKey(key).export({ type: 'spki', format: 'der' });
const ecKey = (namedCurve: string): Buffer => spkiOf(generateKeyPairSync('ec', { namedCurve }).privateKey);
const rsaKey = (modulusLength: number): Buffer => spkiOf(generateKeyPairSync('rsa', { modulusLength }).privateKey);
const algorithmOf = (curve: string): Buffer => derSequence(derOid(oids.ecPublicKey), derOid(curve));
/** An elliptic curve key of a single octet of zero: the point at infinity. */
const infinityOn = (curve: string): Buffer => derSequence(algorithmOf(curve), derBitString(Buffer.alloc(1)));

/** RSA with a modulus of 2048 bits that nobody has factored, or one more than that, and any exponent. */
function rsaOf(exponent: bigint, addend = 0n): Buffer {
  const reader = new DerReader(rsaKey(2048)).enter();
  reader.enter();
  const modulus = new DerReader(reader.read(0x03).subarray(1)).enter().integer() + addend;
  const key = derSequence(derInteger(modulus), derInteger(exponent));
  return derSequence(derSequence(derOid(oids.rsaEncryption), derNull), derBitString(key));
}

const weak: Record<string, () => Buffer> = {
  'the point at infinity of P-256': () => infinityOn(oids.p256),
  'the point at infinity of P-384': () => infinityOn(oids.p384),
  'the point at infinity of P-521': () => infinityOn(oids.p521),
  'the point at infinity of secp256k1': () => infinityOn('1.3.132.0.10'),
  secp256k1: () => ecKey('secp256k1'),
  'RSA with 1024 bits': () => rsaKey(1024),
  'RSA with 2040 bits': () => rsaKey(2040),
  'RSA with the exponent 1': () => rsaOf(1n),
  'RSA with the exponent 2': () => rsaOf(2n),
  'RSA with an even exponent': () => rsaOf(65_536n),
  'RSA with a negative exponent': () => rsaOf(-3n),
  'RSA with an even modulus': () => rsaOf(65_537n, 1n),
  'RSA for PSS alone': () => spkiOf(generateKeyPairSync('rsa-pss', { modulusLength: 2048 }).privateKey),
  X25519: () => spkiOf(generateKeyPairSync('x25519').privateKey),
  Ed448: () => spkiOf(generateKeyPairSync('ed448').privateKey),
};

const strong: Record<string, () => Buffer> = {
  'P-256': () => ecKey('P-256'),
  'P-384': () => ecKey('P-384'),
  'P-521': () => ecKey('P-521'),
  'RSA with 2048 bits': () => rsaKey(2048),
  'RSA with the exponent 3, as old CAs have it': () => rsaOf(3n),
  Ed25519: () => spkiOf(generateKeyPairSync('ed25519').privateKey),
};

describe('isStrongKey', () => {
  it.each(Object.keys(strong))('accepts %s', (name) => {
    expect(isStrongKey(strong[name]?.() ?? Buffer.alloc(0))).toBe(true);
  });

  it.each(Object.keys(weak))('refuses %s', (name) => {
    expect(isStrongKey(weak[name]?.() ?? Buffer.alloc(0))).toBe(false);
  });

  it('refuses what is no key at all', () => {
    for (const octets of [Buffer.alloc(0), derSequence(), derSequence(derSequence(), derSequence())]) {
      expect(isStrongKey(octets)).toBe(false);
    }
  });
});

describe('a certificate, signed as it should be, of', () => {
  let circle: TestCircle;
  let member: TestMember;
  beforeAll(async () => {
    circle = await makeCircle();
    member = await makeMember(circle, { member: 'bob' });
  });

  /** Bob's certificate with another key in it. */
  function certificateOf(spki: Buffer) {
    const reader = new DerReader(member.certificate.raw).enter();
    const parts: Buffer[] = [];
    for (const fields = reader.enter(); !fields.done; ) parts.push(fields.readAny().whole);
    const tbs = derSequence(...parts.slice(0, 6), spki, ...parts.slice(7));
    return derSequence(tbs, reader.readAny().whole, derBitString(sign('sha256', tbs, circle.key)));
  }

  const tooWeak = { code: 'weak', message: 'the certificate of "bob" has a key that is too weak' };
  const options = { at: new Date(), purpose: 'clientAuth' } as const;

  it('bob is as good as before, so that the others are judged by their keys', () => {
    const certificate = parseCertificate(certificateOf(spkiOf(member.key)));
    expect(verifyPath([certificate], circle.certificate, options)).toEqual([]);
  });

  it.each(Object.keys(weak).filter((name) => !name.includes('infinity')))(
    '%s is described, and judged too weak',
    (name) => {
      const certificate = parseCertificate(certificateOf(weak[name]?.() ?? Buffer.alloc(0)));
      expect(describeCertificate(certificate).keyType).toMatch(/^(ec|rsa\d*|rsa-pss|x25519|ed448|unknown)$/);
      expect(verifyPath([certificate], circle.certificate, options)).toEqual([tooWeak]);
    },
  );

  it.each(Object.keys(weak).filter((name) => name.includes('infinity')))(
    '%s is not read, nor trusted unread',
    (name) => {
      const der = certificateOf(weak[name]?.() ?? Buffer.alloc(0));
      expect(refusalOf(() => parseCertificate(der))).toBe('ERR_PKI_CERTIFICATE_INVALID');
      expect(verifyPath([new X509Certificate(der)], circle.certificate, options)).toEqual([tooWeak]);
    },
  );

  it('infinity further up the chain that a server shows is told, and no more', async () => {
    const evil = certificateOf(infinityOn(oids.p256)).toString('base64');
    const cert = `${member.certificatePem}-----BEGIN CERTIFICATE-----\n${evil}\n-----END CERTIFICATE-----\n`;
    const server = createServer({ key: member.keyPem, cert }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const { signal } = new AbortController();
    try {
      const fetching = fetchCertificates('127.0.0.1', port, { signal });
      expect(await asyncRefusalOf(fetching)).toBe('ERR_PKI_CERTIFICATE_INVALID');
    } finally {
      server.close();
    }
  });
});
