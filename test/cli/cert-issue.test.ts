import { spawnSync } from 'node:child_process';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { circleNamesOf } from '../../src/pki/circle.js';
import { subjectAltNamesOf } from '../../src/pki/subject-alt-name.js';
import { currentMember } from '../../src/store/home.js';
import { listIdentities, loadIdentity } from '../../src/store/identities.js';
import { fakeTerminal } from '../helpers/fake-terminal.js';
import { makeHome, type TestHome } from '../helpers/home.js';
import { describeWith } from '../helpers/require-program.js';

let test: TestHome;

beforeEach(async () => {
  test = makeHome();
  expect(await test.run(['ca', 'init', '--no-password'])).toMatchObject({ exitCode: 0 });
});

afterEach(() => {
  test.remove();
});

const home = (): { folder: string } => ({ folder: test.home });
const certificateAt = (path: string): X509Certificate => new X509Certificate(readFileSync(path));
const listed = async (): Promise<string[]> =>
  ((await test.run(['cert', 'list', '--json'])).json().certificates as { member: string; state: string }[]).map(
    ({ member, state }) => `${member} ${state}`,
  );

describe('qtchat cert issue, for myself', () => {
  it('makes an identity of my login name, as whom the home speaks from then on', async () => {
    const result = await test.run(['cert', 'issue', '--ip', '192.168.1.100'], { loginName: 'DOMAIN\\José Núñez' });
    expect(result).toMatchObject({ exitCode: 0 });
    expect(result.stdout).toContain('You are now jose-nunez');
    expect(result.stderr).toContain('Next: qtchat autoca serve, so that others can join, or qtchat chat\n');
    const identity = await loadIdentity(home());
    expect(identity).toMatchObject({ member: 'jose-nunez', keyOrigin: 'local' });
    const [leaf] = identity.chain;
    expect(leaf && subjectAltNamesOf(leaf).map(({ value }) => value)).toEqual([
      '192.168.1.100',
      `qtchat://${identity.circleId}/jose-nunez`,
    ]);
    expect(await listed()).toEqual(['jose-nunez valid']);
  });

  it('takes the name I choose with --me', async () => {
    await test.run(['cert', 'issue', 'alice', '--me']);
    expect(await currentMember(home())).toBe('alice');
  });

  it('keeps my name when it is issued anew, and the old identity as .bak', async () => {
    await test.run(['cert', 'issue', 'alice', '--me']);
    const before = await loadIdentity(home());
    expect(await test.run(['cert', 'issue', '--replace'])).toMatchObject({ exitCode: 0 });
    const after = await loadIdentity(home());
    expect(after.member).toBe('alice');
    expect(after.privateKey.equals(before.privateKey)).toBe(false);
    expect(await listed()).toEqual(['alice revoked', 'alice valid']);
    const kept = readFileSync(join(test.home, 'identities', '.alice.bak', 'key.pem'));
    expect(createPrivateKey(kept).equals(before.privateKey)).toBe(true);
  });

  it('writes files too with --out', async () => {
    await test.run(['cert', 'issue', 'alice', '--me', '--out', test.at('out')]);
    const { chain, privateKey } = await loadIdentity(home());
    expect(certificateAt(test.at('out', 'alice.pem')).fingerprint256).toBe(chain[0]?.fingerprint256);
    expect(createPrivateKey(readFileSync(test.at('out', 'alice.key'))).equals(privateKey)).toBe(true);
  });

  it.each(['', '…', '---'])('asks for a name when the login name is %p', async (loginName) => {
    const before = test.everything();
    const result = await test.run(['cert', 'issue'], { loginName });
    expect(result).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('cert issue NAME --me') });
    expect(test.everything()).toEqual(before);
  });
});

