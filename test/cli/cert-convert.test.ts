import { execFileSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { makeCircle, makeIntermediate, makeMember, type TestCircle, type TestMember } from '../helpers/certificates.js';
import { makeHome, type TestHome } from '../helpers/home.js';
import { describeWith } from '../helpers/require-program.js';

let test: TestHome;
let circle: TestCircle;
let bob: TestMember;

beforeEach(async () => {
  test = makeHome();
  circle = await makeCircle();
  bob = await makeMember(await makeIntermediate(circle), { member: 'bob' });
  test.file('bob.pem', bob.chainPem);
  test.file('leaf.pem', bob.certificatePem);
});
afterEach(() => test.remove());

const convert = (from: string, ...flags: string[]) => test.run(['cert', 'convert', test.at(from), ...flags]);

describe('qtchat cert convert', () => {
  it('goes from PEM to DER and back', async () => {
    const result = await convert('leaf.pem', '--to', 'der', '--out', test.at('leaf.der'));
    expect(result).toMatchObject({ exitCode: 0, stdout: `Wrote one certificate to ${test.at('leaf.der')}\n` });
    expect(readFileSync(test.at('leaf.der'))).toEqual(bob.certificate.raw);
    expect(await convert('leaf.der', '--to', 'pem')).toMatchObject({ stdout: bob.certificate.toString() });
  });

  it('goes from PEM to PKCS #7 and back, intermediates included', async () => {
    await convert('bob.pem', '--to', 'pkcs7', '--out', test.at('bob.p7b'));
    const result = await convert('bob.p7b', '--to', 'pem', '--json');
    expect(result.json()).toMatchObject({ form: 'pem', certificates: 2, file: null });
    const blocks = String(result.json().content).match(/-----BEGIN[\s\S]*?END CERTIFICATE-----/g) ?? [];
    expect(new X509Certificate(blocks[0] ?? '').fingerprint256).toBe(bob.certificate.fingerprint256);
  });

  it('keeps a file that stands in the way with --force', async () => {
    test.file('out.pem', 'old');
    expect(await convert('bob.pem', '--to', 'pem', '--out', test.at('out.pem'))).toMatchObject({ exitCode: 4 });
    expect(readFileSync(test.at('out.pem'), 'utf8')).toBe('old');
    expect(await convert('bob.pem', '--to', 'pem', '--out', test.at('out.pem'), '--force')).toMatchObject({
      exitCode: 0,
    });
    expect(readFileSync(test.at('out.pem.bak'), 'utf8')).toBe('old');
  });

  it.each<[string, string[], number, RegExp]>([
    ['several certificates as DER', ['bob.pem', '--to', 'der', '--out', 'x'], 2, /pkcs7/],
    ['DER without a file', ['leaf.pem', '--to', 'der'], 2, /--out/],
    ['an unknown form', ['leaf.pem', '--to', 'jks'], 2, /--to/],
    ['no form', ['leaf.pem'], 2, /to/],
    ['a missing file', ['absent.pem', '--to', 'pem'], 3, /absent/],
    ['a file without certificates', ['home', '--to', 'pem'], 3, /home/],
    ['a folder that is missing', ['leaf.pem', '--to', 'pem', '--out', '/nowhere/at/all'], 1, /nowhere/],
  ])('refuses %s, and leaves nothing behind', async (_title, [from = '', ...flags], exitCode, message) => {
    const before = test.everything();
    const result = await convert(from, ...flags);
    expect(result).toMatchObject({ exitCode, stdout: '', stderr: expect.stringMatching(message) });
    expect(test.everything()).toEqual(before);
  });
});

const run = (program: string, ...args: string[]): string =>
  execFileSync(program, args, { cwd: test.folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });

describeWith('openssl', 'PKCS #7 and openssl', () => {
  it('is read by openssl, and read from openssl, in PEM and DER', async () => {
    await convert('bob.pem', '--to', 'pkcs7', '--out', test.at('ours.p7b'));
    const subjects = run('openssl', 'pkcs7', '-in', 'ours.p7b', '-print_certs', '-noout').match(/^subject=.*$/gm);
    expect(subjects).toEqual(['subject=CN = bob', 'subject=CN = Test intermediate']);
    writeFileSync(test.at('all.pem'), circle.rootPem + bob.chainPem);
    for (const form of ['PEM', 'DER']) {
      run('openssl', 'crl2pkcs7', '-nocrl', '-certfile', 'all.pem', '-outform', form, '-out', 'theirs.p7b');
      const text = String((await convert('theirs.p7b', '--to', 'pem', '--json')).json().content);
      expect(text).toBe(bob.chainPem.replace(/\n+/g, '\n') + circle.rootPem);
    }
  });
});

describeWith('certtool', 'PKCS #7 and GnuTLS', () => {
  it('is read by certtool', async () => {
    await convert('bob.pem', '--to', 'pkcs7', '--out', test.at('ours.p7b'));
    expect(run('certtool', '--p7-info', '--infile', 'ours.p7b')).toContain('Number of certificates: 2');
  });
});
