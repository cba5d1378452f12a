/** Requests (CSR) and san.cnf files of other programs, read as those programs read them, and signed by us. */
import { execFileSync } from 'node:child_process';
import { createPublicKey, X509Certificate } from 'node:crypto';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { parseSanCnf } from '../../src/pki/san-cnf.js';
import { subjectAltNamesOf } from '../../src/pki/subject-alt-name.js';
import { loadIdentity } from '../../src/store/identities.js';
import { makeHome, type TestHome } from '../helpers/home.js';
import { describeWith } from '../helpers/require-program.js';

let test: TestHome;
let serial = 0;

beforeAll(async () => {
  test = makeHome();
  expect(await test.run(['ca', 'init', '--no-password'])).toMatchObject({ exitCode: 0 });
});
afterAll(() => test.remove());

const run = (program: string, ...args: string[]): string =>
  execFileSync(program, args, { cwd: test.folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });

/** Signs `csr` for a new member; the certificate, judged by openssl, and its names as asked for. */
async function sign(csr: string, ...flags: string[]): Promise<{ leaf: X509Certificate; names: string[] }> {
  serial += 1;
  const result = await test.run(['cert', 'sign', test.at(csr), `m${serial}`, '--out', test.at('signed'), ...flags]);
  expect(result).toMatchObject({ exitCode: 0, stderr: expect.not.stringContaining('Error') });
  const path = test.at('signed', `m${serial}.pem`);
  const verdict = run('openssl', 'verify', '-x509_strict', '-CAfile', join(test.home, 'ca', 'root.pem'), path);
  expect(verdict).toBe(`${path}: OK\n`);
  const leaf = new X509Certificate(readFileSync(path));
  const names = subjectAltNamesOf(leaf).filter(({ value }) => !value.startsWith('qtchat:'));
  return { leaf, names: names.map(({ type, value }) => `${type}:${value}`) };
}

async function expectRefusal(csr: string, message: RegExp): Promise<void> {
  const result = await test.run(['cert', 'sign', test.at(csr), 'nobody', '--out', test.at('signed')]);
  expect(result).toMatchObject({ exitCode: 7, stdout: '', stderr: expect.stringMatching(message) });
}

const keyOptions: Record<string, string[]> = {
  rsa2048: ['-newkey', 'rsa:2048'],
  'P-256': ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256'],
  'P-384': ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-384'],
  ed25519: ['-newkey', 'ed25519'],
};
const opensslReq = (...args: string[]): string =>
  run('openssl', 'req', '-new', '-nodes', '-keyout', 'openssl.key', '-subj', '/CN=Bob Smith/O=Ship', ...args);

