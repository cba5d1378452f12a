import { X509Certificate } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { createSecureContext } from 'node:tls';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { readPfx } from '../../src/pki/pfx.js';
import { fakeTerminal } from '../helpers/fake-terminal.js';
import { makeHome, type TestHome } from '../helpers/home.js';

let test: TestHome;
let password: string[];

beforeEach(async () => {
  test = makeHome();
  await test.run(['ca', 'init', '--no-password']);
  password = ['--pfx-password-file', test.file('password', 'correct horse\n')];
});

afterEach(() => {
  test.remove();
});

const issueAlice = (...flags: string[]) => test.run(['cert', 'issue', 'alice', '--me', ...flags]);
const exportAlice = (...flags: string[]) =>
  test.run(['cert', 'export', 'alice', '--pfx', '--out', test.at('alice.pfx'), ...flags]);

describe('qtchat cert export --pfx', () => {
  it('writes the identity of this home, for its owner alone to read', async () => {
    await issueAlice();
    const result = await exportAlice(...password);
    expect(result).toMatchObject({ exitCode: 0, stderr: '', stdout: expect.stringContaining("alice's key (p256)") });
    expect(statSync(test.at('alice.pfx')).mode & 0o777).toBe(0o600);
    const { key, chain } = await readPfx(readFileSync(test.at('alice.pfx')), 'correct horse');
    expect(chain.map(({ subject }) => subject)).toEqual(['CN=alice']);
    expect(chain[0]?.checkPrivateKey(key)).toBe(true);
  });

  it('puts the intermediates of a file beside the certificate, and leaves the root out', async () => {
    await test.run(['cert', 'issue', 'bob', '--out', test.folder]);
    const root = readFileSync(join(test.home, 'ca', 'root.pem'), 'utf8');
    const certificate = test.file('chain.pem', readFileSync(test.at('bob.pem'), 'utf8') + root);
    const files = ['--cert-file', certificate, '--key-file', test.at('bob.key')];
    const result = await test.run(['cert', 'export', 'bob', '--pfx', '--out', test.at('b.pfx'), ...files, ...password]);
    expect(result).toMatchObject({ exitCode: 0 });
    const { chain } = await readPfx(readFileSync(test.at('b.pfx')), 'correct horse');
    expect(chain.map(({ raw }) => raw)).toEqual([new X509Certificate(readFileSync(test.at('bob.pem'))).raw]);
  });

  it('writes 3DES and SHA-1 under --legacy, and warns of it', async () => {
    await issueAlice();
    const result = await exportAlice('--legacy', ...password);
    expect(result).toMatchObject({ exitCode: 0, stderr: expect.stringMatching(/^Warning: 3DES/) });
    const pfx = readFileSync(test.at('alice.pfx'));
    expect(pfx.includes(Buffer.from('2a864886f70d010c0103', 'hex'))).toBe(true);
    expect(() => createSecureContext({ pfx, passphrase: 'correct horse' })).not.toThrow();
  });

  it('warns that not every program reads Ed25519 keys', async () => {
    await issueAlice('--key', 'ed25519');
    expect((await exportAlice(...password)).stderr).toMatch(/^Warning: .*Ed25519/);
    const argv = ['cert', 'issue', 'bob', '--key', 'ed25519', '--pfx', ...password, '--out', test.folder];
    expect((await test.run(argv)).stderr).toMatch(/^Note: .*Ed25519/m);
  });

  it('says as JSON what it wrote', async () => {
    await issueAlice();
    expect((await exportAlice(...password, '--json')).json()).toMatchObject({
      path: test.at('alice.pfx'),
      name: 'alice',
      keyType: 'p256',
      legacy: false,
      certificates: 1,
      oldPath: null,
    });
  });

  it('asks for a new password twice, and shows neither', async () => {
    await issueAlice();
    const terminal = fakeTerminal(
      { when: 'New password for the .pfx file', type: 'correct horse\r' },
      { when: 'The same again', type: 'correct horse\r' },
    );
    const argv = ['cert', 'export', 'alice', '--pfx', '--out', test.at('alice.pfx')];
    const result = await test.run(argv, { stdin: terminal.stdin, onStderr: terminal.onScreen });
    expect(result).toMatchObject({ exitCode: 0 });
    expect(result.stderr).not.toContain('correct horse');
    expect((await readPfx(readFileSync(test.at('alice.pfx')), 'correct horse')).chain).toHaveLength(1);
  });

  it('keeps a file that stands there, unless told with --force to put it aside', async () => {
    await issueAlice();
    await exportAlice(...password);
    const argv = ['cert', 'export', 'alice', '--pfx', '--out', test.at('alice.pfx'), ...password];
    await test.refused(argv, 4, /exists already/);
    const result = await test.run([...argv, '--force', '--json']);
    expect(result.json()).toMatchObject({ oldPath: `${test.at('alice.pfx')}.bak` });
  });

  it('refuses a member of whom this home has no key', async () => {
    await test.run(['cert', 'issue', 'bob', '--out', test.folder]);
    await test.refused(
      ['cert', 'export', 'bob', '--pfx', ...password],
      3,
      /no identity "bob".* --cert-file bob\.pem --key-file bob\.key/,
    );
  });

  it('refuses a key that is not that of the certificate', async () => {
    for (const name of ['bob', 'eve']) await test.run(['cert', 'issue', name, '--out', test.folder]);
    const files = ['--cert-file', test.at('bob.pem'), '--key-file', test.at('eve.key')];
    const argv = ['cert', 'export', 'bob', '--pfx', '--out', test.at('b.pfx'), ...files, ...password];
    await test.refused(argv, 1, /does not belong/);
  });

  it.each<[string, string[], number, RegExp]>([
    ['no form', ['alice'], 2, /pfx/],
    ['a name that is none', ['../alice', '--pfx'], 2, /name/],
    ['a certificate without its key', ['alice', '--pfx', '--cert-file', 'x.pem'], 2, /key-file/],
    ['nobody to ask for the password', ['alice', '--pfx', '--out', 'absent.pfx'], 2, /--pfx-password-file/],
  ])('refuses %s', async (_title, argv, exitCode, message) => {
    await issueAlice();
    await test.refused(['cert', 'export', ...argv], exitCode, message);
  });

  it.each(['zoë', 'naïve'])('refuses the password %p, which other programs read differently', async (unfit) => {
    await issueAlice();
    const argv = ['cert', 'export', 'alice', '--pfx', '--out', test.at('a.pfx')];
    await test.refused([...argv, '--pfx-password-file', test.file('p', unfit)], 2, /ASCII/);
  });
});