describe('qtchat cert issue, for somebody else', () => {
  it('writes certificate and key into a folder, and leaves the home as it speaks', async () => {
    const result = await test.run(['cert', 'issue', 'bob', '--ip', '192.168.1.7', '--out', test.at('out')]);
    expect(result).toMatchObject({ exitCode: 0 });
    expect(result.stdout).toContain(test.at('out', 'bob.pem'));
    expect(result.stderr).toContain(join(test.home, 'ca', 'root.pem'));
    const leaf = certificateAt(test.at('out', 'bob.pem'));
    expect(leaf.checkPrivateKey(createPrivateKey(readFileSync(test.at('out', 'bob.key'))))).toBe(true);
    expect(statSync(test.at('out', 'bob.key')).mode & 0o777).toBe(0o600);
    expect(readdirSync(test.at('out')).sort()).toEqual(['bob.key', 'bob.pem']);
    expect(circleNamesOf(leaf).map(({ member }) => member)).toEqual(['bob']);
    expect(await currentMember(home())).toBeUndefined();
    expect(await listIdentities(home())).toEqual([]);
  });

  it('writes into the current folder without --out', async () => {
    const before = process.cwd();
    process.chdir(test.folder);
    try {
      expect(await test.run(['cert', 'issue', 'bob'])).toMatchObject({ exitCode: 0 });
    } finally {
      process.chdir(before);
    }
    expect(existsSync(test.at('bob.pem')) && existsSync(test.at('bob.key'))).toBe(true);
  });

  it('takes several names, of which none swallows the argument behind it', async () => {
    const argv = [
      'cert',
      'issue',
      '--ip',
      '192.168.1.7',
      '--ip',
      'fd00::7',
      '--dns',
      'bob.example',
      '--dns',
      '*.bob.example',
    ];
    const result = await test.run([...argv, 'bob', '--out', test.at('out'), '--json']);
    const names = [
      { type: 'ip', value: '192.168.1.7' },
      { type: 'ip', value: 'fd00::7' },
      { type: 'dns', value: 'bob.example' },
      { type: 'dns', value: '*.bob.example' },
    ];
    expect(result.json()).toMatchObject({ member: 'bob', names });
    expect(subjectAltNamesOf(certificateAt(test.at('out', 'bob.pem')))).toMatchObject([...names, { type: 'uri' }]);
  });

  it('gives one JSON object that says what the certificate says', async () => {
    const result = await test.run([
      'cert',
      'issue',
      'bob',
      '--out',
      test.at('out'),
      '--days',
      '3',
      '--key',
      'ed25519',
      '--json',
    ]);
    const leaf = certificateAt(test.at('out', 'bob.pem'));
    expect(result.stderr).toBe('');
    expect(result.json()).toEqual({
      member: 'bob',
      circleId: circleNamesOf(leaf)[0]?.circleId,
      serialNumber: leaf.serialNumber,
      names: [],
      keyType: 'ed25519',
      notBefore: new Date(leaf.validFrom).toISOString(),
      notAfter: new Date(leaf.validTo).toISOString(),
      validityCut: null,
      warnings: [],
      identityFolder: null,
      files: { certificate: test.at('out', 'bob.pem'), key: test.at('out', 'bob.key'), pfx: null },
      dryRun: false,
    });
  });

  it('is valid for 365 days unless told otherwise, and says when it is cut', async () => {
    const usual = (await test.run(['cert', 'issue', 'bob', '--out', test.at('a'), '--json'])).json();
    const days = (result: Record<string, unknown>): number =>
      (Date.parse(String(result.notAfter)) - Date.parse(String(result.notBefore))) / 86_400_000;
    expect(Math.round(days(usual))).toBe(365);
    const cut = await test.run(['cert', 'issue', 'carol', '--out', test.at('b'), '--days', '1000']);
    expect(cut).toMatchObject({ exitCode: 0, stderr: expect.stringContaining('Note: 825 days') });
  });

  it.each(['p256', 'p384', 'ed25519', 'rsa2048'])('makes a key of type %s', async (key) => {
    await test.run(['cert', 'issue', 'bob', '--key', key, '--out', test.at('out')]);
    const { asymmetricKeyType: type } = createPrivateKey(readFileSync(test.at('out', 'bob.key')));
    expect(type).toBe({ p256: 'ec', p384: 'ec', ed25519: 'ed25519', rsa2048: 'rsa' }[key]);
  });

  it('keeps files that stand in the way with --force', async () => {
    await test.run(['cert', 'issue', 'bob', '--out', test.at('out')]);
    const old = readFileSync(test.at('out', 'bob.key'), 'utf8');
    const argv = ['cert', 'issue', 'bob', '--out', test.at('out'), '--replace'];
    expect(await test.run(argv)).toMatchObject({ exitCode: 4, stderr: expect.stringContaining('bob.pem') });
    expect(await test.run([...argv, '--force'])).toMatchObject({ exitCode: 0 });
    expect(readFileSync(test.at('out', 'bob.key.bak'), 'utf8')).toBe(old);
    expect(await listed()).toEqual(['bob revoked', 'bob valid']);
  });
});

