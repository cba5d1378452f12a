/**
 * What --explain prints, run by a shell in an empty folder, makes what the command itself makes:
 * compared field by field. Only dates (openssl does not backdate), serial numbers and keys differ.
 */
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { packageRoot } from '../../src/package-root.js';
import { readCertificateFields } from '../../src/pki/certificate-fields.js';
import { type CertificateDescription, describeCertificate } from '../../src/pki/describe.js';
import { describeExtensions } from '../../src/pki/describe-extensions.js';
import { parseCertificates } from '../../src/pki/pem.js';
import { readPfx } from '../../src/pki/pfx.js';
import { makeHome, type TestHome } from '../helpers/home.js';
import { runProgram } from '../helpers/program.js';
import { describeWith } from '../helpers/require-program.js';

let home: TestHome;
beforeEach(() => {
  home = makeHome();
  writeFileSync(home.at('secret'), 'correct horse\n', { mode: 0o600 });
});
afterEach(() => home.remove());

/** Asks a command for its explanation, and runs that as it stands. */
async function runExplained(...argv: string[]): Promise<string> {
  const before = home.everything();
  const { exitCode, stdout, stderr } = await home.run(argv.includes('--explain') ? argv : [...argv, '--explain']);
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
  expect(home.everything()).toEqual(before);
  return execFileSync('sh', ['-ec', stdout], { cwd: home.folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}

async function run(...argv: string[]): Promise<void> {
  expect(await home.run(argv)).toMatchObject({ exitCode: 0 });
}

function describeFile(...path: string[]): CertificateDescription {
  const [certificate] = parseCertificates(readFileSync(join(...path)));
  if (certificate === undefined) throw new Error('no certificate');
  return describeCertificate(certificate);
}

function constraintsIn(path: string) {
  const [certificate] = parseCertificates(readFileSync(path));
  if (certificate === undefined) throw new Error('no certificate');
  return describeExtensions(readCertificateFields(certificate)).filter(({ name }) => name === 'nameConstraints');
}

function rawOf(path: string): Buffer {
  return parseCertificates(readFileSync(path))[0]?.raw ?? Buffer.alloc(0);
}

/** What must be the same: everything but what is new with each key and each second. */
function fields(description: CertificateDescription, circleOf: CertificateDescription = description) {
  const { serialNumber: _, fingerprintSha256: __, spkiSha256: ___, notBefore, notAfter, ...rest } = description;
  const days = Math.round((notAfter.getTime() - notBefore.getTime()) / 86_400_000);
  const circleId = circleOf.circle?.circleId ?? 'none';
  return JSON.parse(JSON.stringify({ ...rest, days }).replaceAll(circleId, 'CIRCLE'));
}

describeWith('openssl', '--explain, run by a shell', () => {
  it.each([
    ['ca', 'init', '--no-password'],
    ['ca', 'init', '--no-password', '--key', 'p384', '--name', "O'Hara/Özdemir + Söhne, $HOME", '--days', '30'],
    ['ca', 'init', '--no-password', '--key', 'ed25519'],
    ['ca', 'init', '--key', 'rsa2048', '--ca-password-file', 'secret'],
  ])('%s %s %s %s %s: the same root', async (...argv) => {
    const own = argv.map((word) => (word === 'secret' ? home.at('secret') : word));
    await run(...own);
    await runExplained(...argv);
    expect(fields(describeFile(home.folder, 'root.pem'))).toEqual(fields(describeFile(home.home, 'ca', 'root.pem')));
    expect(readFileSync(home.at('ca.key'), 'utf8').includes('ENCRYPTED')).toBe(argv.includes('secret'));
  });

  it.each([
    ['--ip', '192.168.1.100', '--ip', 'fd00::1', '--dns', 'bob.example.org', '--email', 'bob@example.org'],
    ['--key', 'p384', '--days', '90', '--uri', 'https://bob.example.org/me'],
    ['--key', 'rsa2048', '--profile', 'server'],
    ['--profile', 'client', '--days', '900'],
    ['--profile', 'server', '--key', 'rsa2048'],
    ['--profile', 'ocsp', '--dns', 'ocsp.example.org'],
  ])('cert issue bob %s %s: the same certificate and .pfx', async (...argv) => {
    await run('ca', 'init', '--no-password');
    await runExplained('ca', 'init', '--no-password');
    const issue = ['cert', 'issue', 'bob', ...argv, '--pfx', '--pfx-password-file', home.at('secret')];
    await run(...issue, '--out', home.at('ours'));
    await runExplained(...issue);
    const [ours, theirs] = [describeFile(home.at('ours'), 'bob.pem'), describeFile(home.folder, 'bob.pem')];
    expect(fields(theirs)).toEqual(fields(ours));
    expect(theirs.circle?.member).toBe('bob');
    const { chain } = await readPfx(readFileSync(home.at('bob.pfx')), 'correct horse');
    expect(chain.map(describeCertificate)).toMatchObject([{ serialNumber: theirs.serialNumber }]);
    expect(await runExplained('cert', 'verify', 'bob.pem')).toBe('bob.pem: OK\n');
    await run('cert', 'verify', home.at('bob.pem'), '--root-file', home.at('root.pem'));
  });

  it('cert request and cert sign: the same certificate', async () => {
    await run('ca', 'init', '--no-password');
    await runExplained('ca', 'init', '--no-password');
    const request = ['cert', 'request', 'bob', '--ip', '192.168.1.101', '--dns', '*.example.org'];
    await run(...request, '--out', home.at('ours'));
    await runExplained(...request);
    await run('cert', 'sign', home.at('ours', 'bob.csr'), '--out', home.at('ours'));
    await runExplained('cert', 'sign', home.at('bob.csr'));
    const [ours, theirs] = [describeFile(home.at('ours'), 'bob.pem'), describeFile(home.folder, 'bob.pem')];
    expect(fields(theirs)).toEqual(fields(ours));
  });

  it('cert revoke and ca crl: a list that our cert verify goes by', async () => {
    await runExplained('ca', 'init', '--no-password');
    await runExplained('cert', 'issue', 'bob');
    const verify = ['cert', 'verify', home.at('bob.pem'), '--root-file', home.at('root.pem')];
    await runExplained('ca', 'crl', '--out', 'crl.pem');
    await run(...verify, '--crl-file', home.at('crl.pem'));
    await runExplained('cert', 'revoke', 'bob', '--reason', 'keyCompromise');
    await runExplained('ca', 'crl', '--out', 'crl.pem');
    const refused = await home.run([...verify, '--crl-file', home.at('crl.pem')]);
    expect(refused).toMatchObject({ exitCode: 7, stderr: expect.stringMatching(/revoked/) });
    await expect(runExplained('cert', 'verify', 'bob.pem', '--crl-file', 'crl.pem')).rejects.toThrow(/revoked/);
  });

  it('cert export, cert import, cert inspect: files that go around', async () => {
    await runExplained('ca', 'init', '--no-password');
    await runExplained('cert', 'issue', 'bob');
    await runExplained('cert', 'export', 'bob', '--pfx', '--legacy', '--pfx-password-file', 'secret');
    expect((await readPfx(readFileSync(home.at('bob.pfx')), 'correct horse')).chain).toHaveLength(1);
    await runExplained('cert', 'export', 'bob', '--pfx', '--pfx-password-file', 'secret');
    expect(await runExplained('cert', 'import', 'bob.pfx', '--pfx-password-file', 'secret')).toContain(': OK');
    for (const name of ['bob.pem', 'bob.csr']) {
      expect(await runExplained('cert', 'inspect', name)).toContain('CN = bob');
    }
    expect(await runExplained('ca', 'show')).toContain('QTChat circle');
  });

  it.each([[[]], [['--new-key', '--days', '30']]])(
    'cert renew bob %j: the same certificate, the old one revoked',
    async (flags) => {
      await run('ca', 'init', '--no-password');
      await runExplained('ca', 'init', '--no-password');
      const issue = ['cert', 'issue', 'bob', '--ip', '192.168.1.101', '--profile', 'server', '--key', 'rsa2048'];
      await run(...issue, '--out', home.at('ours'));
      await runExplained(...issue);
      const old = describeFile(home.folder, 'bob.pem');
      const renew = ['cert', 'renew', 'bob', ...flags];
      await runExplained(...renew);
      await run(...renew, '--out', home.at('renewed'));
      const [ours, theirs] = [describeFile(home.at('renewed'), 'bob.pem'), describeFile(home.folder, 'bob.pem')];
      expect(fields(theirs)).toEqual(fields(ours));
      expect(theirs.spkiSha256 === old.spkiSha256).toBe(flags.length === 0);
      await runExplained('ca', 'crl');
      const verify = (file: string) =>
        home.run(['cert', 'verify', file, '--root-file', home.at('root.pem'), '--crl-file', home.at('crl.pem')]);
      expect(await verify(home.at('bob.pem'))).toMatchObject({ exitCode: 0 });
      expect(await verify(home.at('bob.old.pem'))).toMatchObject({
        exitCode: 7,
        stderr: expect.stringMatching(/superseded/),
      });
    },
  );

  it('cert convert: the same octets', async () => {
    await runExplained('ca', 'init', '--no-password');
    for (const [to, name] of [
      ['der', 'root.cer'],
      ['pkcs7', 'root.p7b'],
      ['pem', 'again.pem'],
    ] as const) {
      const convert = ['cert', 'convert', '--to', to];
      await runExplained(...convert, 'root.pem', '--out', name);
      await run(...convert, home.at('root.pem'), '--out', home.at(`our-${name}`));
      expect(readFileSync(home.at(`our-${name}`)).equals(readFileSync(home.at(name)))).toBe(true);
    }
    expect(await runExplained('cert', 'convert', 'root.p7b', '--to', 'pem')).toContain('BEGIN CERTIFICATE');
  });

  it('ca backup and ca restore: the CA is there again', async () => {
    await runExplained('ca', 'init', '--no-password');
    await runExplained('ca', 'backup', 'circle.backup');
    const [key, root] = ['ca.key', 'root.pem'].map((name) => readFileSync(home.at(name)));
    for (const name of ['ca.key', 'root.pem']) rmSync(home.at(name));
    await runExplained('ca', 'restore', 'circle.backup');
    expect(['ca.key', 'root.pem'].map((name) => readFileSync(home.at(name)))).toEqual([key, root]);
  });

  it('ca import and ca export-root: the same files under the names of the other commands', async () => {
    await runExplained('ca', 'init', '--no-password', '--name', 'Old CA');
    execFileSync('sh', ['-ec', 'mv root.pem old.crt; mv ca.key old.key'], { cwd: home.folder });
    await runExplained('ca', 'import', '--cert-file', 'old.crt', '--key-file', 'old.key');
    await runExplained('cert', 'issue', 'bob');
    expect(await runExplained('cert', 'verify', 'bob.pem')).toBe('bob.pem: OK\n');
    writeFileSync(home.at('root.key'), 'the key of the root');
    await runExplained('ca', 'export-root', 'off line');
    expect(readFileSync(home.at('off line', 'root.key'), 'utf8')).toBe('the key of the root');
    const other = ['-subj', '/CN=other', '-keyout', 'other.key', '-out', 'other.pem'];
    execFileSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-noenc', ...other], {
      cwd: home.folder,
      stdio: 'ignore',
    });
    const mixed = ['ca', 'import', '--cert-file', 'old.crt', '--key-file', 'other.key'];
    await expect(runExplained(...mixed)).rejects.toThrow();
  });

  it.each([
    [[]],
    [['--key', 'ed25519', '--days', '400', '--name', 'Ship & Söhne']],
    [['--permit-dns', 'example.org', '--permit-ip', '192.168.0.0/16', '--permit-ip', 'fd00::/8']],
    [['--exclude-dns', 'hr.example.org', '--exclude-ip', '0.0.0.0/0', '--ca-password-file', 'secret']],
  ])('ca init --intermediate %j: the same two CAs, and the same certificates below', async (flags) => {
    const password = flags.includes('secret') ? [] : ['--no-password'];
    const init = ['ca', 'init', '--intermediate', ...password, ...flags];
    await run(...init.map((word) => (word === 'secret' ? home.at('secret') : word)));
    await runExplained(...init);
    for (const name of ['root.pem', 'intermediate.pem']) {
      const [ours, theirs] = [join(home.home, 'ca', name), home.at(name)];
      expect(fields(describeFile(theirs))).toEqual(fields(describeFile(ours)));
      expect(constraintsIn(theirs)).toEqual(constraintsIn(ours));
    }
    const secret = flags.includes('secret') ? ['--ca-password-file', home.at('secret')] : [];
    const issue = ['cert', 'issue', 'bob', '--dns', 'www.example.org', ...secret];
    await run(...issue, '--out', home.at('ours'));
    await runExplained(...issue);
    expect(fields(describeFile(home.folder, 'bob.pem'))).toEqual(fields(describeFile(home.at('ours'), 'bob.pem')));
    expect(parseCertificates(readFileSync(home.at('bob.pem')))).toHaveLength(2);
    expect(await runExplained('cert', 'verify', 'bob.pem')).toBe('bob.pem: OK\n');
    await runExplained('ca', 'crl', ...secret);
    const list = ['--crl-file', home.at('crl.pem'), '--root-file', home.at('root.pem')];
    await run('cert', 'verify', home.at('bob.pem'), ...list);
  });

  it('ca crl --root and ca init --root-key-file: a root that revokes one CA, and makes the next', async () => {
    await run('ca', 'init', '--intermediate', '--no-password', '--name', 'Ship');
    await runExplained('ca', 'init', '--intermediate', '--no-password', '--name', 'Ship');
    await runExplained('cert', 'issue', 'bob');
    await runExplained('ca', 'export-root', 'offline');
    await runExplained('ca', 'crl');
    const root = ['--root-key-file', 'offline/root.key'];
    await runExplained('ca', 'crl', '--root', ...root);
    const lists = ['--crl-file', 'crl.pem', '--crl-file', 'root-crl.pem'].map((word) =>
      word.endsWith('.pem') ? home.at(word) : word,
    );
    const verify = () => home.run(['cert', 'verify', home.at('bob.pem'), '--root-file', home.at('root.pem'), ...lists]);
    expect(await verify()).toMatchObject({ exitCode: 0 });
    const revoke = ['--revoke', 'intermediate.pem', '--reason', 'superseded'];
    await runExplained('ca', 'crl', '--root', ...root, ...revoke);
    expect(await verify()).toMatchObject({
      exitCode: 7,
      stderr: expect.stringMatching(/"Ship \(issuing\)" was revoked/),
    });
    const next = ['ca', 'init', '--intermediate', '--no-password'];
    await run(...next, '--root-key-file', join(home.home, 'ca', 'root.key'), '--force');
    await runExplained(...next, ...root);
    const [ours, theirs] = [
      describeFile(home.home, 'ca', 'intermediate.pem'),
      describeFile(home.folder, 'intermediate.pem'),
    ];
    expect({ ...fields(theirs), subject: 0 }).toEqual({ ...fields(ours), subject: 0 });
    await runExplained('cert', 'issue', 'carol');
    await run('cert', 'verify', home.at('carol.pem'), '--root-file', home.at('root.pem'));
  });

  it.each([
    ['--permit-dns', 'example.org', '--exclude-dns', 'hr.example.org'],
    ['--permit-ip', '10.0.0.0/8', '--exclude-ip', '10.1.0.0/16'],
  ])('ca init %s %s %s %s: the same limits', async (...limits) => {
    const init = ['ca', 'init', '--no-password', ...limits];
    await run(...init);
    await runExplained(...init);
    expect(constraintsIn(home.at('root.pem'))).toEqual(constraintsIn(join(home.home, 'ca', 'root.pem')));
    expect(constraintsIn(home.at('root.pem'))).toHaveLength(1);
  });

  it('takes no file for an option, nor for a URI', async () => {
    await runExplained('ca', 'init', '--no-password');
    execFileSync('sh', ['-ec', 'cp root.pem ./-root.pem; cp ca.key ./-ca.key; cp root.pem file:root'], {
      cwd: home.folder,
    });
    const files = ['--cert-file=-root.pem', '--key-file=-ca.key'];
    await runExplained('ca', 'import', ...files);
    for (const name of ['-root.pem', 'file:root']) {
      const convert = ['cert', 'convert', '--to', 'der', `--out=-${name}.cer`];
      await runExplained(...convert, '--explain', '--', name);
      expect(readFileSync(home.at(`-${name}.cer`)).equals(rawOf(home.at(name)))).toBe(true);
      expect(await runExplained('cert', 'verify', `--root-file=${name}`, '--explain', '--', name)).toContain(': OK');
      expect(await runExplained('cert', 'inspect', '--explain', '--', name)).toContain('CN = QTChat circle');
    }
    await runExplained('ca', 'crl', '--out=-crl.pem');
    expect(await runExplained('cert', 'inspect', '--explain', '--', '-crl.pem')).toContain('CRL Number');
    await runExplained('ca', 'export-root', '--explain', '--', '-safe').catch(() => {});
    expect(readFileSync(home.at('-safe', 'root.pem')).equals(readFileSync(home.at('root.pem')))).toBe(true);
  });

  it.each(['ca', 'cert'])('is there for every command of %s', async (topic) => {
    for (const name of readdirSync(join(packageRoot(), 'commands', topic))) {
      const { exitCode, stdout } = await runProgram([topic, name.replace(/\.ts$/, ''), '--help'], {
        home: home.folder,
      });
      expect({ name, exitCode, stdout }).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('--explain') });
    }
  });

  it('refuses what openssl cannot be told, and what the command refuses', async () => {
    const refusal = (...argv: string[]) => home.run([...argv, '--explain']);
    expect(await refusal('ca', 'init', '--permit-dns', '*.example.org')).toMatchObject({ exitCode: 2, stdout: '' });
    for (const name of ['', ' ', 'two\nlines', 'a\u0007b', 'x'.repeat(65)]) {
      expect(await refusal('ca', 'init', '--name', name)).toMatchObject({ exitCode: 2, stdout: '' });
    }
    const tiered = ['ca', 'init', '--intermediate', '--name', 'x'.repeat(60)];
    expect(await refusal(...tiered)).toMatchObject({ exitCode: 2, stdout: '' });
    for (const days of ['0', '-5', '40000', '99999999999']) {
      for (const command of [
        ['ca', 'init'],
        ['cert', 'issue', 'bob'],
        ['ca', 'crl'],
      ]) {
        expect(await refusal(...command, `--days=${days}`)).toMatchObject({ exitCode: 2, stdout: '' });
      }
    }
    expect(await refusal('cert', 'issue', 'bob', '--uri', 'https://example.org/$(id)')).toMatchObject({ exitCode: 2 });
    expect(await refusal('cert', 'issue', 'Bob!')).toMatchObject({ exitCode: 2, stdout: '' });
    expect(await refusal('cert', 'issue', 'bob', '--ip', '10.0.0.0/8')).toMatchObject({ exitCode: 2, stdout: '' });
    expect(await refusal('ca', 'init', '--key', 'rsa1024')).toMatchObject({ exitCode: 2, stdout: '' });
  });
});
