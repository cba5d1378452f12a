import { createPrivateKey, X509Certificate } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { readCsr } from '../../src/pki/csr.js';
import { csrFromFile } from '../../src/pki/csr-file.js';
import { subjectAltNamesOf } from '../../src/pki/subject-alt-name.js';
import { currentMember } from '../../src/store/home.js';
import { loadIdentity } from '../../src/store/identities.js';
import { makeHome, type TestHome } from '../helpers/home.js';

let test: TestHome;
/** The home of whoever has the CA; `test.home` belongs to somebody else. */
let host: string;

beforeEach(async () => {
  test = makeHome();
  host = test.at('host');
  expect(await onHost('ca', 'init', '--no-password')).toMatchObject({ exitCode: 0 });
});

afterEach(() => {
  test.remove();
});

const onHost = (...argv: string[]) => test.run(argv, { home: host });
const root = (): string => join(host, 'ca', 'root.pem');
const request = (...argv: string[]) => test.run(['cert', 'request', ...argv, '--out', test.at('out')]);
const sign = (...argv: string[]) => onHost('cert', 'sign', ...argv, '--out', test.at('out'));
const namesOf = (path: string): string[] =>
  subjectAltNamesOf(new X509Certificate(readFileSync(path))).map(({ type, value }) => `${type}:${value}`);

async function expectRefusal(
  run: Promise<{ exitCode: number; stdout: string; stderr: string }>,
  exitCode: number,
  message: RegExp,
) {
  const before = test.everything();
  const result = await run;
  expect(result).toMatchObject({ exitCode, stdout: '' });
  expect(result.stderr).toMatch(/(^|\n)Error: [^\n]+\n$/);
  expect(result.stderr).toMatch(message);
  expect(test.everything()).toEqual(before);
}

describe('qtchat cert request', () => {
  it('makes a key that stays here and a request that asks for the names', async () => {
    const result = await request('bob', '--ip', '192.168.1.7', '--dns', 'münchen.de', '--email', 'bob@example.org');
    expect(result).toMatchObject({ exitCode: 0, stdout: expect.stringContaining(test.at('out', 'bob.csr')) });
    expect(result.stderr).toContain('Next: ');
    expect(readdirSync(test.at('out'))).toEqual(['bob.csr']);
    const csr = await readCsr(csrFromFile(readFileSync(test.at('out', 'bob.csr'))));
    expect(csr.commonName).toBe('bob');
    expect(csr.names.map(({ value }) => value)).toEqual(['192.168.1.7', 'xn--mnchen-3ya.de', 'bob@example.org']);
    const folder = join(test.home, 'requests', 'bob');
    expect(statSync(join(folder, 'key.pem')).mode & 0o777).toBe(0o600);
    expect(createPrivateKey(readFileSync(join(folder, 'key.pem'))).asymmetricKeyType).toBe('ec');
    expect(readFileSync(join(folder, 'request.csr'), 'utf8')).toBe(readFileSync(test.at('out', 'bob.csr'), 'utf8'));
  });

  it('is for me without a name: the CN of a san.cnf, else my login name', async () => {
    const sanCnf = test.file('san.cnf', readFileSync(new URL('../vectors/seed-san.cnf', import.meta.url)));
    const argv = ['cert', 'request', '--out', test.at('out'), '--json'];
    expect((await test.run(argv, { loginName: 'Bob Smith' })).json()).toMatchObject({ member: 'bob-smith', names: [] });
    expect((await test.run([...argv, '--san-cnf', sanCnf])).json()).toEqual({
      member: 'example.com',
      names: [
        { type: 'dns', value: 'example.com' },
        { type: 'dns', value: 'www.example.com' },
        { type: 'ip', value: '192.168.1.100' },
      ],
      keyType: 'p256',
      file: test.at('out', 'example.com.csr'),
      warnings: [expect.stringContaining('//Change this')],
    });
  });

  it('keeps a request that stands in the way with --force', async () => {
    await request('bob');
    await expectRefusal(request('bob'), 4, /bob\.csr/);
    await expectRefusal(test.run(['cert', 'request', 'bob', '--out', test.at('other')]), 4, /requests/);
    expect(await request('bob', '--force')).toMatchObject({ exitCode: 0 });
    expect(readdirSync(join(test.home, 'requests')).sort()).toEqual(['.bob.bak', 'bob']);
    expect(readdirSync(test.at('out')).sort()).toEqual(['bob.csr', 'bob.csr.bak']);
  });

  it.each<[string, string[], number, RegExp]>([
    ['a name that is none', ['Bob'], 2, /no member name/],
    ['a kind of key that is none', ['bob', '--key', 'rsa1024'], 2, /no key type/],
    ['an address that is none', ['bob', '--ip', '10.0.0.0/8'], 2, /no IP address/],
    ["a member's name as URI", ['bob', '--uri', 'qtchat://x/bob'], 2, /only the ledger/],
    ['a san.cnf that is missing', ['bob', '--san-cnf', '/nowhere'], 3, /nowhere/],
  ])('refuses %s, and leaves nothing behind', async (_title, argv, exitCode, message) => {
    await expectRefusal(request(...argv), exitCode, message);
  });

  it('keeps no key when the request cannot be written', async () => {
    const result = await test.run(['cert', 'request', 'bob', '--out', join(test.file('file', ''), 'out')]);
    expect(result).toMatchObject({ exitCode: 1, stdout: '' });
    expect(existsSync(join(test.home, 'requests', 'bob'))).toBe(false);
  });
});