describe('qtchat cert issue with names of every kind', () => {
  const seed = readFileSync(new URL('../vectors/seed-san.cnf', import.meta.url), 'utf8');
  const values = (result: Record<string, unknown>): string[] =>
    (result.names as { type: string; value: string }[]).map(({ type, value }) => `${type}:${value}`);

  it('puts e-mail addresses, URIs and A-labels into the certificate, each name once', async () => {
    const names = ['--email', 'bob@Example.org', '--uri', 'https://Bob.example/', '--dns', 'münchen.de'];
    const again = ['--email', 'bob@example.ORG', '--dns', 'xn--mnchen-3ya.de', '--ip', '::1', '--ip', '0::1'];
    const argv = ['cert', 'issue', 'bob', ...names, ...again, '--out', test.at('out'), '--json'];
    const expected = ['ip:::1', 'dns:xn--mnchen-3ya.de', 'email:bob@example.org', 'uri:https://bob.example/'];
    expect(values((await test.run(argv)).json())).toEqual(expected);
    const found = subjectAltNamesOf(certificateAt(test.at('out', 'bob.pem')));
    expect(found.slice(0, -1).map(({ type, value }) => `${type}:${value}`)).toEqual(expected);
    const listedNames = (await test.run(['cert', 'list', '--json'])).json().certificates as [Record<string, unknown>];
    expect(values(listedNames[0])).toEqual(expected);
  });

  it('says as whom the home spoke before, when the CN of a san.cnf makes another of it', async () => {
    const mine = await test.run(['cert', 'issue', '--ip', '192.168.1.100'], { loginName: 'alice' });
    expect(mine.stderr).not.toContain('identity use');
    const result = await test.run(['cert', 'issue', '--san-cnf', test.file('san.cnf', seed)]);
    expect(result.stderr).toContain(
      'Note: this home spoke as alice before; qtchat identity use alice goes back to that',
    );
  });

  it('says how to go on when the identity is there already', async () => {
    const argv = ['cert', 'issue', '--ip', '192.168.1.100'];
    expect(await test.run(argv, { loginName: 'alice' })).toMatchObject({ exitCode: 0 });
    await test.refused(argv, 4, /exists already\. qtchat cert renew alice .* with --replace/);
  });

  it('takes the names of a san.cnf behind those of the flags, and my name from its CN', async () => {
    const file = test.file('san.cnf', seed);
    const result = await test.run(['cert', 'issue', '--san-cnf', file, '--ip', '192.168.1.7', '--ip', '192.168.1.100']);
    expect(result).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('You are now example.com') });
    expect(result.stderr).toMatch(/^Note: ".*san\.cnf": "\/\/Change this to the IP .* begin with #$/m);
    const [leaf] = (await loadIdentity(home())).chain;
    expect(leaf && subjectAltNamesOf(leaf).map(({ value }) => value)).toEqual([
      '192.168.1.7',
      '192.168.1.100',
      'example.com',
      'www.example.com',
      expect.stringMatching(/^qtchat:.*\/example\.com$/),
    ]);
  });

  it('takes the name I choose before the CN', async () => {
    const argv = ['cert', 'issue', 'bob', '--san-cnf', test.file('san.cnf', seed), '--out', test.at('out'), '--json'];
    expect((await test.run(argv)).json()).toMatchObject({
      member: 'bob',
      warnings: [expect.stringContaining('//Change')],
    });
  });

  it.each<[string, string, number, RegExp]>([
    ['with a variable', seed.replace('www.example.com', '$host'), 2, /san\.cnf": .*variables/],
    [
      'with a name that is none',
      seed.replace('192.168.1.100 ', '10.0.0.0/8 '),
      2,
      /san\.cnf": "10\.0\.0\.0\/8" is no IP/,
    ],
    ["with a member's name", `${seed}URI.1 = qtchat://x/bob\n`, 2, /only the ledger gives it/],
    ['of which no member name can be made', seed.replace('CN = example.com', 'CN = …'), 2, /the common name "…"/],
  ])('refuses a san.cnf %s, and leaves nothing behind', async (_title, content, exitCode, message) => {
    const argv = ['cert', 'issue', '--san-cnf', test.file('san.cnf', content)];
    const before = test.everything();
    const result = await test.run(argv);
    expect(result).toMatchObject({ exitCode, stdout: '', stderr: expect.stringMatching(message) });
    expect(test.everything()).toEqual(before);
  });
});