describeWith('openssl', 'requests and san.cnf files of openssl', () => {
  it.each(Object.keys(keyOptions))('signs a request for a key of type %s', async (type) => {
    const san =
      'subjectAltName=DNS:Bob.example,IP:192.168.1.7,IP:fd00::7,email:bob@example.org,URI:https://bob.example/';
    opensslReq(...(keyOptions[type] ?? []), '-addext', san, '-out', 'openssl.csr');
    const { leaf, names } = await sign('openssl.csr');
    expect(names).toEqual([
      'dns:bob.example',
      'ip:192.168.1.7',
      'ip:fd00::7',
      'email:bob@example.org',
      'uri:https://bob.example/',
    ]);
    expect(leaf.publicKey.equals(createPublicKey(readFileSync(test.at('openssl.key'))))).toBe(true);
    expect(leaf.subject).toBe(`CN=m${serial}`);
  });

  it('signs a request in DER, named by its common name', async () => {
    opensslReq('-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-outform', 'DER', '-out', 'bob.der');
    const result = await test.run(['cert', 'sign', test.at('bob.der'), '--out', test.at('signed'), '--json']);
    expect(result.json()).toMatchObject({ member: 'bob-smith', names: [] });
  });

  it.each<[string, string[], RegExp]>([
    ['to be a CA', ['-addext', 'basicConstraints=critical,CA:TRUE'], /asks to be a CA/],
    ['to sign certificates', ['-addext', 'keyUsage=digitalSignature,keyCertSign'], /key usage keyCertSign/],
    ['to sign code', ['-addext', 'extendedKeyUsage=codeSigning'], /purpose 1\.3\.6\.1\.5\.5\.7\.3\.3/],
    ["for a member's name", ['-addext', 'subjectAltName=URI:qtchat://x/eve'], /only the ledger/],
    ['for a short key', ['-newkey', 'rsa:1024'], /too weak/],
  ])('refuses a request %s', async (_, args, message) => {
    const key = args.includes('-newkey') ? [] : (keyOptions['P-256'] ?? []);
    opensslReq(...key, ...args, '-out', 'refused.csr');
    await expectRefusal('refused.csr', message);
  });

  it('refuses a name that no certificate may have, unless a san.cnf replaces it', async () => {
    opensslReq(...(keyOptions['P-256'] ?? []), '-addext', 'subjectAltName=DNS:bob_smith.example', '-out', 'odd.csr');
    await expectRefusal('odd.csr', /refused: "bob_smith\.example" is no DNS name.*--san-cnf/);
    const { names } = await sign('odd.csr', '--san-cnf', test.file('one.cnf', 'subjectAltName = DNS:bob.example'));
    expect(names).toEqual(['dns:bob.example']);
  });

  it('says which purposes the profile does not give', async () => {
    opensslReq(...(keyOptions['P-256'] ?? []), '-addext', 'extendedKeyUsage=OCSPSigning', '-out', 'ocsp.csr');
    const dryRun = ['cert', 'sign', test.at('ocsp.csr'), 'ocsp', '--dry-run'];
    expect((await test.run(dryRun)).stderr).toContain('the purpose OCSPSigning, which profile peer does not give');
    const result = await test.run([...dryRun, '--profile', 'ocsp', '--json']);
    expect(result.json()).toMatchObject({ extendedKeyUsages: ['OCSPSigning'], warnings: [] });
  });

  it('says which names it does not take', async () => {
    const san = 'subjectAltName=DNS:bob.example,otherName:1.2.3.4;UTF8:bob,RID:1.2.3.4';
    opensslReq(...(keyOptions['P-256'] ?? []), '-addext', san, '-out', 'other.csr');
    const result = await test.run(['cert', 'sign', test.at('other.csr'), 'nobody', '--dry-run']);
    expect(result.stderr).toContain('Note: 2 names of the request left out');
  });

  it('signs what the first README told people to do, and openssl sees the same names in both certificates', async () => {
    const sanCnf = test.file('san.cnf', readFileSync(new URL('../vectors/seed-san.cnf', import.meta.url)));
    run('openssl', 'genpkey', '-algorithm', 'RSA', '-out', 'server.key', '-pkeyopt', 'rsa_keygen_bits:2048');
    run('openssl', 'req', '-new', '-key', 'server.key', '-out', 'server.csr', '-config', sanCnf);
    run(
      'openssl',
      'req',
      '-x509',
      '-newkey',
      'rsa:2048',
      '-nodes',
      '-keyout',
      'ca.key',
      '-subj',
      '/CN=CA',
      '-out',
      'ca.pem',
    );
    const ca = ['-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial', '-days', '365', '-sha256'];
    run(
      'openssl',
      'x509',
      '-req',
      '-in',
      'server.csr',
      ...ca,
      '-out',
      'theirs.pem',
      '-extfile',
      sanCnf,
      '-extensions',
      'v3_req',
    );
    const theirs = subjectAltNamesOf(new X509Certificate(readFileSync(test.at('theirs.pem'))));
    const { names, leaf } = await sign('server.csr', '--san-cnf', sanCnf);
    expect(names).toEqual(theirs.map(({ type, value }) => `${type}:${value}`));
    expect(leaf.publicKey.asymmetricKeyDetails?.modulusLength).toBe(2048);
  });

  it('reads any san.cnf of the usual form into the names that openssl reads', () => {
    const label = fc.stringMatching(/^[a-z][a-z0-9]{0,8}$/);
    const name = fc.oneof(
      label.map((text) => ['DNS', `${text}.example`] as const),
      fc.ipV4().map((text) => ['IP', text] as const),
      fc.ipV6().map((text) => ['IP', text] as const),
      label.map((text) => ['email', `${text}@example.org`] as const),
      label.map((text) => ['URI', `https://${text}.example/${text}`] as const),
    );
    const space = fc.constantFrom('', ' ', '\t', '  ');
    const ending = fc.constantFrom('', ' ', ' # why', '#why', ' \\\n');
    const entries = fc.array(fc.tuple(name, space, space, ending), { minLength: 1, maxLength: 6 });
    const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', 'any.key'];
    fc.assert(
      fc.property(entries, fc.boolean(), (list, inline) => {
        const lines = list.map(
          ([[kind, value], before, after, end], index) => `${kind}.${index}${before}=${after}${value}${end}`,
        );
        const values = inline
          ? `subjectAltName = ${list.map(([[kind, value], before, after]) => `${before}${kind}:${after}${value}`).join(',')}`
          : `subjectAltName = @names\n[ names ]\n${lines.join('\n')}\n`;
        const text = `[ req ]\nprompt = no\ndistinguished_name = dn\n[ dn ]\nCN = bob\n[ v3 ]\n${values}\n`;
        const path = test.file('any.cnf', text);
        run('openssl', 'req', '-x509', ...key, '-config', path, '-extensions', 'v3', '-out', 'any.pem');
        const theirs = subjectAltNamesOf(new X509Certificate(readFileSync(test.at('any.pem'))));
        const unique = new Set(theirs.map(({ type, value }) => `${type}:${value}`));
        const { names, commonName, warnings } = parseSanCnf(text);
        expect(names.map(({ type, value }) => `${type}:${value}`)).toEqual([...unique]);
        expect({ commonName, warnings }).toEqual({ commonName: 'bob', warnings: [] });
      }),
      { numRuns: 40 },
    );
  });

  it('makes requests that openssl verifies, signs with its CA, and whose answer comes home', async () => {
    const guest = test.at('guest');
    mkdirSync(guest);
    const names = [
      '--ip',
      '::ffff:1.2.3.4',
      '--dns',
      '*.example.org',
      '--email',
      'bob@example.org',
      '--uri',
      'urn:x:y',
    ];
    await test.run(['cert', 'request', 'gus', ...names, '--out', test.folder], { home: guest });
    const text = run('openssl', 'req', '-in', 'gus.csr', '-verify', '-noout', '-text');
    expect(text).toContain('IP Address:0:0:0:0:0:FFFF:102:304, DNS:*.example.org, email:bob@example.org, URI:urn:x:y');
    await test.run(['cert', 'sign', test.at('gus.csr'), '--out', test.folder]);
    run('openssl', 'x509', '-in', 'gus.pem', '-outform', 'DER', '-out', 'gus.der');
    const root = join(test.home, 'ca', 'root.pem');
    const result = await test.run(['cert', 'import', test.at('gus.der'), '--root-file', root], { home: guest });
    expect(result).toMatchObject({ exitCode: 0 });
    expect(await loadIdentity({ folder: guest })).toMatchObject({ member: 'gus', keyOrigin: 'local' });
  });
});

