/** Published vectors: PBMAC1 in .pfx files (RFC 9579) and PBES2 (Wycheproof). Sources stand in the files. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { packageRoot } from '../../../src/package-root.js';
import { derInteger, derOctetString, derOid, derSequence } from '../../../src/pki/der.js';
import { DerReader } from '../../../src/pki/der-reader.js';
import { describePfxProtection } from '../../../src/pki/describe-pfx.js';
import { oids } from '../../../src/pki/oids.js';
import { decryptPbes2, keysFrom } from '../../../src/pki/pbes2.js';
import { readPfx } from '../../../src/pki/pfx.js';
import { asyncRefusalOf } from './refusal.js';

interface Pbmac1Vectors {
  rfc9579: {
    password: string;
    authSafe: string[];
    files: { title: string; macData: string; sha256: string; refusal: string | null }[];
    whole: { title: string; mac: string; sha256: string; file: string[] }[];
  };
  shortKeyBypass: { passwords: string[]; file: string[] };
}

interface Pbes2Vectors {
  iterationCount: number;
  suites: { file: string; hmac: HmacName; cipher: CipherName; tests: Pbes2Test[] }[];
}

type HmacName = 'hmacWithSha1' | 'hmacWithSha256' | 'hmacWithSha384' | 'hmacWithSha512';
type CipherName = 'aes128Cbc' | 'aes192Cbc' | 'aes256Cbc';
type Pbes2Test = { tcId: number; comment: string; password: string; salt: string; iv: string; msg: string; ct: string };

const vectors = <Vectors>(name: string): Vectors =>
  JSON.parse(readFileSync(join(packageRoot(), 'test/vectors', name), 'utf8')) as Vectors;

const { rfc9579, shortKeyBypass } = vectors<Pbmac1Vectors>('pfx-pbmac1.json');
const wycheproof = vectors<Pbes2Vectors>('pbes2-wycheproof.json');
const decode = (base64: string | string[]): Buffer => Buffer.from([base64].flat().join(''), 'base64');
const hex = (text: string): Buffer => Buffer.from(text, 'hex');

describe('the .pfx files of RFC 9579, appendix A', () => {
  it.each(rfc9579.files)('$title', async ({ macData, sha256, refusal }) => {
    const file = derSequence(derInteger(3), decode(rfc9579.authSafe), decode(macData));
    expect(createHash('sha256').update(file).digest('hex')).toBe(sha256);
    expect(await asyncRefusalOf(readPfx(file, rfc9579.password))).toBe(refusal ?? undefined);
    expect(await asyncRefusalOf(readPfx(file, 'wrong'))).toBe(
      refusal === 'ERR_PKI_PFX_REFUSED' ? refusal : 'ERR_PASSWORD_WRONG',
    );
  });

  it('is opened with its key and certificate', async () => {
    const [valid] = rfc9579.files;
    const file = derSequence(derInteger(3), decode(rfc9579.authSafe), decode(valid?.macData ?? ''));
    const { key, chain } = await readPfx(file, rfc9579.password);
    expect(chain[0]?.checkPrivateKey(key)).toBe(true);
    expect(describePfxProtection(file).mac).toBe('PBMAC1: HMAC-SHA256 under PBKDF2-HMAC-SHA256, 2048 iterations');
  });

  it.each(rfc9579.whole)('$title', async ({ mac, sha256, file: lines }) => {
    const file = decode(lines);
    expect(createHash('sha256').update(file).digest('hex')).toBe(sha256);
    const { key, chain } = await readPfx(file, rfc9579.password);
    expect(chain[0]?.checkPrivateKey(key)).toBe(true);
    expect(describePfxProtection(file).mac).toBe(`PBMAC1: ${mac}, 2048 iterations`);
    expect(await asyncRefusalOf(readPfx(file, 'wrong'))).toBe('ERR_PASSWORD_WRONG');
    // Its own salt and iterations count, those of MacData mean nothing: what stands there changes nothing.
    const unused = file.lastIndexOf('NOT USED');
    expect(unused).toBeGreaterThan(0);
    const changed = Buffer.from(file).fill('SOMETHING', unused, unused + 8);
    expect((await readPfx(changed, rfc9579.password)).chain).toHaveLength(chain.length);
  });

  it.each(shortKeyBypass.passwords)('never opens the file whose MAC key is one octet, with %p', async (password) => {
    expect(await asyncRefusalOf(readPfx(decode(shortKeyBypass.file), password))).toBe('ERR_PKI_PFX_REFUSED');
  });
});

describe.each(wycheproof.suites)('PBES2 of Wycheproof: $file', ({ hmac, cipher, tests }) => {
  const parametersOf = (salt: string, iv: string, iterations: number): DerReader => {
    const prf = derSequence(derOid(oids[hmac]));
    const pbkdf2 = derSequence(derOctetString(hex(salt)), derInteger(iterations), prf);
    const scheme = derSequence(derOid(oids[cipher]), derOctetString(hex(iv)));
    return new DerReader(derSequence(derSequence(derOid(oids.pbkdf2), pbkdf2), scheme)).enter();
  };

  it.each(tests)('case $tcId: $comment', async ({ password, salt, iv, msg, ct }) => {
    const parameters = parametersOf(salt, iv, wycheproof.iterationCount);
    const plaintext = await decryptPbes2(parameters, hex(ct), keysFrom(hex(password).toString('utf8')));
    expect(plaintext.toString('hex')).toBe(msg);
  });

  it.each(tests)('case $tcId with one bit of the IV changed does not decrypt to the same', async (test) => {
    const iv = hex(test.iv);
    iv[0] = (iv[0] ?? 0) ^ 1;
    const parameters = parametersOf(test.salt, iv.toString('hex'), wycheproof.iterationCount);
    const password = hex(test.password).toString('utf8');
    const decrypting = decryptPbes2(parameters, hex(test.ct), keysFrom(password)).then((octets) =>
      octets.toString('hex'),
    );
    expect(await decrypting.catch((error: unknown) => (error as Error).message)).not.toBe(test.msg);
  });
});