describe('qtchat cert issue --dry-run', () => {
  it('shows the certificate and where it would go, asks for no password, and writes nothing', async () => {
    const encrypted = ['ca', 'init', '--force', '--ca-password-file', test.file('password', 'secret')];
    await test.run(encrypted);
    const before = test.everything();
    const argv = ['cert', 'issue', 'bob', '--ip', '192.168.1.7', '--out', test.at('out'), '--pfx', '--dry-run'];
    const result = await test.run([...argv, '--json']);
    expect(result.json()).toMatchObject({
      member: 'bob',
      serialNumber: null,
      names: [{ type: 'ip', value: '192.168.1.7' }],
      files: { certificate: test.at('out', 'bob.pem'), key: test.at('out', 'bob.key'), pfx: test.at('out', 'bob.pfx') },
      dryRun: true,
    });
    const { stdout, stderr } = await test.run(argv);
    expect(stdout).toContain("Would issue bob's certificate (p256) for 192.168.1.7");
    expect(stderr).toContain('Nothing was written');
    expect(test.everything()).toEqual(before);
  });

  it('refuses a name that is taken, unless it is to be replaced', async () => {
    await test.run(['cert', 'issue', 'bob', '--out', test.at('out')]);
    const argv = ['cert', 'issue', 'bob', '--out', test.at('other'), '--dry-run'];
    expect(await test.run(argv)).toMatchObject({ exitCode: 4 });
    expect(await test.run([...argv, '--replace'])).toMatchObject({ exitCode: 0 });
    expect(await listed()).toEqual(['bob valid']);
  });
});

