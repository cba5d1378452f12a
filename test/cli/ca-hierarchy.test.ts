/** A root with an intermediate below, a root taken offline, and a CA that may not certify everything. */
import { execFileSync, spawnSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { circleIdOf, circleNamesOf } from '../../src/pki/circle.js';
import { parseCertificates } from '../../src/pki/pem.js';
import { readCrl, verifyCrl } from '../../src/pki/read-crl.js';
import { loadIdentity } from '../../src/store/identities.js';
import { makeHome, type TestHome } from '../helpers/home.js';
import { describeWith } from '../helpers/require-program.js';

let test: TestHome;

beforeEach(() => {
  test = makeHome();
});

afterEach(() => test.remove());

const inCa = (name: string): string => join(test.home, 'ca', name);

const initIntermediate = (...more: string[]) => test.done(['ca', 'init', '--no-password', '--intermediate', ...more]);
const rootOf = () => new X509Certificate(readFileSync(inCa('root.pem')));

describe('qtchat ca init --intermediate', () => {
  it('lets a key of its own issue, and keeps the circle that of the root', async () => {
    const made = await initIntermediate('--name', 'Family');
    const [intermediate] = parseCertificates(readFileSync(inCa('intermediate.pem')));
    expect(intermediate?.subject).toBe('CN=Family (issuing)');
    expect(intermediate?.checkIssued(rootOf())).toBe(true);
    expect(made).toMatchObject({ circleId: circleIdOf(rootOf()), intermediate: { name: 'Family (issuing)' } });
    expect(readFileSync(inCa('ca.key'))).not.toEqual(readFileSync(inCa('root.key')));
    for (const name of ['ca.key', 'root.key']) expect(statSync(inCa(name)).mode & 0o777).toBe(0o600);
    expect(await test.done(['ca', 'show'])).toMatchObject({
      circleId: made.circleId,
      intermediate: { name: 'Family (issuing)' },
    });
  });

  it('puts the intermediate behind every certificate, and the root nowhere', async () => {
    const { circleId } = await initIntermediate();
    await test.done(['cert', 'issue', 'bob', '--out', test.folder]);
    const chain = parseCertificates(readFileSync(test.at('bob.pem')));
    expect(chain.map(({ subject }) => subject)).toEqual(['CN=bob', 'CN=QTChat circle (issuing)']);
    expect(chain.slice(0, 1).flatMap(circleNamesOf)).toEqual([{ circleId, member: 'bob' }]);
    expect(await test.done(['cert', 'verify', test.at('bob.pem')])).toMatchObject({ valid: true });
    await test.done(['cert', 'issue', 'alice', '--me']);
    expect((await loadIdentity({ folder: test.home })).chain).toHaveLength(2);
  });

  it('encrypts both keys under the one password', async () => {
    await test.done(['ca', 'init', '--intermediate', '--ca-password-file', test.file('password', 'secret\n')]);
    for (const name of ['ca.key', 'root.key']) {
      expect(readFileSync(inCa(name), 'utf8')).toMatch(/^-----BEGIN ENCRYPTED PRIVATE KEY-----/);
    }
  });

  it('refuses a name that leaves no room for that of the intermediate', async () => {
    const argv = ['ca', 'init', '--no-password', '--intermediate', '--name', 'x'.repeat(60)];
    await test.refused(argv, 2, /is no name for a CA: expected 1 to 64/);
  });
});

describe('qtchat ca export-root', () => {
  it('moves the key out, and issuing goes on without it', async () => {
    await initIntermediate();
    const keyPem = readFileSync(inCa('root.key'), 'utf8');
    expect(await test.done(['ca', 'export-root', test.at('safe')])).toEqual({
      keyPath: test.at('safe', 'root.key'),
      rootPath: test.at('safe', 'root.pem'),
    });
    expect(existsSync(inCa('root.key'))).toBe(false);
    expect(readFileSync(test.at('safe', 'root.key'), 'utf8')).toBe(keyPem);
    expect(statSync(test.at('safe', 'root.key')).mode & 0o777).toBe(0o600);
    await test.done(['cert', 'issue', 'bob', '--out', test.folder]);
    await test.refused(['ca', 'export-root', test.at('again')], 3, /not in this home/);
  });

  it('refuses where there is no CA, and where the root itself issues', async () => {
    await test.refused(['ca', 'export-root', test.at('safe')], 3, /there is no CA/);
    await test.done(['ca', 'init', '--no-password']);
    await test.refused(['ca', 'export-root', test.at('safe')], 3, /is the one that issues.*--intermediate/);
  });

  it.each(['root.key', 'root.pem'])('never writes over a %s', async (name) => {
    await initIntermediate();
    mkdirSync(test.at('safe'));
    writeFileSync(test.at('safe', name), 'precious');
    await test.refused(['ca', 'export-root', test.at('safe')], 4, /exists already/);
  });
});

describe('qtchat ca crl --root', () => {
  const list = () => readCrl(readFileSync(inCa('root-crl.pem')));
  const serialOf = (path: string) => parseCertificates(readFileSync(path))[0]?.serialNumber;

  it('writes a list of the root, with its key from the home or from where it was taken', async () => {
    await initIntermediate();
    const first = await test.done(['ca', 'crl', '--root']);
    expect(first).toMatchObject({ path: inCa('root-crl.pem'), count: 0 });
    verifyCrl(list(), rootOf());
    expect((list().nextUpdate?.getTime() ?? 0) - list().thisUpdate.getTime()).toBe(180 * 86_400_000);
    await test.done(['ca', 'export-root', test.at('safe')]);
    await test.refused(['ca', 'crl', '--root'], 3, /root's key is not in .*--root-key-file/);
    const brought = ['ca', 'crl', '--root', '--root-key-file', test.at('safe', 'root.key')];
    expect(await test.done([...brought, '--days', '30'])).toMatchObject({ count: 0 });
    expect(list().number).toBeGreaterThan(BigInt(Number(first.number)));
    expect(await test.done(['ca', 'crl'])).toMatchObject({ path: inCa('crl.pem') });
  });

  it('asks for the password of the key', async () => {
    const password = ['--ca-password-file', test.file('password', 'secret\n')];
    await test.done(['ca', 'init', '--intermediate', ...password]);
    await test.done(['ca', 'crl', '--root', ...password]);
    await test.refused(['ca', 'crl', '--root'], 2, /--ca-password-file/);
    await test.refused(
      ['ca', 'crl', '--root', '--ca-password-file', test.file('wrong', 'x\n')],
      5,
      /password is wrong/,
    );
  });

  it('revokes a CA below the root, once, and says what that means here', async () => {
    await initIntermediate();
    const revoke = ['ca', 'crl', '--root', '--revoke', inCa('intermediate.pem'), '--reason', 'keyCompromise'];
    const result = await test.run(revoke);
    expect(result).toMatchObject({
      exitCode: 0,
      stderr: expect.stringMatching(/^Warning: the CA of this home is revoked/),
    });
    expect(await test.done(revoke)).toMatchObject({ count: 1 });
    const serialNumber = serialOf(inCa('intermediate.pem'));
    expect(list().revoked).toMatchObject([{ serialNumber, reason: 'cACompromise' }]);
    await test.done(['cert', 'issue', 'bob', '--out', test.folder]);
    await test.done(['ca', 'crl']);
    const lists = ['--crl-file', inCa('crl.pem'), '--crl-file', inCa('root-crl.pem')];
    const verdict = await test.run(['cert', 'verify', test.at('bob.pem'), ...lists]);
    expect(verdict).toMatchObject({ exitCode: 7, stderr: expect.stringMatching(/\(issuing\)" was revoked on/) });
  });

  it('refuses what cannot be revoked, or is no root above an intermediate', async () => {
    await initIntermediate();
    await test.done(['cert', 'issue', 'bob', '--out', test.folder]);
    const revoke = ['ca', 'crl', '--root', '--revoke'];
    for (const path of [test.at('bob.pem'), inCa('root.pem')]) {
      await test.refused([...revoke, path], 1, /not that of a CA below the root/);
    }
    const other = ['ca', 'crl', '--root', '--root-key-file', inCa('ca.key')];
    await test.refused(other, 1, /does not belong/);
    for (const days of ['0', '367', '99999999999']) {
      await test.refused(['ca', 'crl', '--root', `--days=${days}`], 2, /from 1 to 366/);
    }
    await test.refused(['ca', 'crl', '--root', '--out', test.at('bob.pem')], 4, /exists already/);
    await test.refused(['ca', 'crl', '--revoke', inCa('intermediate.pem')], 2, /--root/);
    await test.done(['ca', 'init', '--no-password', '--force']);
    await test.refused(['ca', 'crl', '--root'], 2, /the root of this home issues itself/);
  });

  it('refuses an old ledger, and a clock that went back', async () => {
    await initIntermediate();
    await test.done(['ca', 'crl', '--root']);
    const yesterday = { clock: () => new Date(Date.now() - 3_600_000) };
    const late = await test.run(['ca', 'crl', '--root', '--out', test.at('other.pem')], yesterday);
    expect(late).toMatchObject({ exitCode: 2, stdout: '' });
    for (const name of ['ledger.db', 'ledger.db-wal', 'ledger.db-shm']) rmSync(join(test.home, name), { force: true });
    const forgotten = await test.run(['ca', 'crl', '--root']);
    expect(forgotten).toMatchObject({
      exitCode: 1,
      stderr: expect.stringMatching(/does not know the revocation list/),
    });
  });
});

describe('qtchat ca init --intermediate --root-key-file', () => {
  const next = (...more: string[]) => ['ca', 'init', '--intermediate', '--no-password', '--root-key-file', ...more];

  it('goes on with the circle, the ledger and the members, and the root stays away', async () => {
    const { circleId } = await initIntermediate('--name', 'Family');
    await test.done(['cert', 'issue', 'bob', '--out', test.folder]);
    await test.done(['ca', 'export-root', test.at('safe')]);
    const made = await test.done([...next(test.at('safe', 'root.key')), '--force']);
    const name = expect.stringMatching(/^Family \(issuing [0-9a-f]{8}\)$/);
    expect(made).toMatchObject({
      circleId,
      intermediate: { name },
      oldCa: `${join(test.home, 'ca')}.bak`,
      oldLedger: null,
    });
    expect(existsSync(inCa('root.key'))).toBe(false);
    expect(await test.done(['cert', 'verify', test.at('bob.pem')])).toMatchObject({ valid: true });
    await test.refused(['cert', 'issue', 'bob', '--out', test.at('new')], 4, /name bob is taken/);
    await test.done(['cert', 'renew', 'bob', '--out', test.at('new')]);
    const chain = parseCertificates(readFileSync(test.at('new', 'bob.pem')));
    expect(chain.map(({ subject }) => subject)).toEqual([
      'CN=bob',
      expect.stringMatching(/^CN=Family .issuing [0-9a-f]{8}/),
    ]);
    const former = `${join(test.home, 'ca')}.bak/intermediate.pem`;
    const list = ['ca', 'crl', '--root', '--root-key-file', test.at('safe', 'root.key'), '--revoke', former];
    expect(await test.run(list)).toMatchObject({ exitCode: 0, stderr: '' });
    const crl = ['--crl-file', inCa('crl.pem'), '--crl-file', inCa('root-crl.pem')];
    await test.done(['ca', 'crl']);
    expect(await test.done(['cert', 'verify', test.at('new', 'bob.pem'), ...crl])).toMatchObject({ valid: true });
    expect(await test.run(['cert', 'verify', test.at('bob.pem'), ...crl])).toMatchObject({ exitCode: 7 });
  });

  it('hands the audit log over: it is still the CA that has signed it', async () => {
    await initIntermediate();
    await test.done(['cert', 'issue', 'bob', '--out', test.folder]);
    await test.done(['ca', 'crl']);
    expect(await test.run(['autoca', 'audit', 'verify'])).toMatchObject({ exitCode: 0 });
    await test.done([...next(inCa('root.key')), '--force']);
    expect(await test.run(['autoca', 'audit', 'verify'])).toMatchObject({ exitCode: 0 });
    await test.done(['cert', 'issue', 'carol', '--out', test.folder]);
    await test.done(['ca', 'crl', '--root']);
    await test.done(['ca', 'crl']);
    expect(await test.run(['autoca', 'audit', 'verify'])).toMatchObject({ exitCode: 0 });
  });

  it('keeps the key of the root where it lies in the CA itself, also of one that issued before', async () => {
    await test.done(['ca', 'init', '--no-password']);
    await test.done(['cert', 'issue', 'bob', '--out', test.folder]);
    await test.done(['cert', 'revoke', 'bob']);
    const key = readFileSync(inCa('ca.key'), 'utf8');
    await test.done([...next(inCa('ca.key')), '--force']);
    expect(readFileSync(inCa('root.key'), 'utf8')).toBe(key);
    expect(await test.done(['ca', 'crl', '--root'])).toMatchObject({ count: 1 });
    const lists = ['--crl-file', inCa('root-crl.pem')];
    const verdict = await test.run(['cert', 'verify', test.at('bob.pem'), ...lists]);
    expect(verdict).toMatchObject({ exitCode: 7, stderr: expect.stringMatching(/"bob" was revoked/) });
  });

  it('begins on another machine, under the password of the root', async () => {
    const password = ['--ca-password-file', test.file('password', 'secret\n')];
    const { circleId } = await test.done(['ca', 'init', '--intermediate', '--name', 'x'.repeat(54), ...password]);
    await test.done(['ca', 'export-root', test.at('safe')]);
    const files = ['--root-key-file', test.at('safe', 'root.key'), '--root-cert-file', test.at('safe', 'root.pem')];
    const elsewhere = { home: test.at('elsewhere') };
    const made = await test.run(['ca', 'init', '--intermediate', ...files, ...password, '--json'], elsewhere);
    expect(made.json()).toMatchObject({ circleId, encrypted: true, oldCa: null });
    const issue = ['cert', 'issue', 'carol', '--out', test.folder, ...password];
    expect(await test.run(issue, elsewhere)).toMatchObject({ exitCode: 0 });
    expect(await test.done(['cert', 'verify', test.at('carol.pem')])).toMatchObject({ valid: true });
  });

  it('refuses another key, a home that has a CA, and flags that belong to a new root', async () => {
    await initIntermediate();
    await test.done(['ca', 'export-root', test.at('safe')]);
    const key = test.at('safe', 'root.key');
    await test.refused(next(key), 4, /exists already/);
    await test.refused([...next(inCa('ca.key')), '--force'], 1, /does not belong/);
    await test.refused([...next(test.at('nowhere')), '--force'], 3, /nowhere/);
    await test.refused([...next(key), '--force', '--name', 'Other'], 2, /--name/);
    await test.refused([...next(key), '--force', '--days', '10'], 2, /--days/);
    await test.refused(['ca', 'init', '--force', '--root-key-file', key], 2, /--intermediate/);
    const result = await test.run(next(key), { home: test.at('elsewhere') });
    expect(result).toMatchObject({ exitCode: 3, stderr: expect.stringMatching(/there is no CA/) });
    expect(existsSync(test.at('elsewhere'))).toBe(false);
  });
});

describe('a CA that may not certify everything', () => {
  const limits = ['--permit-dns', 'example.org', '--permit-ip', '192.168.0.0/16', '--exclude-dns', 'hr.example.org'];

  it('says so, in both certificates', async () => {
    const constraints = { permitted: ['dns:example.org', 'ip:192.168.0.0/16'], excluded: ['dns:hr.example.org'] };
    expect(await initIntermediate(...limits)).toMatchObject({ nameConstraints: constraints });
    const result = await test.run(['ca', 'show']);
    expect(result.stdout).toContain('only dns:example.org, ip:192.168.0.0/16; not dns:hr.example.org\n');
  });

  it.each<[string, string[]]>([
    ['an address outside', ['--ip', '10.0.0.1']],
    ['an address of the other family', ['--ip', 'fd00::1']],
    ['a name outside', ['--dns', 'example.net']],
    ['an excluded name', ['--dns', 'www.hr.example.org']],
    ['one of several', ['--dns', 'www.example.org', '--dns', 'example.net']],
    ['an excluded name in capitals', ['--dns', 'WWW.HR.Example.ORG']],
    ['a wildcard that covers an excluded name', ['--dns', '*.example.org']],
    ['an IPv4 address in the clothes of IPv6', ['--ip', '::ffff:192.168.0.1']],
    ['a mailbox outside', ['--email', 'bob@example.net']],
    ['a mailbox at an excluded host', ['--email', 'bob@hr.example.org']],
    ['a page outside', ['--uri', 'https://www.example.org@example.net/']],
    ['a page at an excluded host', ['--uri', 'https://HR.example.org:8443/']],
    ['a page at an address outside', ['--uri', 'https://10.0.0.1/']],
    ['a page at an IPv6 address', ['--uri', 'https://[fd00::1]:443/']],
  ])('refuses %s before anything is signed, in a dry run too', async (_, names) => {
    await initIntermediate(...limits);
    for (const more of [[], ['--dry-run']]) {
      const argv = ['cert', 'issue', 'bob', '--out', test.folder, ...names, ...more];
      const result = await test.run(argv);
      expect(result).toMatchObject({ exitCode: 7, stdout: '' });
      expect(result.stderr).toMatch(/the CA limits what it certifies, and ".*" is (not )?among/);
      expect(existsSync(test.at('bob.pem'))).toBe(false);
    }
  });

  it('refuses a name outside that only the common name states, whatever host stands in a mailbox', async () => {
    await initIntermediate(...limits);
    const argv = ['cert', 'issue', 'www.example.net', '--email', 'bob@example.org', '--out', test.folder];
    const result = await test.run(argv);
    expect(result.exitCode).toBe(7);
    expect(result.stderr).toMatch(/"www\.example\.net" is not among the permitted names/);
  });

  it('issues mailboxes and pages at the permitted hosts, and URIs without one', async () => {
    await initIntermediate(...limits);
    const uris = [
      '--uri',
      'https://bob@www.example.org:8443/x',
      '--uri',
      'urn:uuid:0',
      '--uri',
      'https://192.168.0.1/',
    ];
    await test.done(['cert', 'issue', 'bob', '--email', 'bob@example.org', ...uris, '--out', test.folder]);
    expect(await test.done(['cert', 'verify', test.at('bob.pem')])).toMatchObject({ valid: true });
  });

  it.each<[string[], RegExp]>([
    [['--permit-dns', '*.example.org'], /names? below|is no DNS name/],
    [['--permit-ip', '192.168.1.7/16'], /Write 192\.168\.0\.0\/16/],
    [['--exclude-ip', 'example.org'], /is no range of IP addresses/],
  ])('refuses %j', async (flags, message) => {
    await test.refused(['ca', 'init', '--no-password', ...flags], 2, message);
  });
});

describeWith('openssl', 'OpenSSL and our hierarchies', () => {
  it.each(['p256', 'rsa2048', 'ed25519'])('checks the whole path by both lists, with keys of type %s', async (key) => {
    await initIntermediate('--key', key);
    await test.done(['cert', 'issue', 'bob', '--out', test.folder]);
    await test.done(['ca', 'crl']);
    await test.done(['ca', 'crl', '--root']);
    const verdict = () => {
      const lists = ['-CRLfile', inCa('crl.pem'), '-CRLfile', inCa('root-crl.pem')];
      const files = ['-CAfile', inCa('root.pem'), '-untrusted', inCa('intermediate.pem'), ...lists, test.at('bob.pem')];
      const run = spawnSync('openssl', ['verify', '-x509_strict', '-crl_check_all', ...files], { encoding: 'utf8' });
      return run.stdout + run.stderr;
    };
    expect(verdict()).toBe(`${test.at('bob.pem')}: OK\n`);
    await test.done(['ca', 'crl', '--root', '--revoke', inCa('intermediate.pem')]);
    expect(verdict()).toContain('certificate revoked');
  });

  it.each(['p256', 'rsa2048', 'ed25519'])(
    'accepts the path of a limited hierarchy with keys of type %s',
    async (key) => {
      await initIntermediate(
        '--key',
        key,
        '--permit-dns',
        'example.org',
        '--permit-ip',
        'fd00::/8',
        '--exclude-ip',
        '0.0.0.0/0',
      );
      await test.done(['cert', 'issue', 'bob', '--dns', 'www.example.org', '--ip', 'fd00::7', '--out', test.folder]);
      const [root, untrusted, leaf] = [inCa('root.pem'), inCa('intermediate.pem'), test.at('bob.pem')];
      for (const purpose of ['sslserver', 'sslclient']) {
        const files = ['-CAfile', root, '-untrusted', untrusted, leaf];
        const run = spawnSync('openssl', ['verify', '-x509_strict', '-purpose', purpose, ...files], {
          encoding: 'utf8',
        });
        expect(run.stdout + run.stderr).toBe(`${leaf}: OK\n`);
      }
      const text = execFileSync('openssl', ['x509', '-in', untrusted, '-noout', '-text'], { encoding: 'utf8' });
      expect(text).toMatch(/Basic Constraints: critical\s+CA:TRUE, pathlen:0/);
      expect(text).toMatch(
        /Permitted:\s+DNS:example\.org\s+IP:FD00:0:0:0:0:0:0:0\/FF00:0:0:0:0:0:0:0\s+Excluded:\s+IP:0\.0\.0\.0\/0\.0\.0\.0/,
      );
    },
  );
});
