/**
 * The journey of QTChat's first README, step by step, with our commands instead of openssl's: an RSA CA
 * under a password, a request, a san.cnf, a signature, a `.pfx`. OpenSSL judges every result.
 */
import { execFileSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { makeHome, type TestHome } from '../helpers/home.js';
import { describeWith } from '../helpers/require-program.js';

describeWith('openssl', 'the journey of the first README', () => {
  let test: TestHome;
  let host: string;
  let guest: string;
  beforeAll(() => {
    test = makeHome();
    host = test.at('host');
    guest = test.at('guest');
    test.file('password', 'yourpassword\n');
    test.file('san.cnf', readFileSync(new URL('../vectors/seed-san.cnf', import.meta.url)));
  });
  afterAll(() => test.remove());

  const run = async (home: string, ...argv: string[]): Promise<void> => {
    expect(await test.run(argv, { home })).toMatchObject({ exitCode: 0 });
  };
  const openssl = (...args: string[]): string =>
    execFileSync('openssl', args, { cwd: test.folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  const certificate = (path: string): X509Certificate => new X509Certificate(readFileSync(path));

  it('makes a CA with an RSA key of 4096 bits under a password, for 3650 days', async () => {
    await run(host, 'ca', 'init', '--key', 'rsa4096', '--days', '3650', '--ca-password-file', test.at('password'));
    const key = join(host, 'ca', 'ca.key');
    expect(openssl('pkey', '-in', key, '-passin', 'pass:yourpassword', '-noout', '-text')).toContain('4096 bit');
    const root = certificate(join(host, 'ca', 'root.pem'));
    expect(root.ca && root.checkIssued(root) && root.verify(root.publicKey)).toBe(true);
    expect(Math.round((Date.parse(root.validTo) - Date.parse(root.validFrom)) / 86_400_000)).toBe(3650);
  }, 60_000);

  it('makes a key of 2048 bits and a request for it', async () => {
    await run(guest, 'cert', 'request', 'server', '--key', 'rsa2048', '--out', test.folder);
    const text = openssl('req', '-in', 'server.csr', '-verify', '-noout', '-text');
    expect(text).toContain('2048 bit');
    expect(text).toMatch(/Subject: CN ?= ?server/);
  });

  it('signs it with SHA-256 for 365 days and the names of san.cnf', async () => {
    const flags = ['--san-cnf', test.at('san.cnf'), '--days', '365', '--ca-password-file', test.at('password')];
    await run(host, 'cert', 'sign', test.at('server.csr'), ...flags, '--out', test.folder);
    const root = join(host, 'ca', 'root.pem');
    expect(openssl('verify', '-x509_strict', '-CAfile', root, 'server.pem')).toBe('server.pem: OK\n');
    const verifyIp = ['-verify_ip', '192.168.1.100', '-verify_hostname', 'www.example.com'];
    expect(openssl('verify', ...verifyIp, '-CAfile', root, 'server.pem')).toBe('server.pem: OK\n');
    expect(openssl('x509', '-in', 'server.pem', '-noout', '-text')).toContain('sha256WithRSAEncryption');
    const { validFrom, validTo, subjectAltName } = certificate(test.at('server.pem'));
    expect(Math.round((Date.parse(validTo) - Date.parse(validFrom)) / 86_400_000)).toBe(365);
    expect(subjectAltName).toMatch(
      /^DNS:example\.com, DNS:www\.example\.com, IP Address:192\.168\.1\.100, URI:qtchat:/,
    );
  });

  it('brings the answer to its key, and exports both under a password', async () => {
    const rootFile = ['--root-file', join(host, 'ca', 'root.pem')];
    await run(guest, 'cert', 'import', test.at('server.pem'), ...rootFile);
    const pfx = ['--pfx', '--pfx-password-file', test.at('password'), '--out', test.at('server.pfx')];
    await run(guest, 'cert', 'export', 'server', ...pfx);
    const text = openssl('pkcs12', '-in', 'server.pfx', '-passin', 'pass:yourpassword', '-nodes');
    expect(new X509Certificate(text).fingerprint256).toBe(certificate(test.at('server.pem')).fingerprint256);
    expect(text).toContain('BEGIN PRIVATE KEY');
    expect(() => openssl('pkcs12', '-in', 'server.pfx', '-passin', 'pass:yourpassworD', '-nodes')).toThrow();
  });
});