describe('qtchat cert issue with a password on the CA key', () => {
  beforeEach(async () => {
    await test.run(['ca', 'init', '--force', '--ca-password-file', test.file('password', 'secret')]);
  });

  it.each<[string, () => { argv: string[]; env?: Record<string, string>; stdin?: string }]>([
    ['its file', () => ({ argv: ['--ca-password-file', test.at('password')] })],
    ['standard input', () => ({ argv: ['--ca-password-file', '-'], stdin: 'secret\n' })],
    ['the environment', () => ({ argv: [], env: { QTCHAT_CA_PASSWORD_FILE: test.at('password') } })],
  ])('takes it from %s', async (_title, where) => {
    const { argv, ...world } = where();
    const result = await test.run(['cert', 'issue', 'bob', '--out', test.at('out'), ...argv], world);
    expect(result).toMatchObject({ exitCode: 0 });
    expect(existsSync(test.at('out', 'bob.key'))).toBe(true);
  });

  it('asks for it once at a terminal', async () => {
    const terminal = fakeTerminal({ when: 'Password of the CA key', type: 'secret\r' });
    const world = { stdin: terminal.stdin, onStderr: terminal.onScreen };
    expect(await test.run(['cert', 'issue', 'bob', '--out', test.at('out')], world)).toMatchObject({ exitCode: 0 });
  });

  it('judges every flag before asking', async () => {
    const terminal = fakeTerminal({ when: 'Password', type: 'secret\r' });
    const world = { stdin: terminal.stdin, onStderr: terminal.onScreen };
    expect(await test.run(['cert', 'issue', 'bob', '--ip', 'x'], world)).toMatchObject({ exitCode: 2 });
    expect(terminal.remaining()).toBe(1);
  });

  it.each<[string, () => string[], number, RegExp]>([
    ['a wrong password', () => ['--ca-password-file', test.file('wrong', 'Secret')], 5, /password/],
    ['nobody to ask', () => [], 2, /--ca-password-file/],
    ['a missing file', () => ['--ca-password-file', test.at('absent')], 3, /absent/],
  ])('refuses %s, and leaves nothing behind', async (_title, argv, exitCode, message) => {
    const flags = argv();
    const before = test.everything();
    const result = await test.run(['cert', 'issue', 'bob', '--out', test.at('out'), ...flags]);
    expect(result).toMatchObject({ exitCode, stdout: '' });
    expect(result.stderr).toMatch(/^Error: [^\n]+\n$/);
    expect(result.stderr).toMatch(message);
    expect(result.stderr).not.toContain('ecret\n');
    expect(test.everything()).toEqual(before);
  });
});