describeWith('keytool', 'requests of keytool', () => {
  it.each([
    ['RSA', ['-keyalg', 'RSA', '-keysize', '3072']],
    ['EC', ['-keyalg', 'EC', '-groupname', 'secp256r1']],
    ['Ed25519', ['-keyalg', 'Ed25519']],
  ])('signs a request for an %s key', async (alias, args) => {
    const store = ['-keystore', `${alias}.p12`, '-storepass', 'changeit', '-alias', alias];
    run('keytool', '-genkeypair', ...store, ...args, '-dname', 'CN=Bob Smith, O=Ship');
    const san = ['-ext', 'SAN=dns:Bob.example,ip:192.168.1.7,email:bob@example.org,uri:https://bob.example/'];
    run('keytool', '-certreq', ...store, ...san, '-file', 'keytool.csr');
    const { names } = await sign('keytool.csr');
    const expected = ['dns:bob.example', 'ip:192.168.1.7', 'email:bob@example.org', 'uri:https://bob.example/'];
    expect(names).toEqual(expected);
  });
});

describeWith('certtool', 'requests of GnuTLS', () => {
  it.each([
    ['rsa', ['--key-type=rsa', '--bits=2048']],
    ['ecdsa', ['--key-type=ecdsa', '--curve=secp256r1']],
    ['ed25519', ['--key-type=ed25519']],
  ])('signs a request for a key of type %s', async (_type, args) => {
    run('certtool', '--generate-privkey', ...args, '--outfile', 'gnutls.key');
    const lines = [
      'cn = "Bob Smith"',
      'dns_name = "Bob.example"',
      'ip_address = "192.168.1.7"',
      'email = "bob@example.org"',
    ];
    const template = test.file('gnutls.cfg', [...lines, 'uri = "https://bob.example/"', 'tls_www_server'].join('\n'));
    const files = ['--load-privkey', 'gnutls.key', '--template', template, '--outfile', 'gnutls.csr'];
    run('certtool', '--generate-request', ...files);
    const { names } = await sign('gnutls.csr');
    expect([...names].sort()).toEqual([
      'dns:bob.example',
      'email:bob@example.org',
      'ip:192.168.1.7',
      'uri:https://bob.example/',
    ]);
  });
});
