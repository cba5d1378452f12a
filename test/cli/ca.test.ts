import { spawnSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { chmodSync, mkdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { fakeTerminal } from '../helpers/fake-terminal.js';
import { makeHome, type TestHome } from '../helpers/home.js';
import { describeWith } from '../helpers/require-program.js';

let test: TestHome;

beforeEach(() => {
  test = makeHome();
});

afterEach(() => {
  test.remove();
});

const keyPath = (): string => join(test.home, 'ca', 'ca.key');
const rootPath = (): string => join(test.home, 'ca', 'root.pem');
const isEncrypted = (): boolean => readFileSync(keyPath(), 'utf8').startsWith('-----BEGIN ENCRYPTED PRIVATE KEY-----');

describe('qtchat ca init', () => {
  it('makes a key and a root, says where, and warns that the key has no password', async () => {
    const result = await test.run(['ca', 'init', '--no-password']);
    expect(result).toMatchObject({ exitCode: 0 });
    expect(result.stdout).toContain(keyPath());
    expect(result.stdout).toContain(rootPath());
    expect(result.stderr).toMatch(/Warning: the CA key has no password/);
    expect(result.stderr).toMatch(/Next: qtchat cert issue/);
    expect(isEncrypted()).toBe(false);
    expect(statSync(keyPath()).mode & 0o777).toBe(0o600);
    expect(statSync(test.home).mode & 0o777).toBe(0o700);
  });

  it('encrypts the key under the password of a file, and warns of nothing', async () => {
    const result = await test.run(['ca', 'init', '--ca-password-file', test.file('password', 'secret\n')]);
    expect(result).toMatchObject({ exitCode: 0 });
    expect(result.stderr).not.toContain('Warning');
    expect(result.stdout + result.stderr).not.toContain('secret');
    expect(isEncrypted()).toBe(true);
  });

  it('takes the password from standard input', async () => {
    expect(await test.run(['ca', 'init', '--ca-password-file', '-'], { stdin: 'secret\n' })).toMatchObject({
      exitCode: 0,
    });
    expect(isEncrypted()).toBe(true);
  });

  it('asks twice at a terminal', async () => {
    const terminal = fakeTerminal(
      { when: 'New password for the CA key', type: 'secret\r' },
      { when: 'The same again', type: 'secret\r' },
    );
    const result = await test.run(['ca', 'init'], { stdin: terminal.stdin, onStderr: terminal.onScreen });
    expect(result).toMatchObject({ exitCode: 0 });
    expect(result.stdout).not.toContain('New password');
    expect(terminal.remaining()).toBe(0);
    expect(isEncrypted()).toBe(true);
  });

  it('understands Enter at a terminal as no password, and warns', async () => {
    const terminal = fakeTerminal({ when: 'Enter for none', type: '\r' });
    const result = await test.run(['ca', 'init'], { stdin: terminal.stdin, onStderr: terminal.onScreen });
    expect(result).toMatchObject({ exitCode: 0, stderr: expect.stringContaining('Warning') });
    expect(isEncrypted()).toBe(false);
  });

  it('leaves nothing behind when it is cancelled', async () => {
    const terminal = fakeTerminal({ when: 'New password', type: '\x03' });
    const result = await test.run(['ca', 'init'], { stdin: terminal.stdin, onStderr: terminal.onScreen });
    expect(result).toMatchObject({ exitCode: 130, stdout: '' });
    expect(test.everything()).toEqual([]);
  });

  it('gives one JSON object that says what the root says', async () => {
    const clock = () => new Date('2030-01-01T00:00:00Z');
    const argv = [
      'ca',
      'init',
      '--no-password',
      '--name',
      'Fämily "circle", #1 \\AB',
      '--key',
      'ed25519',
      '--days',
      '10',
      '--json',
    ];
    const result = await test.run(argv, { clock });
    const root = new X509Certificate(readFileSync(rootPath()));
    expect(result.json()).toEqual({
      name: 'Fämily "circle", #1 \\AB',
      circleId: expect.stringMatching(/^[a-z2-7]{26}$/),
      keyType: 'ed25519',
      intermediate: null,
      nameConstraints: null,
      encrypted: false,
      notBefore: '2029-12-31T23:59:00.000Z',
      notAfter: new Date(root.validTo).toISOString(),
      fingerprintSha256: root.fingerprint256.replaceAll(':', '').toLowerCase(),
      keyPath: keyPath(),
      rootPath: rootPath(),
      oldCa: null,
      oldLedger: null,
    });
    expect(result.stderr).toBe('');
    // The last second counts (RFC 5280 §4.1.2.5).
    expect(Date.parse(root.validTo) - Date.parse(root.validFrom)).toBe(10 * 86_400_000 - 1000);
  });

  it.each(['p256', 'p384', 'ed25519', 'rsa2048'])('makes a CA of type %s that can issue', async (key) => {
    expect(await test.run(['ca', 'init', '--no-password', '--key', key])).toMatchObject({ exitCode: 0 });
    const issued = await test.run(['cert', 'issue', 'bob', '--out', test.at('out')]);
    expect(issued).toMatchObject({ exitCode: 0 });
  });

  it('keeps an old CA and its ledger with --force, and frees its names', async () => {
    await test.run(['ca', 'init', '--no-password']);
    await test.run(['cert', 'issue', 'bob', '--out', test.at('first')]);
    const oldKey = readFileSync(keyPath(), 'utf8');
    const result = await test.run(['ca', 'init', '--no-password', '--force', '--json']);
    expect(result.json()).toMatchObject({
      oldCa: join(test.home, 'ca.bak'),
      oldLedger: join(test.home, 'ledger.db.bak'),
    });
    expect(readFileSync(join(test.home, 'ca.bak', 'ca.key'), 'utf8')).toBe(oldKey);
    expect(await test.run(['cert', 'issue', 'bob', '--out', test.at('second')])).toMatchObject({ exitCode: 0 });
  });

  describe('refuses, and leaves nothing behind:', () => {
    const good = ['ca', 'init', '--no-password'];
    it.each<[string, string[], number, RegExp]>([
      ['an unknown key type', [...good, '--key', 'dsa'], 2, /"dsa" is no key type: expected p256/],
      ['a weak key', [...good, '--key', 'rsa1024'], 2, /no key type/],
      ['no days', [...good, '--days', '0'], 2, /0/],
      ['negative days', [...good, '--days', '-1'], 2, /-1/],
      ['part of a day', [...good, '--days', '1.5'], 2, /1\.5/],
      ['days that are no number', [...good, '--days', 'many'], 2, /many/],
      ['more days than any root may have', [...good, '--days', '40000'], 2, /40000/],
      ['an empty name', [...good, '--name', ''], 2, /--name is empty/],
      ['a name that is too long', [...good, '--name', 'x'.repeat(65)], 2, /xxx/],
      ['a name with a control character', [...good, '--name', 'a\u0007b'], 2, /\\u\{7\}/],
      ['an unknown flag', [...good, '--nope'], 2, /--nope/],
      ['a password with --no-password', [...good, '--ca-password-file', 'x'], 2, /--no-password/],
      ['nobody to ask for a password', ['ca', 'init'], 2, /--ca-password-file.*--no-password/],
      ['a missing password file', ['ca', 'init', '--ca-password-file', '/nowhere/at/all'], 3, /\/nowhere\/at\/all/],
      ['an empty password', ['ca', 'init', '--ca-password-file', '/dev/null'], 2, /is empty/],
    ])('%s', async (_title, argv, exitCode, message) => {
      const result = await test.run(argv);
      expect(result).toMatchObject({ exitCode, stdout: '' });
      expect(result.stderr).toMatch(message);
      expect(result.stderr).toMatch(/^Error: [^\n]+\n$/);
      expect(test.everything()).toEqual([]);
    });

    it('a home that cannot be made', async () => {
      const result = await test.run(good, { home: join(test.file('file', ''), 'home') });
      expect(result).toMatchObject({ exitCode: 1, stdout: '' });
      expect(result.stderr).toMatch(/^Error: cannot write ".*file\/home.*" \(ENOTDIR\)\. .+\n$/);
      expect(test.everything()).toHaveLength(1);
    });

    it('a CA that exists, before asking for a password', async () => {
      await test.run(good);
      const before = test.everything();
      const result = await test.run(['ca', 'init']);
      expect(result).toMatchObject({ exitCode: 4, stdout: '' });
      expect(result.stderr).toMatch(/exists already\. Nothing was overwritten; with --force/);
      expect(test.everything()).toEqual(before);
    });

    it('--force when the old ledger cannot be read: the old CA stays', async () => {
      await test.run(good);
      const before = readFileSync(keyPath(), 'utf8');
      test.file('home/ledger.db', 'damaged '.repeat(1000));
      const result = await test.run([...good, '--force']);
      expect(result).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('ledger.db') });
      expect(readFileSync(keyPath(), 'utf8')).toBe(before);
      expect(test.everything().some((name) => name.includes('.bak'))).toBe(false);
    });
  });

  it('reports a refusal under --json as one object, with the same exit code', async () => {
    const result = await test.run(['ca', 'init', '--no-password', '--key', 'dsa', '--json']);
    expect(result).toMatchObject({ exitCode: 2, stderr: '' });
    expect(result.json()).toEqual({
      error: { code: 'ERR_PKI_KEY_TYPE', message: expect.stringContaining('dsa'), hint: expect.any(String) },
    });
  });
});

