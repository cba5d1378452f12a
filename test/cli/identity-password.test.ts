/** `identity password`: what it locks, who has to say it, and that it is seen nowhere. */
import { execFileSync, spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { readPfx } from '../../src/pki/pfx.js';
import { identityFolder } from '../../src/store/home.js';
import { fakeTerminal } from '../helpers/fake-terminal.js';
import { makeHome, type TestHome } from '../helpers/home.js';
import { describeWith } from '../helpers/require-program.js';

const password = 'three brown otters';
const other = 'four green herons';

let test: TestHome;
let files: { right: string; other: string; empty: string };

function prepare(): void {
  test = makeHome();
  files = {
    right: test.file('right', `${password}\n`),
    other: test.file('other', other),
    empty: test.file('empty', ''),
  };
}

async function makeAlice(): Promise<void> {
  prepare();
  await test.run(['ca', 'init', '--no-password']);
  expect(await test.run(['cert', 'issue', 'alice', '--me'])).toMatchObject({ exitCode: 0 });
}

const setPassword = (file = files.right) => test.run(['identity', 'password', '--new-password-file', file]);
const given = (file = files.right) => ['--identity-password-file', file];
const keyPath = (member = 'alice') => join(identityFolder({ folder: test.home }, member), 'key.pem');

/** Every private key below the home's identities that anybody could read who has the file. */
function plainKeys(): string[] {
  const folder = join(test.home, 'identities');
  const all = readdirSync(folder, { recursive: true }).map((name) => join(folder, String(name)));
  return all.filter((path) => statSync(path).isFile() && readFileSync(path, 'utf8').includes('BEGIN PRIVATE KEY'));
}

describe('qtchat identity password', () => {
  beforeEach(makeAlice);
  afterEach(() => test.remove());

  it('sets one: the key is encrypted, for its owner alone, and no copy without it stays', async () => {
    expect(await test.run(['cert', 'renew', 'alice', '--new-key'])).toMatchObject({ exitCode: 0 });
    expect(await test.run(['cert', 'renew', 'alice'])).toMatchObject({ exitCode: 0 });
    expect(plainKeys()).toHaveLength(3);
    const result = await setPassword();
    expect(result).toMatchObject({ exitCode: 0, stdout: 'The key of alice has a password now\n' });
    expect(result.stderr).toMatch(/identity renew --new-key/);
    expect(plainKeys()).toEqual([]);
    expect(readFileSync(keyPath(), 'utf8')).toMatch(/^-----BEGIN ENCRYPTED PRIVATE KEY-----\n/);
    expect(statSync(keyPath()).mode & 0o777).toBe(0o600);
    expect(readdirSync(identityFolder({ folder: test.home }, 'alice')).sort()).toEqual([
      'cert.pem',
      'identity.json',
      'key.pem',
      'root.pem',
    ]);
  });

  it('removes what a command that was killed as it took a password away has left', async () => {
    const aside = join(identityFolder({ folder: test.home }, 'alice'), '.qtchat-aB3xY9');
    mkdirSync(aside);
    copyFileSync(keyPath(), join(aside, 'key.pem'));
    await setPassword();
    expect(plainKeys()).toEqual([]);
  });

  it('asks for it twice at a terminal, and says how long it would hold', async () => {
    const terminal = fakeTerminal(
      { when: 'New password for the identity', type: `${password}\r` },
      { when: 'The same again', type: 'something else\r' },
      { when: 'New password for the identity', type: `${password}\r` },
      { when: 'The same again', type: `${password}\r` },
    );
    const result = await test.run(['identity', 'password'], { stdin: terminal.stdin, onStderr: terminal.onScreen });
    expect(result).toMatchObject({ exitCode: 0 });
    expect(result.stderr).toMatch(/whoever gets the file/);
    expect(result.stderr).not.toContain(password);
    expect(
      await test.run([
        'cert',
        'export',
        'alice',
        '--pfx',
        '--out',
        test.at('a.pfx'),
        '--pfx-password-file',
        files.other,
        ...given(),
      ]),
    ).toMatchObject({ exitCode: 0 });
  });

  it('changes it, asking for the old one first; the old one opens nothing any more', async () => {
    await setPassword();
    const terminal = fakeTerminal(
      { when: 'Password of the identity', type: `${password}\r` },
      { when: 'New password for the identity', type: `${other}\r` },
      { when: 'The same again', type: `${other}\r` },
    );
    const changed = await test.run(['identity', 'password'], { stdin: terminal.stdin, onStderr: terminal.onScreen });
    expect(changed).toMatchObject({ exitCode: 0, stdout: 'The key of alice has another password now\n' });
    await test.refused(['identity', 'password', '--remove', ...given()], 5, /does not open the key of "alice"/);
    expect(await test.run(['identity', 'password', '--remove', ...given(files.other)])).toMatchObject({ exitCode: 0 });
  });

  it('takes it away again, once that was confirmed', async () => {
    await setPassword();
    const argv = ['identity', 'password', '--remove', ...given()];
    const [no, yes] = ['n\r', 'y\r'].map((type) => fakeTerminal({ when: 'without a password', type }));
    const declined = await test.run(argv, { stdin: no?.stdin ?? '', onStderr: no?.onScreen ?? (() => {}) });
    expect(declined).toMatchObject({ exitCode: 130 });
    expect(plainKeys()).toEqual([]);
    const agreed = await test.run(argv, { stdin: yes?.stdin ?? '', onStderr: yes?.onScreen ?? (() => {}) });
    expect(agreed).toMatchObject({ exitCode: 0, stdout: 'The key of alice has no password any more\n' });
    expect(plainKeys()).toEqual([keyPath()]);
    expect(statSync(keyPath()).mode & 0o777).toBe(0o600);
    expect(await test.run(['identity', 'password', '--remove'])).toMatchObject({
      exitCode: 0,
      stdout: 'The key of alice has no password\n',
    });
  });

  it('leaves the key of a former identity alone that another password locks, and says so', async () => {
    await setPassword(files.other);
    const replaced = await test.run(['cert', 'issue', 'alice', '--me', '--replace', '--force']);
    expect(replaced).toMatchObject({
      exitCode: 0,
      stderr: expect.stringMatching(/has no password, which the former one had/),
    });
    expect((await test.done(['identity', 'show'])).hasPassword).toBe(false);
    const result = await setPassword();
    expect(result).toMatchObject({
      exitCode: 0,
      stderr: expect.stringMatching(/\.alice\.bak.*another password locks it/),
    });
    expect(plainKeys()).toEqual([]);
  });

  it.each<[string, () => string[], number, RegExp]>([
    ['without a terminal and without a file', () => [], 2, /--new-password-file FILE/],
    ['an empty new password', () => ['--new-password-file', files.empty], 2, /empty/],
    ['a file that is not there', () => ['--new-password-file', test.at('nowhere')], 3, /nowhere/],
    ['one who is not here', () => ['nobody', '--new-password-file', files.right], 3, /no identity "nobody"/],
    ['a path for a name', () => ['../alice', '--new-password-file', files.right], 2, /member name/],
    ['a new one and none at once', () => ['--remove', '--new-password-file', files.right], 2, /--remove/],
  ])('refuses %s', async (_what, flags, exitCode, message) => {
    await test.refused(['identity', 'password', ...flags()], exitCode, message);
  });

  it('refuses the old password where it is wrong, missing or empty, and changes nothing', async () => {
    await setPassword();
    const change = ['identity', 'password', '--new-password-file', files.other];
    await test.refused([...change, ...given(files.other)], 5, /does not open the key of "alice"/);
    await test.refused(change, 2, /--identity-password-file FILE/);
    await test.refused([...change, ...given(files.empty)], 2, /empty/);
    await test.refused(['identity', 'password', '--remove'], 2, /--identity-password-file FILE/);
    await test.refused(['identity', 'password', ...given('-'), '--new-password-file', '-'], 2, /./);
  });
});

describe('a key with a password', () => {
  beforeAll(async () => {
    await makeAlice();
    await setPassword();
    mkdirSync(test.at('credentials'));
    test.file('credentials/qtchat-identity-password', password);
  });
  afterAll(() => test.remove());

  it.each([
    [['chat', '--listen', '127.0.0.1:0']],
    [['chat', '--json', '--listen', '127.0.0.1:0']],
    [['chat', '--web', '--no-open', '--listen', '127.0.0.1:0']],
    [['send', 'bob', 'hello']],
    [['listen', '--save', '.', '--listen', '127.0.0.1:0']],
    [['identity', 'renew']],
    [['identity', 'renew', '--new-key']],
    [['identity', 'revoke', '--yes']],
    [['cert', 'renew', 'alice', '--new-key']],
    [['cert', 'export', 'alice', '--pfx', '--out', '/nowhere/alice.pfx', '--pfx-password-file', '/dev/null']],
  ])('is needed by %j: without it, and with another, it does nothing', async (argv) => {
    const before = test.everything();
    const without = await test.run(argv);
    expect(without.exitCode).toBe(2);
    expect(`${without.stdout}${without.stderr}`).toMatch(
      /ERR_PASSWORD_REQUIRED.*--identity|--identity-password-file FILE/s,
    );
    const wrong = await test.run([...argv, ...given(files.other)]);
    expect(wrong.exitCode).toBe(5);
    expect(`${wrong.stdout}${wrong.stderr}`).toMatch(/does not open the key of \\?"alice\\?"/);
    expect(`${wrong.stdout}${wrong.stderr}`).not.toContain(other);
    expect(test.everything()).toEqual(before);
  });

  it.each([
    [['status']],
    [['identity', 'list']],
    [['identity', 'show', 'alice']],
    [['identity', 'use', 'alice']],
    [['contacts', 'list']],
    [['cert', 'list']],
    [['autoca', 'members']],
    [['autoca', 'invite', 'bob']],
    [['ca', 'crl']],
    [['cert', 'renew', 'alice']],
  ])('is not needed by %j', async (argv) => {
    const before = readFileSync(keyPath(), 'utf8');
    expect(await test.run(argv)).toMatchObject({ exitCode: 0 });
    expect(readFileSync(keyPath(), 'utf8')).toBe(before);
  });

  it('is told of, and the password is not', async () => {
    expect((await test.run(['status'])).stdout).toMatch(/^You .*; key with a password$/m);
    expect((await test.run(['identity', 'list'])).stdout).toMatch(/^\* alice .*, with a password\n$/);
    expect(await test.done(['status'])).toMatchObject({ identity: { hasPassword: true } });
    expect(await test.done(['identity', 'list'])).toMatchObject({ identities: [{ hasPassword: true }] });
  });

  it.each<[string, () => { argv?: string[]; env?: Record<string, string>; stdin?: string }]>([
    ['the file of a flag', () => ({ argv: given() })],
    ['standard input', () => ({ argv: given('-'), stdin: `${password}\n` })],
    ['the environment', () => ({ env: { QTCHAT_IDENTITY_PASSWORD_FILE: files.right } })],
    ['systemd', () => ({ env: { CREDENTIALS_DIRECTORY: test.at('credentials') } })],
    [
      'the flag rather than the environment',
      () => ({ argv: given(), env: { QTCHAT_IDENTITY_PASSWORD_FILE: files.other } }),
    ],
  ])('opens with the password of %s', async (_where, source) => {
    const { argv = [], ...world } = source();
    const pfx = [
      'cert',
      'export',
      'alice',
      '--pfx',
      '--force',
      '--out',
      test.at('a.pfx'),
      '--pfx-password-file',
      files.other,
    ];
    expect(await test.run([...pfx, ...argv], world)).toMatchObject({ exitCode: 0 });
    const { key, chain } = await readPfx(readFileSync(test.at('a.pfx')), other);
    expect(chain[0]?.checkPrivateKey(key)).toBe(true);
  });

  it('passes the password on to the next key', async () => {
    expect(await test.run(['cert', 'renew', 'alice', '--new-key', ...given()])).toMatchObject({ exitCode: 0 });
    expect(plainKeys()).toEqual([]);
    expect(await test.run(['identity', 'password', '--new-password-file', files.right, ...given()])).toMatchObject({
      exitCode: 0,
    });
  });

  it('is damaged when it is not that of the certificate', async () => {
    await test.run(['cert', 'issue', 'eve', '--me']);
    await test.run(['identity', 'password', 'eve', '--new-password-file', files.right]);
    const [mine, hers] = [readFileSync(keyPath()), readFileSync(keyPath('eve'))];
    await test.run(['identity', 'use', 'alice']);
    copyFileSync(keyPath('eve'), keyPath());
    expect(hers.equals(mine)).toBe(false);
    expect(await test.run(['send', 'bob', 'x', ...given()])).toMatchObject({
      exitCode: 1,
      stderr: expect.stringMatching(/damaged: key and certificate do not belong together/),
    });
  });
});

describeWith('openssl', 'the key of identity password, for openssl', () => {
  const openssl = (file: string) =>
    spawnSync('openssl', ['pkey', '-in', keyPath(), '-passin', `file:${file}`, '-pubout'], { encoding: 'utf8' });

  beforeAll(async () => {
    await makeAlice();
    await setPassword();
  });
  afterAll(() => test.remove());

  it('opens with the password, and is that of the certificate', () => {
    const certificate = join(identityFolder({ folder: test.home }, 'alice'), 'cert.pem');
    const ofCertificate = execFileSync('openssl', ['x509', '-in', certificate, '-noout', '-pubkey'], {
      encoding: 'utf8',
    });
    expect(openssl(files.right)).toMatchObject({ status: 0, stdout: ofCertificate });
  });

  it('does not open with another', () => {
    expect(openssl(files.other)).toMatchObject({ status: 1, stdout: '' });
  });

  it('is PBES2: AES-256, PBKDF2 with HMAC-SHA256 and 600,000 rounds', () => {
    const parsed = execFileSync('openssl', ['asn1parse', '-in', keyPath()], { encoding: 'utf8' });
    for (const part of ['PBES2', 'PBKDF2', 'hmacWithSHA256', 'aes-256-cbc', 'INTEGER           :0927C0']) {
      expect(parsed).toContain(part);
    }
  });
});
