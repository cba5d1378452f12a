/** Keys of openssl whose curve is described by its parameters: nothing of them is signed, nothing passes. */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { makeHome, type TestHome } from '../helpers/home.js';
import { describeWith } from '../helpers/require-program.js';

let test: TestHome;
const openssl = (...argv: string[]): string =>
  execFileSync('openssl', argv, { cwd: test.folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });

const makeKey = (file: string, encoding: 'explicit' | 'named_curve') =>
  openssl('ecparam', '-name', 'prime256v1', '-param_enc', encoding, '-genkey', '-noout', '-out', file);

const authority = ['-addext', 'keyUsage=critical,keyCertSign,cRLSign'];
const selfSign = (key: string, out: string) =>
  openssl('req', '-x509', '-new', '-key', key, '-subj', '/CN=Ship', '-days', '30', ...authority, '-out', out);

describeWith('openssl', 'a curve described by its parameters', () => {
  beforeAll(async () => {
    test = makeHome();
    expect(await test.run(['ca', 'init', '--no-password'])).toMatchObject({ exitCode: 0 });
    makeKey('explicit.key', 'explicit');
    makeKey('named.key', 'named_curve');
    selfSign('named.key', 'named.pem');
    selfSign('explicit.key', 'explicit.pem');
  });
  afterAll(() => test.remove());

  it.each([
    ['explicit.key', 7],
    ['named.key', 0],
  ])('decides on the request for %s by exit code %i', async (key, exitCode) => {
    openssl('req', '-new', '-key', key, '-subj', '/CN=bob', '-out', 'bob.csr');
    const result = await test.run(['cert', 'sign', test.at('bob.csr'), 'bob', '--out', test.at('signed')]);
    expect(result.exitCode).toBe(exitCode);
    expect(existsSync(test.at('signed', 'bob.pem'))).toBe(exitCode === 0);
    if (exitCode !== 0) expect(result.stderr).toMatch(/describes its curve by parameters instead of its name/);
  });

  it('refuses to go on with such a CA', async () => {
    const home = makeHome();
    const files = ['--cert-file', test.at('explicit.pem'), '--key-file', test.at('explicit.key')];
    const refused = await home.run(['ca', 'import', ...files]);
    expect(refused).toMatchObject({
      exitCode: 2,
      stdout: '',
      stderr: expect.stringMatching(/CA key .* not sign with/),
    });
    expect(existsSync(home.home)).toBe(false);
    const named = ['--cert-file', test.at('named.pem'), '--key-file', test.at('named.key')];
    expect(await home.run(['ca', 'import', ...named])).toMatchObject({ exitCode: 0 });
    home.remove();
  });

  it('says in one sentence why such a certificate does not pass, as openssl -x509_strict refuses it', async () => {
    openssl('req', '-new', '-key', 'explicit.key', '-subj', '/CN=bob', '-out', 'explicit.csr');
    const ca = ['-CA', 'named.pem', '-CAkey', 'named.key', '-CAcreateserial'];
    openssl('x509', '-req', '-in', 'explicit.csr', ...ca, '-days', '10', '-out', 'leaf.pem');
    const strict = ['verify', '-x509_strict', '-CAfile', 'named.pem', 'leaf.pem'];
    const theirs = spawnSync('openssl', strict, { cwd: test.folder, encoding: 'utf8' });
    expect(theirs.stderr).toMatch(/explicit ECC parameters/);
    const ours = await test.run(['cert', 'verify', test.at('leaf.pem'), '--root-file', test.at('named.pem')]);
    expect(ours.exitCode).toBe(7);
    const sentence = 'the certificate of "bob" describes the curve of its key by parameters instead of its name';
    expect(`${ours.stdout}${ours.stderr}`.split(sentence)).toHaveLength(2);
  });
});
