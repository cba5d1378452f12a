import { createHmac, pbkdf2Sync, randomBytes } from 'node:crypto';
import { createSecureContext } from 'node:tls';
import { beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { derContext, derInteger, derNull, derOctetString, derOid, derSequence } from '../../../src/pki/der.js';
import { oids } from '../../../src/pki/oids.js';
import { encryptPbes2, iterationsCap } from '../../../src/pki/pbes2.js';
import { generatedPasswordIterations, humanPasswordIterations, readPfx, writePfx } from '../../../src/pki/pfx.js';
import { buildMac } from '../../../src/pki/pfx-mac.js';
import { certificateBag, encryptedPart, keyPart, partEncryption, plainPart } from '../../../src/pki/pfx-parts.js';
import { privateKeyToDer } from '../../../src/pki/private-key.js';
import {
  makeCircle,
  makeIntermediate,
  makeKey,
  makeMember,
  type TestCircle,
  type TestKeyType,
  type TestMember,
} from '../../helpers/certificates.js';
import { asyncRefusalOf } from './refusal.js';

const password = 'correct horse';
const options = { password, friendlyName: 'bob', iterations: 10, random: randomBytes };

let root: TestCircle;
let intermediate: TestCircle;
let member: TestMember;
beforeAll(async () => {
  root = await makeCircle();
  intermediate = await makeIntermediate(root);
  member = await makeMember(intermediate, { member: 'bob' });
});

const fullChain = () => [member.certificate, intermediate.certificate, root.certificate];
const derChain = () => fullChain().map(({ raw }) => raw);
const goodFile = () => writePfx({ key: member.key, chain: derChain() }, options);

describe('writePfx', () => {
  it.each<TestKeyType>(['p256', 'p384', 'ed25519', 'rsa2048'])(
    'writes a file with a key of type %s',
    async (keyType) => {
      const own = await makeMember(root, { member: 'bob', keyType });
      const file = await writePfx({ key: own.key, chain: [own.certificate.raw, root.certificate.raw] }, options);
      const content = await readPfx(file, password);
      expect(content.key.equals(own.key)).toBe(true);
      expect(content.chain.map((certificate) => certificate.subject)).toEqual(['CN=bob', 'CN=Test circle']);
    },
  );

  it('writes 3DES and SHA-1 throughout for old programs, and reads it back', async () => {
    const file = await writePfx({ key: member.key, chain: derChain() }, { ...options, form: 'legacy' });
    const count = (oid: string) => file.toString('hex').split(derOid(oid).toString('hex')).length - 1;
    expect([count(oids.pbeTripleDes), count(oids.sha1), count(oids.pbes2), count(oids.sha256)]).toEqual([2, 1, 0, 0]);
    const content = await readPfx(file, password);
    expect(content.key.equals(member.key)).toBe(true);
    expect(content.chain).toHaveLength(3);
    expect(await asyncRefusalOf(readPfx(file, 'wrong'))).toBe('ERR_PASSWORD_WRONG');
  });

  it('writes what TLS reads, and only with the password', async () => {
    const pfx = await goodFile();
    expect(() => createSecureContext({ pfx, passphrase: password })).not.toThrow();
    expect(() => createSecureContext({ pfx, passphrase: 'wrong' })).toThrow();
  });

  it('states the same iterations three times, an AES-256 cipher twice, and a MAC salt of 8 octets', async () => {
    const file = (await writePfx({ key: member.key, chain: derChain() }, { ...options, iterations: 54_321 })).toString(
      'hex',
    );
    const count = (octets: Buffer) => file.split(octets.toString('hex')).length - 1;
    // The certificates' part is encrypted as a whole, the key by itself, and the MAC covers both.
    expect(count(derInteger(54_321))).toBe(3);
    expect(count(derOid('2.16.840.1.101.3.4.1.42'))).toBe(2);
    expect(file.slice(-30)).toMatch(/^0408.{16}020300d431$/);
  });

  it('makes the MAC by PBMAC1 where our own reader is to open the file', async () => {
    const file = await writePfx({ key: member.key, chain: derChain() }, { ...options, form: 'pbmac1' });
    expect(file.includes(derOid(oids.pbmac1))).toBe(true);
    expect((await readPfx(file, password)).key.equals(member.key)).toBe(true);
    expect(await asyncRefusalOf(readPfx(file, 'wrong'))).toBe('ERR_PASSWORD_WRONG');
    const altered = Buffer.from(file);
    altered[60] = (altered[60] ?? 0) ^ 1;
    expect(await asyncRefusalOf(readPfx(altered, password))).toBe('ERR_PASSWORD_WRONG');
    // OpenSSL reads PBMAC1 from 3.4 on.
    const [major = 0, minor = 0] = process.versions.openssl.split('.').map(Number);
    if (major > 3 || (major === 3 && minor >= 4)) {
      expect(() => createSecureContext({ pfx: file, passphrase: password })).not.toThrow();
      expect(() => createSecureContext({ pfx: file, passphrase: 'wrong' })).toThrow();
    }
  });

  it('shows neither name nor certificate nor key to a reader without the password', async () => {
    const file = await writePfx({ key: member.key, chain: derChain() }, { ...options, friendlyName: 'x' });
    for (const certificate of fullChain()) expect(file.includes(certificate.raw.subarray(20, 60))).toBe(false);
    expect(file.includes('Test circle')).toBe(false);
    expect(file.includes(member.key.export({ type: 'sec1', format: 'der' }).subarray(7, 39))).toBe(false);
  });

  it('repeats 250,000 times for a person and 2,048 times for a generated password', () => {
    expect([humanPasswordIterations, generatedPasswordIterations]).toEqual([250_000, 2_048]);
  });

  it.each(['', 'zoë', 'tab\t', 'null\0', '🐎'])('refuses the password %p', async (unfit) => {
    const write = writePfx({ key: member.key, chain: derChain() }, { ...options, password: unfit });
    expect(await asyncRefusalOf(write)).toBe('ERR_PASSWORD_UNSUITABLE');
  });

  it('refuses a key that is not that of the first certificate', async () => {
    const write = (chain: TestMember['certificate'][]) =>
      asyncRefusalOf(writePfx({ key: member.key, chain: chain.map(({ raw }) => raw) }, options));
    expect(await write([])).toBe('ERR_PKI_KEY_INVALID');
    expect(await write(fullChain().reverse())).toBe('ERR_PKI_KEY_INVALID');
  });
});

/** A file of any parts with a good MAC. */
async function fileOf(...parts: Buffer[]): Promise<Buffer> {
  const safe = derSequence(...parts);
  return derSequence(derInteger(3), plainPart(safe), await buildMac(safe, password, options));
}

const certificatesPart = (...members: { certificate: TestMember['certificate'] }[]) =>
  encryptedPart(
    derSequence(...members.map(({ certificate }) => certificateBag(certificate.raw, []))),
    partEncryption(options),
  );
const memberPkcs8 = () => privateKeyToDer(member.key);
const bareKeyBag = () =>
  derSequence(derOid('1.2.840.113549.1.12.10.1.1'), derContext(0, member.key.export({ type: 'pkcs8', format: 'der' })));

describe('readPfx', () => {
  it('puts the certificates in order and leaves out those that do not belong', async () => {
    const stranger = await makeCircle();
    const file = await fileOf(
      await certificatesPart(root, stranger, intermediate, member),
      await keyPart(memberPkcs8(), [], partEncryption(options)),
    );
    const content = await readPfx(file, password);
    expect(content.chain.map((certificate) => certificate.raw)).toEqual(
      fullChain().map((certificate) => certificate.raw),
    );
  });

  it('reads certificates that are not encrypted, under the protection of the MAC', async () => {
    const certificates = plainPart(derSequence(certificateBag(member.certificate.raw, [])));
    const content = await readPfx(
      await fileOf(certificates, await keyPart(memberPkcs8(), [], partEncryption(options))),
      password,
    );
    expect(content.chain).toHaveLength(1);
  });

  it('reads the indefinite lengths and split octet strings of BER', async () => {
    const safe = derSequence(await certificatesPart(member), await keyPart(memberPkcs8(), [], partEncryption(options)));
    const mac = await buildMac(safe, password, options);
    const halves = [safe.subarray(0, 100), safe.subarray(100)].map((half) => derOctetString(half));
    const indefinite = (tag: number, ...content: Buffer[]) =>
      Buffer.concat([Buffer.of(tag, 0x80), ...content, Buffer.of(0, 0)]);
    const info = indefinite(0x30, derOid('1.2.840.113549.1.7.1'), indefinite(0xa0, indefinite(0x24, ...halves)));
    const file = indefinite(0x30, derInteger(3), info, mac);
    expect((await readPfx(file, password)).key.equals(member.key)).toBe(true);
  });

  it('reads a ciphertext in pieces, as NSS writes it', async () => {
    const plaintext = derSequence(certificateBag(member.certificate.raw, []));
    const { algorithm, ciphertext } = await encryptPbes2(plaintext, password, options);
    const pieces = derContext(0, derOctetString(ciphertext.subarray(0, 7)), derOctetString(ciphertext.subarray(7)));
    const encrypted = derSequence(derInteger(0), derSequence(derOid('1.2.840.113549.1.7.1'), algorithm, pieces));
    const part = derSequence(derOid('1.2.840.113549.1.7.6'), derContext(0, encrypted));
    const content = await readPfx(
      await fileOf(part, await keyPart(memberPkcs8(), [], partEncryption(options))),
      password,
    );
    expect(content.chain.map((certificate) => certificate.raw)).toEqual([member.certificate.raw]);
  });

  it.each(['', 'correct horse ', 'Correct horse', 'zoë'])('refuses the wrong password %p', async (wrong) => {
    expect(await asyncRefusalOf(readPfx(await goodFile(), wrong))).toBe('ERR_PASSWORD_WRONG');
  });

  it('refuses a file without a MAC, whatever the password', async () => {
    const safe = derSequence(await certificatesPart(member), await keyPart(memberPkcs8(), [], partEncryption(options)));
    const file = derSequence(derInteger(3), plainPart(safe));
    expect(await asyncRefusalOf(readPfx(file, password))).toBe('ERR_PKI_PFX_REFUSED');
  });

  it('refuses a key without encryption, in a plain part as in an encrypted one', async () => {
    const plain = await fileOf(await certificatesPart(member), plainPart(derSequence(bareKeyBag())));
    const enclosed = await fileOf(
      await certificatesPart(member),
      await encryptedPart(derSequence(bareKeyBag()), partEncryption(options)),
    );
    expect(await asyncRefusalOf(readPfx(plain, password))).toBe('ERR_PKI_PFX_REFUSED');
    expect(await asyncRefusalOf(readPfx(enclosed, password))).toBe('ERR_PKI_PFX_REFUSED');
  });

  it('refuses more iterations than the cap, in the MAC and in a bag, before it derives anything', async () => {
    const inMac = await macFile((salt) => [salt, derInteger(iterationsCap + 1)]);
    expect(await asyncRefusalOf(readPfx(inMac, password))).toBe('ERR_PKI_PFX_REFUSED');
    const key = await keyPart(memberPkcs8(), [], partEncryption({ ...options, iterations: 0x123456 }));
    const dear = Buffer.from(key.toString('hex').replace('0203123456', '02037fffff'), 'hex');
    const inBag = await fileOf(await certificatesPart(member), dear);
    expect(await asyncRefusalOf(readPfx(inBag, password))).toBe('ERR_PKI_PFX_REFUSED');
  });

  it('refuses more parts or bags than any program writes', async () => {
    const part = plainPart(derSequence());
    expect(await asyncRefusalOf(fileOf(...Array(11).fill(part)).then((file) => readPfx(file, password)))).toBe(
      'ERR_PKI_PFX_REFUSED',
    );
    const certificates = await certificatesPart(member);
    const costly = await fileOf(
      ...Array(4).fill(certificates),
      await keyPart(memberPkcs8(), [], partEncryption(options)),
    );
    expect(await asyncRefusalOf(readPfx(costly, password))).toBe('ERR_PKI_PFX_REFUSED');
    const bags = plainPart(derSequence(...Array(51).fill(certificateBag(member.certificate.raw, []))));
    expect(await asyncRefusalOf(readPfx(await fileOf(bags), password))).toBe('ERR_PKI_PFX_REFUSED');
  });

  it.each<[string, () => Promise<Buffer>]>([
    ['without a key', async () => fileOf(await certificatesPart(member))],
    [
      'with two keys',
      async () =>
        fileOf(
          await certificatesPart(member),
          await keyPart(memberPkcs8(), [], partEncryption(options)),
          await keyPart(privateKeyToDer(makeKey()), [], partEncryption(options)),
        ),
    ],
    [
      'without the certificate of its key',
      async () => fileOf(await certificatesPart(root), await keyPart(memberPkcs8(), [], partEncryption(options))),
    ],
    ['without certificates', async () => fileOf(await keyPart(memberPkcs8(), [], partEncryption(options)))],
    ['with junk for a part', () => fileOf(derInteger(1))],
    [
      'with a part of an unknown type',
      () => fileOf(derSequence(derOid('1.2.840.113549.1.7.3'), derContext(0, derNull))),
    ],
    ['of no octets', async () => Buffer.alloc(0)],
    ['of text', async () => Buffer.from('not a pfx file')],
    ['that is a certificate', async () => member.certificate.raw],
    ['cut short', async () => (await goodFile()).subarray(0, -1)],
    ['with an octet behind it', async () => Buffer.concat([await goodFile(), Buffer.alloc(1)])],
    ['with a MAC by an unknown hash', () => macFile((salt) => [salt, derInteger(1)], derSequence(derOid('1.2.3')))],
    ['with a MAC of no iterations', () => macFile((salt) => [salt, derInteger(0)])],
  ])('refuses a file %s', async (_, file) => {
    expect(await asyncRefusalOf(readPfx(await file(), password))).toBe('ERR_PKI_PFX_INVALID');
  });

  it('refuses a file longer than 1 MiB', async () => {
    expect(await asyncRefusalOf(readPfx(Buffer.alloc(1_048_577), password))).toBe('ERR_PKI_PFX_REFUSED');
  });

  it('meets every changed octet with one of its refusals, or with the very same content', async () => {
    const file = await goodFile();
    await fc.assert(
      fc.asyncProperty(fc.nat(file.length - 1), fc.integer({ min: 1, max: 255 }), async (index, mask) => {
        const changed = Buffer.from(file);
        changed[index] = (changed[index] ?? 0) ^ mask;
        const refusal = await asyncRefusalOf(
          readPfx(changed, password).then((content) => expect(content.key.equals(member.key)).toBe(true)),
        );
        const refusals = ['ERR_PASSWORD_WRONG', 'ERR_PKI_PFX_INVALID', 'ERR_PKI_PFX_REFUSED'];
        expect([...refusals, undefined]).toContain(refusal);
      }),
      { numRuns: 300 },
    );
  });
});

const sha256 = derSequence(derOid('2.16.840.1.101.3.4.2.1'), derNull);

/** A file whose MAC states anything, over nothing of worth. */
async function macFile(rest: (salt: Buffer) => Buffer[], algorithm: Buffer = sha256): Promise<Buffer> {
  const digestInfo = derSequence(algorithm, derOctetString(Buffer.alloc(32)));
  const macData = derSequence(digestInfo, ...rest(derOctetString(Buffer.alloc(8))));
  return derSequence(derInteger(3), plainPart(derSequence()), macData);
}

describe('PBMAC1 (RFC 9579)', () => {
  const hmacSha256 = derSequence(derOid('1.2.840.113549.2.9'), derNull);

  async function pbmac1File(keyOctets: number, statesLength = true): Promise<Buffer> {
    const safe = derSequence(await certificatesPart(member), await keyPart(memberPkcs8(), [], partEncryption(options)));
    const salt = randomBytes(8);
    const mac = createHmac('sha256', pbkdf2Sync(password, salt, 10, keyOctets, 'sha256'))
      .update(safe)
      .digest();
    const length = statesLength ? [derInteger(keyOctets)] : [];
    const kdf = derSequence(derOctetString(salt), derInteger(10), ...length, hmacSha256);
    const parameters = derSequence(derSequence(derOid('1.2.840.113549.1.5.12'), kdf), hmacSha256);
    const digestInfo = derSequence(derSequence(derOid('1.2.840.113549.1.5.14'), parameters), derOctetString(mac));
    return derSequence(derInteger(3), plainPart(safe), derSequence(digestInfo, derOctetString(Buffer.alloc(8))));
  }

  it.each([20, 32, 64])('reads a MAC with a key of %i octets', async (keyOctets) => {
    const file = await pbmac1File(keyOctets);
    expect((await readPfx(file, password)).key.equals(member.key)).toBe(true);
    expect(await asyncRefusalOf(readPfx(file, 'wrong'))).toBe('ERR_PASSWORD_WRONG');
  });

  it.each([1, 19, 65])('refuses a MAC with a key of %i octets, also with the right password', async (keyOctets) => {
    expect(await asyncRefusalOf(readPfx(await pbmac1File(keyOctets), password))).toBe('ERR_PKI_PFX_REFUSED');
  });

  it('refuses a MAC that does not state the length of its key', async () => {
    expect(await asyncRefusalOf(readPfx(await pbmac1File(32, false), password))).toBe('ERR_PKI_PFX_REFUSED');
  });
});