describe('qtchat cert issue refuses, and leaves nothing behind:', () => {
  it.each<[string, string[], number, RegExp]>([
    ['an IP address that is none', ['bob', '--ip', '300.1.1.1'], 2, /"300\.1\.1\.1" is no IP address/],
    ['a network', ['bob', '--ip', '10.0.0.0/8'], 2, /"10\.0\.0\.0\/8" is no IP address/],
    ['a zone', ['bob', '--ip', 'fe80::1%eth0'], 2, /is no IP address/],
    ['an empty IP address', ['bob', '--ip', ''], 2, /"" is no IP address/],
    ['the second of two addresses', ['bob', '--ip', '10.0.0.1', '--ip', 'x'], 2, /"x" is no IP address/],
    ['a DNS name with spaces', ['bob', '--dns', 'bob smith'], 2, /"bob smith" is no DNS name/],
    ['a DNS name with NUL', ['bob', '--dns', 'bob\0.example'], 2, /"bob\\u\{0\}\.example" is no DNS name/],
    ['an empty DNS name', ['bob', '--dns', ''], 2, /"" is no DNS name/],
    ['an IP address as DNS name', ['bob', '--dns', '10.0.0.1'], 2, /--ip/],
    ['an e-mail address that is none', ['bob', '--email', 'bob'], 2, /"bob" is no e-mail address/],
    ['a URI that is none', ['bob', '--uri', 'host.example'], 2, /"host\.example" is no URI/],
    ["another member's name as URI", ['bob', '--uri', 'QTCHAT://x/eve'], 2, /only the ledger gives it/],
    ["the Auto CA's name as URI", ['bob', '--uri', 'qtchat-ca://x'], 2, /only the ledger gives it/],
    ['a san.cnf that is missing', ['bob', '--san-cnf', '/nowhere/san.cnf'], 3, /nowhere/],
    ['a member name with capitals', ['Bob'], 2, /"Bob" is no member name.*Try bob/],
    ['a member name with a slash', ['../bob'], 2, /is no member name/],
    ['an empty member name', [''], 2, /"" is no member name/],
    ['a member name that is too long', ['b'.repeat(64)], 2, /is no member name/],
    ['a member name that moves the cursor', ['bob\u001b[2J'], 2, /bob\\u\{1b\}/],
    ['an unknown key type', ['bob', '--key', 'dsa'], 2, /"dsa" is no key type: expected p256/],
    ['no days', ['bob', '--days', '0'], 2, /0/],
    ['negative days', ['bob', '--days', '-5'], 2, /-5/],
    ['days that are no number', ['bob', '--days', 'ten'], 2, /ten/],
    ['an unknown flag', ['bob', '--subject', 'x'], 2, /--subject/],
    ['a second name', ['bob', 'carol'], 2, /carol/],
    ['a .pfx without a password to seal it', ['bob', '--pfx'], 2, /--pfx-password-file/],
    ['a password without --pfx', ['bob', '--pfx-password-file', 'x'], 2, /--pfx/],
    ['a missing password file', ['bob', '--pfx', '--pfx-password-file', '/nowhere/at/all'], 3, /\/nowhere\/at\/all/],
  ])('%s', async (_title, argv, exitCode, message) => {
    const before = test.everything();
    const result = await test.run(['cert', 'issue', '--out', test.at('out'), ...argv]);
    expect(result).toMatchObject({ exitCode, stdout: '' });
    expect(result.stderr).toMatch(/^Error: [^\n]+\n$/);
    expect(result.stderr).toMatch(message);
    expect(test.everything()).toEqual(before);
  });

  it('a password for the .pfx that other programs would read differently', async () => {
    const file = test.file('password', 'grüße');
    const result = await test.run([
      'cert',
      'issue',
      'bob',
      '--out',
      test.at('out'),
      '--pfx',
      '--pfx-password-file',
      file,
    ]);
    expect(result).toMatchObject({ exitCode: 2, stdout: '', stderr: expect.stringContaining('ASCII') });
    expect(existsSync(test.at('out', 'bob.key'))).toBe(false);
    expect(await listed()).toEqual([]);
  });

  it('a home without CA', async () => {
    const result = await test.run(['cert', 'issue', 'bob', '--out', test.at('out')], { home: test.at('other') });
    expect(result).toMatchObject({ exitCode: 3, stderr: expect.stringContaining('qtchat ca init') });
    expect(existsSync(test.at('other')) || existsSync(test.at('out'))).toBe(false);
  });

  it('a CA key that others may read', async () => {
    chmodSync(join(test.home, 'ca', 'ca.key'), 0o640);
    const result = await test.run(['cert', 'issue', 'bob', '--out', test.at('out')]);
    expect(result).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('chmod 600') });
    expect(existsSync(test.at('out'))).toBe(false);
  });

  it('a name that is taken, with --replace as the way out', async () => {
    await test.run(['cert', 'issue', 'bob', '--out', test.at('first')]);
    const result = await test.run(['cert', 'issue', 'bob', '--out', test.at('second')]);
    expect(result).toMatchObject({ exitCode: 4, stdout: '', stderr: expect.stringContaining('--replace') });
    expect(existsSync(test.at('second'))).toBe(false);
    expect(await listed()).toEqual(['bob valid']);
  });

  it.each(['bob.pem', 'bob.key', 'bob.pfx'])(
    'a folder in which %s exists, before any password is asked for',
    async (name) => {
      mkdirSync(test.at('out'));
      writeFileSync(test.at('out', name), 'mine');
      await test.run(['ca', 'init', '--force', '--ca-password-file', test.file('password', 'secret')]);
      const before = test.everything();
      const result = await test.run(['cert', 'issue', 'bob', '--out', test.at('out'), '--pfx']);
      expect(result).toMatchObject({ exitCode: 4, stdout: '', stderr: expect.stringContaining(name) });
      expect(test.everything()).toEqual(before);
    },
  );

  it('an identity of the same name that came from elsewhere', async () => {
    mkdirSync(join(test.home, 'identities', 'alice'), { recursive: true });
    writeFileSync(join(test.home, 'identities', 'alice', 'key.pem'), 'precious');
    const result = await test.run(['cert', 'issue', 'alice', '--me']);
    expect(result).toMatchObject({ exitCode: 4, stdout: '' });
    expect(await listed()).toEqual([]);
  });

  it('a folder that cannot be made: the name stays free', async () => {
    const result = await test.run(['cert', 'issue', 'bob', '--out', join(test.file('file', ''), 'out')]);
    expect(result).toMatchObject({ exitCode: 1, stdout: '' });
    expect(result.stderr).toMatch(/^Error: cannot write ".*file\/out" \(ENOTDIR\)\. .+\n$/);
    expect(await listed()).toEqual(['bob revoked']);
    const again = await test.run(['cert', 'issue', 'bob', '--out', test.at('out')]);
    expect(again).toMatchObject({ exitCode: 0 });
  });

  it('what fails half-way: files written before are gone, the old identity is back, and its certificate was never revoked', async () => {
    await test.run(['cert', 'issue', 'alice', '--me']);
    const before = await loadIdentity(home());
    // The last step, saying as whom the home speaks, cannot work.
    const homeFile = join(test.home, 'home.json');
    rmSync(homeFile);
    mkdirSync(join(homeFile, 'x'), { recursive: true });
    const result = await test.run(['cert', 'issue', 'alice', '--me', '--replace', '--out', test.at('out')]);
    expect(result).toMatchObject({ exitCode: 1, stdout: '', stderr: expect.stringContaining('home.json') });
    expect(readdirSync(test.at('out'))).toEqual([]);
    expect(await listed()).toEqual(['alice valid', 'alice revoked']);
    rmSync(homeFile, { recursive: true });
    expect((await loadIdentity(home(), 'alice')).privateKey.equals(before.privateKey)).toBe(true);
    expect(readdirSync(join(test.home, 'identities'))).toEqual(['alice']);
  });

  it('a CA whose certificate has expired', async () => {
    const clock = () => new Date(Date.now() + 4000 * 86_400_000);
    const result = await test.run(['cert', 'issue', 'bob', '--out', test.at('out')], { clock });
    expect(result).toMatchObject({ exitCode: 2, stdout: '', stderr: expect.stringContaining('expired') });
    expect(existsSync(test.at('out'))).toBe(false);
  });
});

