/** `--profile`: what a certificate is for. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { makeHome, type TestHome } from '../helpers/home.js';
import { describeWith } from '../helpers/require-program.js';

let test: TestHome;

beforeEach(async () => {
  test = makeHome();
  await test.done(['ca', 'init', '--no-password']);
});

afterEach(() => test.remove());

const issue = (...more: string[]) => test.done(['cert', 'issue', 'web', '--out', test.folder, ...more]);

async function usages(): Promise<unknown> {
  const { certificates } = (await test.done(['cert', 'inspect', test.at('web.pem')])) as {
    certificates: { keyUsages: string[]; extendedKeyUsages: string[] }[];
  };
  return certificates.map(({ keyUsages, extendedKeyUsages }) => [...keyUsages, ...extendedKeyUsages])[0];
}

function writeProfile(name: string, change: object): void {
  mkdirSync(join(test.home, 'templates'), { recursive: true });
  const profile = {
    purpose: 'A test',
    keyTypes: ['p256'],
    defaultValidityDays: 5,
    maximumValidityDays: 10,
    keyUsages: ['digitalSignature'],
    extendedKeyUsages: ['clientAuth'],
    ...change,
  };
  writeFileSync(join(test.home, 'templates', `${name}.json`), JSON.stringify(profile));
}

describe('qtchat cert issue --profile', () => {
  it.each<[string, string, string[]]>([
    ['peer', 'p256', ['digitalSignature', 'serverAuth', 'clientAuth']],
    ['server', 'p256', ['digitalSignature', 'serverAuth']],
    ['server', 'ed25519', ['digitalSignature', 'serverAuth']],
    ['server', 'rsa2048', ['digitalSignature', 'keyEncipherment', 'serverAuth']],
    ['client', 'rsa2048', ['digitalSignature', 'clientAuth']],
    ['ocsp', 'p256', ['digitalSignature', 'OCSPSigning']],
  ])('%s with a key of type %s says what it is for', async (profile, key, expected) => {
    await issue('--profile', profile, '--key', key);
    expect(await usages()).toEqual(expected);
  });

  it('takes one of our own, with its validity', async () => {
    writeProfile('kiosk', {});
    const issued = await issue('--profile', 'kiosk');
    expect(await usages()).toEqual(['digitalSignature', 'clientAuth']);
    const lifeMs = Date.parse(String(issued.notAfter)) - Date.parse(String(issued.notBefore));
    expect(lifeMs).toBe(5 * 86_400_000 - 1000);
  });

  it('cuts what its profile does not allow, and says so', async () => {
    writeProfile('kiosk', {});
    expect(await issue('--profile', 'kiosk', '--days', '11')).toMatchObject({
      validityCut: '10 days is the longest that its profile allows',
    });
  });

  it.each<[string, string, number, RegExp]>([
    ['an unknown one', 'absent', 3, /no profile "absent": expected peer, server, client, ocsp/],
    ['a path', '../peer', 3, /no profile "\.\.\/peer"/],
    ['that of CAs', 'intermediate', 3, /no profile "intermediate"/],
  ])('refuses %s', async (_, profile, exitCode, message) => {
    await test.refused(['cert', 'issue', 'web', '--profile', profile], exitCode, message);
  });

  it.each<[string, object, RegExp]>([
    ['would sign certificates', { keyUsages: ['keyCertSign'] }, /keyUsages must be a list from/],
    ['would last too long', { maximumValidityDays: 826 }, /maximumValidityDays must be a whole number from 1 to 825/],
    ['has a field nobody knows', { ca: true }, /it has no field "ca"/],
  ])('refuses one of our own that %s, naming the file', async (_, change, message) => {
    writeProfile('odd', change);
    await test.refused(['cert', 'issue', 'web', '--profile', 'odd'], 1, message);
    await test.refused(['cert', 'issue', 'web', '--profile', 'odd'], 1, /templates\/odd\.json/);
  });

  it('warns of a certificate for a server that names no host', async () => {
    const unnamed = /^Note: it names no host/m;
    expect((await test.run(['cert', 'issue', 'web', '--profile', 'server', '--dry-run'])).stderr).toMatch(unnamed);
    const named = ['cert', 'issue', 'web', '--profile', 'server', '--ip', '192.168.1.7', '--dry-run'];
    expect((await test.run(named)).stderr).not.toMatch(unnamed);
    expect((await test.run(['cert', 'issue', 'web', '--profile', 'client', '--dry-run'])).stderr).not.toMatch(unnamed);
  });

  it('refuses a kind of key that the profile does not have', async () => {
    writeProfile('kiosk', {});
    const argv = ['cert', 'issue', 'web', '--profile', 'kiosk', '--key', 'rsa2048', '--dry-run'];
    await test.refused(argv, 7, /its key is none of p256/);
  });

  it('lets no file of a user stand in for a profile that comes with the program', async () => {
    writeProfile('server', { extendedKeyUsages: ['clientAuth'] });
    await issue('--profile', 'server');
    expect(await usages()).toEqual(['digitalSignature', 'serverAuth']);
  });

  it('refuses an identity of mine that could not both listen and dial', async () => {
    await test.refused(['cert', 'issue', '--profile', 'server', '--dry-run'], 2, /it listens and dials/);
    await test.refused(['cert', 'issue', 'web', '--me', '--profile', 'client', '--dry-run'], 2, /it listens and dials/);
  });
});

describeWith('openssl', 'OpenSSL and our profiles', () => {
  it.each([
    ['server', 'sslserver', 'sslclient'],
    ['client', 'sslclient', 'sslserver'],
    ['ocsp', 'ocsphelper', 'sslserver'],
  ])('accepts %s as %s, and not as %s', async (profile, good, bad) => {
    await issue('--profile', profile, '--dns', 'www.example.org');
    const verify = (purpose: string) => {
      const files = ['-CAfile', join(test.home, 'ca', 'root.pem'), test.at('web.pem')];
      return spawnSync('openssl', ['verify', '-x509_strict', '-purpose', purpose, ...files]).status;
    };
    expect(verify(good)).toBe(0);
    if (profile !== 'ocsp') expect(verify(bad)).not.toBe(0);
    const text = spawnSync('openssl', ['x509', '-in', test.at('web.pem'), '-noout', '-text'], { encoding: 'utf8' });
    expect(text.stdout.includes('OCSP No Check')).toBe(profile === 'ocsp');
  });
});
