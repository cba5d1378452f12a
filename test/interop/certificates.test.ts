/** What we make, read by OpenSSL; what OpenSSL makes, read by us. */
import { execFileSync } from 'node:child_process';
import { createPublicKey, type KeyObject, randomBytes, type X509Certificate } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { createCsr, readCsr } from '../../src/pki/csr.js';
import { issueCertificate, issueRoot } from '../../src/pki/issue.js';
import { createIssuer, type Issuer } from '../../src/pki/issuer.js';
import { generateKey, type KeyType, keyTypes } from '../../src/pki/key-type.js';
import { parseCertificates, toPem } from '../../src/pki/pem.js';
import { humanPasswordIterations, readPfx, writePfx } from '../../src/pki/pfx.js';
import { buildCertificatePlan, buildRootPlan } from '../../src/pki/plan.js';
import { encryptPrivateKey, privateKeyToPem, readPrivateKey } from '../../src/pki/private-key.js';
import { parseDnsName, parseIpAddress, subjectAltNamesOf } from '../../src/pki/subject-alt-name.js';
import { verifyPath } from '../../src/pki/verify-path.js';
import { loadProfile } from '../../src/store/profiles.js';
import { describeWith } from '../helpers/require-program.js';

const deps = { clock: () => new Date(), random: randomBytes };