describe('qtchat ca show', () => {
  it('shows what ca init made', async () => {
    const made = await test.run(['ca', 'init', '--ca-password-file', test.file('password', 'secret'), '--json']);
    const { oldCa: _oldCa, oldLedger: _oldLedger, ...ca } = made.json();
    expect((await test.run(['ca', 'show', '--json'])).json()).toEqual({ ...ca, expired: false });
    const { stdout } = await test.run(['ca', 'show']);
    expect(stdout).toContain('encrypted');
    expect(stdout).toContain(String(ca.circleId));
  });

  it('says that the root has expired', async () => {
    await test.run(['ca', 'init', '--no-password', '--days', '1']);
    const clock = () => new Date(Date.now() + 3 * 86_400_000);
    expect((await test.run(['ca', 'show'], { clock })).stdout).toContain('(expired)');
  });

  it('names ca init where there is no CA, and leaves nothing behind', async () => {
    const result = await test.run(['ca', 'show']);
    expect(result).toMatchObject({ exitCode: 3, stderr: expect.stringContaining('qtchat ca init') });
    expect(test.everything()).toEqual([]);
  });

  it('refuses a key that others may read', async () => {
    await test.run(['ca', 'init', '--no-password']);
    chmodSync(keyPath(), 0o644);
    expect(await test.run(['ca', 'show'])).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('chmod 600') });
  });

  it('says that a folder without root is no CA', async () => {
    mkdirSync(join(test.home, 'ca'), { recursive: true });
    expect(await test.run(['ca', 'show'])).toMatchObject({ exitCode: 3 });
  });
});

describeWith('openssl', 'openssl and the CA', () => {
  it('reads the encrypted key with the password, and not without', async () => {
    await test.run(['ca', 'init', '--ca-password-file', test.file('password', 'secret')]);
    const read = (password: string) =>
      spawnSync('openssl', ['pkey', '-in', keyPath(), '-passin', `pass:${password}`, '-pubout'], { encoding: 'utf8' });
    const root = new X509Certificate(readFileSync(rootPath()));
    expect(read('secret').stdout).toBe(root.publicKey.export({ type: 'spki', format: 'pem' }));
    expect(read('wrong').status).not.toBe(0);
  });
});