describe('qtchat cert sign', () => {
  const csr = (): string => test.at('out', 'bob.csr');

  it('shows what it signs, and signs the key and the names of the request', async () => {
    await request('bob', '--ip', '192.168.1.7', '--uri', 'https://Bob.example/');
    const result = await sign(csr());
    expect(result).toMatchObject({ exitCode: 0, stdout: expect.stringContaining("Signed bob's certificate") });
    expect(result.stderr).toMatch(
      /^To be signed:\n {2}member +bob\n {2}names +ip:192\.168\.1\.7, uri:https:\/\/bob\.example\/\n/,
    );
    expect(result.stderr).toMatch(/usages +digitalSignature, serverAuth, clientAuth\n/);
    expect(namesOf(test.at('out', 'bob.pem'))).toEqual([
      'ip:192.168.1.7',
      'uri:https://bob.example/',
      expect.stringMatching(/^uri:qtchat:\/\/[a-z2-7]{26}\/bob$/),
    ]);
    expect((await onHost('cert', 'list', '--json')).json()).toMatchObject({ certificates: [{ member: 'bob' }] });
  });

  it('takes the name and the validity that the host gives', async () => {
    await request('bob');
    const result = await sign(csr(), 'carol', '--days', '3', '--json');
    expect(result.json()).toMatchObject({ member: 'carol', file: test.at('out', 'carol.pem'), dryRun: false });
    const { validFrom, validTo } = new X509Certificate(readFileSync(test.at('out', 'carol.pem')));
    expect(Math.round((Date.parse(validTo) - Date.parse(validFrom)) / 86_400_000)).toBe(3);
  });

  it('takes the names of a san.cnf instead of those of the request, and says so', async () => {
    await request('bob', '--ip', '192.168.1.7', '--ip', '192.168.1.8');
    const file = test.file('san.cnf', 'subjectAltName = DNS:host.example');
    const result = await sign(csr(), '--san-cnf', file);
    expect(result.stderr).toContain('Note: 2 names of the request left out: --san-cnf decides');
    expect(namesOf(test.at('out', 'bob.pem'))).toEqual(['dns:host.example', expect.stringContaining('/bob')]);
  });

  it('writes nothing and asks for no password with --dry-run', async () => {
    await request('bob', '--ip', '192.168.1.7');
    await onHost('ca', 'init', '--force', '--ca-password-file', test.file('password', 'secret'));
    const before = test.everything();
    const result = await sign(csr(), '--dry-run', '--json');
    expect(result.json()).toMatchObject({
      member: 'bob',
      serialNumber: null,
      names: [{ type: 'ip', value: '192.168.1.7' }],
      keyType: 'p256',
      keyUsages: ['digitalSignature'],
      dryRun: true,
    });
    expect(test.everything()).toEqual(before);
  });

  it('revokes what has the name only with --replace', async () => {
    await request('bob');
    await sign(csr());
    await expectRefusal(sign(csr()), 4, /bob\.pem/);
    const first = readFileSync(test.at('out', 'bob.pem'), 'utf8');
    expect(await sign(csr(), '--force')).toMatchObject({
      exitCode: 4,
      stderr: expect.stringContaining('name bob is taken'),
    });
    expect(readFileSync(test.at('out', 'bob.pem'), 'utf8')).toBe(first);
    expect(await sign(csr(), '--force', '--replace')).toMatchObject({ exitCode: 0 });
  });

  it("refuses another member's key before it asks for anything, in a dry run too", async () => {
    await request('bob');
    expect(await sign(csr())).toMatchObject({ exitCode: 0 });
    for (const more of [[], ['--dry-run'], ['--replace']]) {
      await expectRefusal(sign(csr(), 'eve', ...more), 4, /the key is that of bob already \([0-9A-F]+\)\. .*new key/);
    }
    expect(await onHost('cert', 'revoke', 'bob', '--reason', 'keyCompromise')).toMatchObject({ exitCode: 0 });
    await expectRefusal(sign(csr(), 'bob', '--force'), 4, /is compromised, and serves nobody/);
  });

  it('hands out the intermediate with what it signs, and the answer is at home under the root', async () => {
    await onHost('ca', 'init', '--force', '--no-password', '--intermediate');
    await request('bob');
    await sign(csr());
    expect(readFileSync(test.at('out', 'bob.pem'), 'utf8').match(/BEGIN CERTIFICATE/g)).toHaveLength(2);
    const argv = ['cert', 'import', test.at('out', 'bob.pem'), '--root-file', root()];
    expect(await test.run(argv)).toMatchObject({ exitCode: 0 });
    expect((await loadIdentity({ folder: test.home })).chain).toHaveLength(2);
  });

  it('refuses names that the CA may not certify, before it signs', async () => {
    await onHost('ca', 'init', '--force', '--no-password', '--permit-dns', 'example.org');
    await request('bob', '--dns', 'bob.example.org', '--dns', 'bob.example.com');
    await expectRefusal(sign(csr()), 7, /bob\.example\.com/);
    const sanCnf = test.file('san.cnf', 'subjectAltName = DNS:bob.example.org');
    expect(await sign(csr(), '--san-cnf', sanCnf)).toMatchObject({ exitCode: 0 });
  });

  it.each<[string, () => string[], number, RegExp]>([
    ['a missing file', () => [test.at('absent.csr')], 3, /absent\.csr/],
    ['a certificate', () => [root()], 7, /one certificate signing request was expected/],
    ['a request that was altered', () => [altered()], 7, /signature|PKCS/],
    ['a name that is none', () => [csr(), 'Bob'], 2, /no member name/],
    ['no days', () => [csr(), '--days', '0'], 2, /0 days/],
    ['a san.cnf that is none', () => [csr(), '--san-cnf', test.file('san.cnf', 'x')], 2, /san\.cnf/],
  ])('refuses %s, and leaves nothing behind', async (_title, argv, exitCode, message) => {
    await request('bob', '--ip', '192.168.1.7');
    await expectRefusal(sign(...argv()), exitCode, message);
  });

  it('refuses in a home without a CA', async () => {
    await request('bob');
    await expectRefusal(test.run(['cert', 'sign', csr(), '--out', test.at('out')]), 3, /no CA/);
  });

  function altered(): string {
    const der = csrFromFile(readFileSync(csr()));
    const at = der.indexOf(Buffer.of(192, 168, 1, 7));
    der[at + 3] = 8;
    return test.file('altered.csr', der);
  }
});