describeWith('openssl', 'certificates and OpenSSL', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'qtchat-openssl-'));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const at = (name: string) => join(folder, name);
  const save = (name: string, content: string | Buffer) => {
    writeFileSync(at(name), content);
    return at(name);
  };
  const openssl = (...args: string[]) =>
    execFileSync('openssl', args, { cwd: folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });

  async function makeRoot(type: KeyType): Promise<{ key: KeyObject; root: X509Certificate; issuer: Issuer }> {
    const key = await generateKey(type);
    const root = await issueRoot(buildRootPlan({ name: 'Our family', key, validityDays: 3650 }, deps), key);
    return { key, root, issuer: createIssuer(key, [root]) };
  }

  async function issueBob(issuer: Issuer, publicKey: KeyObject): Promise<X509Certificate> {
    const names = [parseIpAddress('192.168.1.100'), parseIpAddress('::ffff:1.2.3.4'), parseDnsName('*.example.org')];
    const request = { member: 'bob', names, publicKey, validityDays: 365 };
    return issueCertificate(buildCertificatePlan(request, await loadProfile(), issuer, deps), issuer);
  }

  it.each(keyTypes)('openssl verify -x509_strict accepts root and member with keys of type %s', async (type) => {
    const { root, issuer } = await makeRoot(type);
    const leaf = await issueBob(issuer, createPublicKey(await generateKey(type)));
    const [rootFile, leafFile] = [save('root.pem', toPem(root)), save('leaf.pem', toPem(leaf))];
    for (const purpose of ['sslserver', 'sslclient']) {
      const verdict = openssl('verify', '-x509_strict', '-purpose', purpose, '-CAfile', rootFile, leafFile);
      expect(verdict).toBe(`${leafFile}: OK\n`);
    }
    expect(openssl('verify', '-x509_strict', '-CAfile', rootFile, rootFile)).toBe(`${rootFile}: OK\n`);
  });

  it('openssl finds the names where it looks for them', async () => {
    const { root, issuer } = await makeRoot('p256');
    const leaf = save('leaf.pem', toPem(await issueBob(issuer, createPublicKey(await generateKey('p256')))));
    const verify = ['verify', '-x509_strict', '-CAfile', save('root.pem', toPem(root))];
    expect(openssl(...verify, '-verify_ip', '192.168.1.100', leaf)).toContain('OK');
    expect(openssl(...verify, '-verify_hostname', 'host.example.org', leaf)).toContain('OK');
    expect(() => openssl(...verify, '-verify_ip', '192.168.1.101', leaf)).toThrow(/mismatch/);
    expect(() => openssl(...verify, '-verify_hostname', 'bob', leaf)).toThrow(/mismatch/);
    expect(openssl('x509', '-in', leaf, '-noout', '-ext', 'subjectAltName')).toContain(
      'IP Address:0:0:0:0:0:FFFF:102:304',
    );
  });

  it.each(keyTypes)('openssl pkey opens our encrypted key of type %s', async (type) => {
    const key = await generateKey(type);
    const file = save('ca.key', await encryptPrivateKey(key, 'pass word', deps));
    expect(openssl('pkey', '-in', file, '-passin', 'pass:pass word')).toBe(privateKeyToPem(key));
    expect(() => openssl('pkey', '-in', file, '-passin', 'pass:password')).toThrow();
  });

  it.each(['p256', 'ed25519', 'rsa2048'] as const)(
    'openssl pkcs12 opens our .pfx with a key of type %s',
    async (type) => {
      const { root, issuer } = await makeRoot(type);
      const key = await generateKey(type);
      const leaf = await issueBob(issuer, createPublicKey(key));
      const options = { password: 'pass word', friendlyName: 'bob', iterations: humanPasswordIterations };
      const file = save(
        'bob.pfx',
        await writePfx({ key, chain: [leaf.raw, root.raw] }, { ...options, random: randomBytes }),
      );
      const text = openssl('pkcs12', '-in', file, '-passin', 'pass:pass word', '-noenc');
      expect(text).toContain('friendlyName: bob');
      expect(parseCertificates(text).map((certificate) => certificate.raw)).toEqual([leaf.raw, root.raw]);
      expect((await readPrivateKey(text)).equals(key)).toBe(true);
      expect(() => openssl('pkcs12', '-in', file, '-passin', 'pass:password', '-noenc')).toThrow(/invalid password/);
    },
  );

  it.each<[string, KeyType, string[]]>([
    ['its default', 'rsa2048', []],
    ['its default and an EC key', 'p256', []],
    ['many iterations', 'p256', ['-iter', '100000']],
    ['SHA-512 for the MAC', 'p256', ['-macalg', 'sha512']],
    ['3DES and SHA-1', 'rsa2048', ['-keypbe', 'PBE-SHA1-3DES', '-certpbe', 'PBE-SHA1-3DES', '-macalg', 'sha1']],
    ['40-bit RC2 for certificates', 'rsa2048', ['-legacy']],
    ['40-bit RC2 and an Ed25519 key', 'ed25519', ['-legacy']],
    ['certificates in the clear', 'p256', ['-certpbe', 'NONE']],
  ])('we open a .pfx that openssl makes with %s', async (_, type, flags) => {
    const { root, issuer } = await makeRoot('p256');
    const key = await generateKey(type);
    const leaf = await issueBob(issuer, createPublicKey(key));
    const files = ['-in', save('chain.pem', toPem(leaf, root)), '-inkey', save('leaf.key', privateKeyToPem(key))];
    openssl('pkcs12', '-export', ...files, '-out', 'theirs.pfx', '-passout', 'pass:pass word', ...flags);
    const content = await readPfx(readFileSync(at('theirs.pfx')), 'pass word');
    expect(content.key.equals(key)).toBe(true);
    expect(content.chain.map((certificate) => certificate.raw)).toEqual([leaf.raw, root.raw]);
    await expect(readPfx(readFileSync(at('theirs.pfx')), 'wrong')).rejects.toMatchObject({
      code: 'ERR_PASSWORD_WRONG',
    });
  });

  it.each([
    ['without a MAC', ['-nomac']],
    ['with its key in the clear', ['-keypbe', 'NONE']],
  ])('we refuse a .pfx that openssl makes %s', async (_, flags) => {
    const { root } = await makeRoot('p256');
    const { key, root: own } = await makeRoot('p256');
    const files = ['-in', save('chain.pem', toPem(own, root)), '-inkey', save('leaf.key', privateKeyToPem(key))];
    openssl('pkcs12', '-export', ...files, '-out', 'open.pfx', '-passout', 'pass:pw', ...flags);
    await expect(readPfx(readFileSync(at('open.pfx')), 'pw')).rejects.toMatchObject({ code: 'ERR_PKI_PFX_REFUSED' });
  });

  it('we open the private keys that openssl encrypts', async () => {
    for (const [name, flags] of Object.entries({ pkcs8: [], traditional: ['-traditional'] })) {
      openssl('genpkey', '-algorithm', 'RSA', '-pkeyopt', 'rsa_keygen_bits:2048', '-out', 'plain.key');
      openssl('rsa', '-in', 'plain.key', '-aes256', '-passout', 'pass:pw', '-out', `${name}.key`, ...flags);
      const [plain, encrypted] = ['plain.key', `${name}.key`].map((file) => readFileSync(at(file), 'utf8'));
      expect((await readPrivateKey(encrypted ?? '', 'pw')).equals(await readPrivateKey(plain ?? ''))).toBe(true);
    }
  });

  it('openssl req verifies our request, and we read one of its own with its names', async () => {
    const key = await generateKey('p384');
    save('ours.csr', await createCsr(key, 'bob'));
    expect(openssl('req', '-inform', 'DER', '-in', 'ours.csr', '-verify', '-noout', '-subject')).toMatch(/CN ?= ?bob/);
    save('theirs.key', privateKeyToPem(key));
    const names = 'subjectAltName=DNS:a.example,IP:10.0.0.1';
    openssl(
      'req',
      '-new',
      '-key',
      'theirs.key',
      '-subj',
      '/O=Us/CN=eve',
      '-addext',
      names,
      '-outform',
      'DER',
      '-out',
      'theirs.csr',
    );
    const request = await readCsr(readFileSync(at('theirs.csr')));
    expect(request.commonName).toBe('eve');
    expect(request.publicKey.equals(createPublicKey(key))).toBe(true);
    expect(request.names).toEqual([
      { type: 'dns', value: 'a.example' },
      { type: 'ip', value: '10.0.0.1' },
    ]);
  });

  it('we issue under a CA that openssl made, and agree with it about the path', async () => {
    openssl('ecparam', '-name', 'prime256v1', '-genkey', '-noout', '-out', 'their-ca.key');
    const subject = ['-subj', '/C=DE/O=Us/CN=Their CA', '-days', '30'];
    openssl(
      'req',
      '-x509',
      '-key',
      'their-ca.key',
      ...subject,
      '-addext',
      'keyUsage=critical,keyCertSign,cRLSign',
      '-out',
      'their-ca.pem',
    );
    const chain = parseCertificates(readFileSync(at('their-ca.pem')));
    const issuer = createIssuer(await readPrivateKey(readFileSync(at('their-ca.key'), 'utf8')), chain);
    // Their clock says now; ours must not begin earlier.
    const leaf = await issueBob(issuer, createPublicKey(await generateKey('p256')));
    expect(openssl('verify', '-x509_strict', '-CAfile', 'their-ca.pem', save('leaf.pem', toPem(leaf)))).toContain('OK');
    const [root] = chain;
    expect(
      root === undefined ? undefined : verifyPath([leaf], root, { at: new Date(), purpose: 'clientAuth' }),
    ).toEqual([]);
    expect(subjectAltNamesOf(leaf)).toHaveLength(4);
  });
});