describeWith('openssl', 'openssl and what cert issue makes', () => {
  const openssl = (...argv: string[]) => spawnSync('openssl', argv, { encoding: 'utf8' });

  it.each(['p256', 'rsa2048', 'ed25519'])('verifies the certificate strictly (%s)', async (key) => {
    await test.run(['cert', 'issue', 'bob', '--ip', '192.168.1.7', '--key', key, '--out', test.at('out')]);
    const root = join(test.home, 'ca', 'root.pem');
    const argv = ['verify', '-x509_strict', '-CAfile', root, '-verify_ip', '192.168.1.7', test.at('out', 'bob.pem')];
    expect(openssl(...argv)).toMatchObject({ status: 0, stdout: expect.stringContaining('OK') });
  });

  it('opens the .pfx with its password alone, and finds key and certificate in it', async () => {
    const password = test.file('password', 'correct horse');
    await test.run(['cert', 'issue', 'bob', '--pfx', '--pfx-password-file', password, '--out', test.at('out')]);
    const read = (pass: string) =>
      openssl('pkcs12', '-in', test.at('out', 'bob.pfx'), '-noenc', '-passin', `pass:${pass}`);
    const { stdout } = read('correct horse');
    expect(stdout).toContain('BEGIN PRIVATE KEY');
    expect(stdout.match(/BEGIN CERTIFICATE/g)).toHaveLength(1);
    expect(read('wrong').status).not.toBe(0);
    expect(statSync(test.at('out', 'bob.pfx')).mode & 0o777).toBe(0o600);
  });
});