describe('qtchat cert import of an answer', () => {
  const answer = (): string => test.at('out', 'bob.pem');
  const load = (...argv: string[]) => test.run(['cert', 'import', answer(), '--root-file', root(), ...argv]);

  it('pairs it with the request that waited for it, and forgets the request', async () => {
    await request('bob', '--ip', '192.168.1.7');
    await request('carol');
    await sign(test.at('out', 'bob.csr'));
    expect(await load()).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('You are now bob') });
    const identity = await loadIdentity({ folder: test.home });
    expect(identity).toMatchObject({ member: 'bob', keyOrigin: 'local' });
    expect(readdirSync(join(test.home, 'requests'))).toEqual(['carol']);
  });

  it('takes the name that the host gave', async () => {
    await request('bob');
    await sign(test.at('out', 'bob.csr'), 'robert');
    const result = await test.run(['cert', 'import', test.at('out', 'robert.pem'), '--root-file', root(), '--json']);
    expect(result.json()).toMatchObject({ member: 'robert', keyOrigin: 'local', speaks: true });
    expect(readdirSync(join(test.home, 'requests'))).toEqual([]);
  });

  it('takes it in DER', async () => {
    await request('bob');
    await sign(test.at('out', 'bob.csr'));
    writeFileSync(answer(), new X509Certificate(readFileSync(answer())).raw);
    expect(await load()).toMatchObject({ exitCode: 0 });
  });

  it('takes it as PKCS #7, with whatever stands first', async () => {
    await request('bob');
    await sign(test.at('out', 'bob.csr'));
    writeFileSync(answer(), readFileSync(root(), 'utf8') + readFileSync(answer(), 'utf8'));
    await test.run(['cert', 'convert', answer(), '--to', 'pkcs7', '--out', answer(), '--force']);
    expect(await load()).toMatchObject({ exitCode: 0 });
  });

  it('takes a certificate with its key in a file, encrypted or not', async () => {
    await onHost('cert', 'issue', 'bob', '--out', test.at('out'));
    const keyFile = test.at('out', 'bob.key');
    const pem = createPrivateKey(readFileSync(keyFile));
    expect(await load('--key-file', keyFile)).toMatchObject({ exitCode: 0 });
    expect(await loadIdentity({ folder: test.home })).toMatchObject({ member: 'bob', keyOrigin: 'server' });
    const locked = pem.export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'secret' });
    const flags = ['--force', '--key-file', test.file('locked.key', locked)];
    expect(await load(...flags)).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining('--identity-password-file'),
    });
    const wrong = [...flags, '--identity-password-file', test.file('wrong', 'Secret')];
    expect(await load(...wrong)).toMatchObject({ exitCode: 5 });
    const right = [...flags, '--identity-password-file', test.file('password', 'secret')];
    expect(await load(...right)).toMatchObject({ exitCode: 0 });
  });

  it('trusts the root of --root-file or of the home, never one in the file', async () => {
    await request('bob');
    await sign(test.at('out', 'bob.csr'));
    writeFileSync(answer(), readFileSync(answer(), 'utf8') + readFileSync(root(), 'utf8'));
    await expectRefusal(test.run(['cert', 'import', answer()]), 3, /--root-file/);
    mkdirSync(test.at('other'));
    await test.run(['ca', 'init', '--no-password'], { home: test.at('other') });
    const other = test.at('other', 'ca', 'root.pem');
    await expectRefusal(test.run(['cert', 'import', answer(), '--root-file', other]), 7, /not issued by/);
    expect(await load()).toMatchObject({ exitCode: 0 });
  });

  it.each<[string, () => Promise<string[]>, number, RegExp]>([
    ['when no request waits for it', async () => (await issued('')).slice(2), 3, /--key-file/],
    ["with another one's key", () => issued(test.at('out', 'carol.key')), 1, /not that of the first certificate/],
    ['with a key that others may read', () => issued(test.at('out', 'bob.key'), 0o644), 1, /chmod 600/],
    ['with a certificate for a key', () => issued(test.at('out', 'bob.pem'), 0o600), 1, /no private key/],
    ['with a missing key', () => issued(test.at('absent.key')), 3, /absent/],
  ])('refuses it %s, and leaves nothing behind', async (_title, prepare, exitCode, message) => {
    const argv = await prepare();
    await expectRefusal(load(...argv), exitCode, message);
    expect(await currentMember({ folder: test.home })).toBeUndefined();
  });

  async function issued(keyFile: string, mode?: number): Promise<string[]> {
    await onHost('cert', 'issue', 'bob', '--out', test.at('out'));
    await onHost('cert', 'issue', 'carol', '--out', test.at('out'));
    if (mode !== undefined) chmodSync(keyFile, mode);
    return ['--key-file', keyFile];
  }
});
