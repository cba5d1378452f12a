import { createPrivateKey, randomBytes } from 'node:crypto';
import { beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { derInteger, derOctetString, derOid, derSequence } from '../../../src/pki/der.js';
import { readForeignKey } from '../../../src/pki/foreign-key.js';
import { iterationsCap } from '../../../src/pki/pbes2.js';
import {
  decryptPrivateKey,
  encryptPrivateKey,
  isEncryptedPrivateKey,
  privateKeyIterations,
  privateKeyToPem,
  readPrivateKey,
} from '../../../src/pki/private-key.js';
import { makeKey, type TestKeyType } from '../../helpers/certificates.js';
import { asyncRefusalOf } from './refusal.js';

const key = makeKey();
const deps = { random: randomBytes };
let encrypted: string;
beforeAll(async () => {
  encrypted = await encryptPrivateKey(key, 'correct horse', deps);
});

describe('encryptPrivateKey', () => {
  it('makes a key that Node reads and that reads back', async () => {
    expect(createPrivateKey({ key: encrypted, passphrase: 'correct horse' }).equals(key)).toBe(true);
    expect((await readPrivateKey(encrypted, 'correct horse')).equals(key)).toBe(true);
    expect(isEncryptedPrivateKey(encrypted)).toBe(true);
  });

  it('derives with 600,000 rounds of HMAC-SHA256 and encrypts with AES-256-CBC', () => {
    const der = Buffer.from(encrypted.replace(/-----.*-----/g, ''), 'base64');
    expect(privateKeyIterations).toBe(600_000);
    expect(der.includes(derInteger(600_000))).toBe(true);
    expect(der.includes(derOid('1.2.840.113549.2.9'))).toBe(true);
    expect(der.includes(derOid('2.16.840.1.101.3.4.1.42'))).toBe(true);
  });

  it('encrypts under a password of any script', async () => {
    const pem = await encryptPrivateKey(key, 'пароль 密码', deps);
    expect(createPrivateKey({ key: pem, passphrase: 'пароль 密码' }).equals(key)).toBe(true);
  });

  it('takes fresh salt and IV every time', async () => {
    expect(await encryptPrivateKey(key, 'correct horse', deps)).not.toBe(encrypted);
  });

  it('refuses an empty password', async () => {
    expect(await asyncRefusalOf(encryptPrivateKey(key, '', deps))).toBe('ERR_PASSWORD_REQUIRED');
  });
});

describe('readPrivateKey', () => {
  it.each<TestKeyType>(['p256', 'p384', 'ed25519', 'rsa2048'])('reads an unencrypted key of type %s', async (type) => {
    const own = makeKey(type);
    expect((await readPrivateKey(privateKeyToPem(own))).equals(own)).toBe(true);
    expect(isEncryptedPrivateKey(privateKeyToPem(own))).toBe(false);
  });

  it('reads the traditional EC form, and a key behind a certificate', async () => {
    const sec1 = key.export({ type: 'sec1', format: 'pem' }).toString();
    expect((await readPrivateKey(sec1)).equals(key)).toBe(true);
    const both = `-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n${privateKeyToPem(key)}`;
    expect((await readPrivateKey(both)).equals(key)).toBe(true);
  });

  it.each(['aes-128-cbc', 'aes-192-cbc', 'aes-256-cbc'])('reads what OpenSSL encrypts with %s', async (cipher) => {
    const pem = key.export({ type: 'pkcs8', format: 'pem', cipher, passphrase: 'pw' }).toString();
    expect((await readPrivateKey(pem, 'pw')).equals(key)).toBe(true);
    expect(await asyncRefusalOf(readPrivateKey(pem, 'PW'))).toBe('ERR_PASSWORD_WRONG');
  });

  it("reads OpenSSL's traditional encrypted form", async () => {
    const pem = key.export({ type: 'sec1', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'pw' }).toString();
    expect(isEncryptedPrivateKey(pem)).toBe(true);
    expect((await readPrivateKey(pem, 'pw')).equals(key)).toBe(true);
    expect(await asyncRefusalOf(readPrivateKey(pem))).toBe('ERR_PASSWORD_REQUIRED');
    expect(await asyncRefusalOf(readPrivateKey(pem, 'PW'))).toBe('ERR_PASSWORD_WRONG');
  });

  it('refuses a key whose public part is no point of the curve, which OpenSSL reads and cannot use', async () => {
    const head = '3047020100301306072a8648ce3d020106082a8648ce3d030107042d302b0201010420';
    const stray = Buffer.from(`${head}${'01'.repeat(32)}a10403020000`, 'hex');
    const pem = `-----BEGIN PRIVATE KEY-----\n${stray.toString('base64')}\n-----END PRIVATE KEY-----\n`;
    expect(await asyncRefusalOf(readPrivateKey(pem))).toBe('ERR_PKI_KEY_INVALID');
    expect(await asyncRefusalOf(Promise.resolve().then(() => readForeignKey(stray)))).toBe('ERR_PKI_KEY_INVALID');
  });

  it('asks for a password when there is none', async () => {
    expect(await asyncRefusalOf(readPrivateKey(encrypted))).toBe('ERR_PASSWORD_REQUIRED');
  });

  it.each(['', 'correct horse ', 'Correct horse'])('refuses the wrong password %p', async (password) => {
    expect(await asyncRefusalOf(readPrivateKey(encrypted, password))).toBe('ERR_PASSWORD_WRONG');
  });

  it('tells no wrong password from a malformed key, even where its padding looks right', async () => {
    const cheap = key.export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'pw' }).toString();
    const refusals = new Set<string | undefined>();
    // About two of 600 wrong passwords leave padding that looks right.
    for (let index = 0; index < 600; index += 1) refusals.add(await asyncRefusalOf(readPrivateKey(cheap, `${index}`)));
    expect([...refusals]).toEqual(['ERR_PASSWORD_WRONG']);
  });

  it.each([
    ['nothing', ''],
    ['a certificate', '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----'],
    ['a public key', '-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----'],
    ['junk in a key', '-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----'],
    ['a key cut short', '-----BEGIN PRIVATE KEY-----\nAAAA'],
    ['junk in an encrypted key', '-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----'],
  ])('refuses %s', async (_, pem) => {
    expect(await asyncRefusalOf(readPrivateKey(pem, 'pw'))).toBe('ERR_PKI_KEY_INVALID');
  });

  const sha256 = derSequence(derOid('1.2.840.113549.2.9'));
  const aes256 = derSequence(derOid('2.16.840.1.101.3.4.1.42'), derOctetString(Buffer.alloc(16)));
  const kdf = (...parameters: Buffer[]) => derSequence(derOid('1.2.840.113549.1.5.12'), derSequence(...parameters));
  const file = (derivation: Buffer, cipher: Buffer, ciphertext = Buffer.alloc(64)) =>
    derSequence(
      derSequence(derOid('1.2.840.113549.1.5.13'), derSequence(derivation, cipher)),
      derOctetString(ciphertext),
    );
  const salt = derOctetString(Buffer.alloc(8));
  const good = kdf(salt, derInteger(1), sha256);

  it('starts the following table from a file that is read up to its wrong password', async () => {
    expect(await asyncRefusalOf(decryptPrivateKey(file(good, aes256), 'pw'))).toBe('ERR_PASSWORD_WRONG');
  });

  it.each<[string, Buffer]>([
    ['more rounds than the cap', file(kdf(salt, derInteger(iterationsCap + 1), sha256), aes256)],
    ['more rounds than a number holds', file(kdf(salt, derInteger(2n ** 70n), sha256), aes256)],
    ['no rounds', file(kdf(salt, derInteger(0), sha256), aes256)],
    ['a key length that does not fit', file(kdf(salt, derInteger(1), derInteger(5), sha256), aes256)],
    ['an unknown hash', file(kdf(salt, derInteger(1), derSequence(derOid('1.2.3'))), aes256)],
    ['another derivation', file(derSequence(derOid('1.3.6.1.4.1.11591.4.11'), derSequence(salt)), aes256)],
    ['another cipher', file(good, derSequence(derOid('1.2.840.113549.3.7'), derOctetString(Buffer.alloc(8))))],
    ['an IV of 8 octets', file(good, derSequence(derOid('2.16.840.1.101.3.4.1.42'), salt))],
    ['half a block', file(good, aes256, Buffer.alloc(24))],
    ['no block', file(good, aes256, Buffer.alloc(0))],
    ['octets behind it', Buffer.concat([file(good, aes256), Buffer.alloc(1)])],
    ['an encryption before PBES2', derSequence(derSequence(derOid('1.2.840.113549.1.5.3'), salt), salt)],
  ])('refuses an encrypted key with %s', async (_, der) => {
    expect(await asyncRefusalOf(decryptPrivateKey(der, 'pw'))).toBe('ERR_PKI_KEY_INVALID');
  });

  it('meets random changes with one of its refusals', async () => {
    const der = file(kdf(salt, derInteger(1), sha256), aes256);
    await fc.assert(
      fc.asyncProperty(fc.nat(der.length - 1), fc.integer({ min: 1, max: 255 }), async (index, mask) => {
        const changed = Buffer.from(der);
        changed[index] = (changed[index] ?? 0) ^ mask;
        const refusal = await asyncRefusalOf(decryptPrivateKey(changed, 'pw'));
        expect(['ERR_PKI_KEY_INVALID', 'ERR_PASSWORD_WRONG']).toContain(refusal);
      }),
      { numRuns: 300 },
    );
  });
});
