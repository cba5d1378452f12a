/** `ca import`: CAs made by openssl, easy-rsa and mkcert go on here, with what they issued and revoked. */
import 'reflect-metadata';
import { execFileSync, spawnSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { KeyUsageFlags } from '@peculiar/x509';
import { circleIdOf } from '../../src/pki/circle.js';
import { makeCertificate, makeCircle, makeIntermediate, makeMember } from '../helpers/certificates.js';
import { makeHome, type TestHome } from '../helpers/home.js';
import { describeWith } from '../helpers/require-program.js';

let test: TestHome;

beforeEach(() => {
  test = makeHome();
});

afterEach(() => test.remove());

const imports = (certificate: string, key: string, ...more: string[]): string[] => [
  'ca',
  'import',
  '--cert-file',
  test.file('ca.crt', certificate),
  '--key-file',
  test.file('ca.key', key),
  ...more,
];

describe('qtchat ca import', () => {
  it('takes a CA over, and issues with it', async () => {
    const circle = await makeCircle({ commonName: 'Old friends' });
    expect(await test.done(imports(circle.certificatePem, circle.keyPem))).toMatchObject({
      name: 'Old friends',
      circleId: circle.circleId,
      encrypted: false,
      taken: 0,
    });
    await test.done(['cert', 'issue', 'bob', '--out', test.folder]);
    expect(await test.done(['cert', 'verify', test.at('bob.pem')])).toMatchObject({ valid: true });
    const { stderr } = await test.run([...imports(circle.certificatePem, circle.keyPem), '--force']);
    expect(stderr).toContain('Warning: the CA key has no password');
  });

  it('takes an intermediate with what is above it, in one file or two', async () => {
    const root = await makeCircle();
    const below = await makeIntermediate(root);
    const done = { circleId: root.circleId, intermediate: { name: 'Test intermediate' } };
    expect(await test.done(imports(below.certificatePem + root.rootPem, below.keyPem))).toMatchObject(done);
    const argv = imports(below.certificatePem, below.keyPem, '--chain', test.file('root.pem', root.rootPem), '--force');
    expect(await test.done(argv)).toMatchObject(done);
  });

  it.each<[string, () => Promise<[string, string]>, number, RegExp]>([
    [
      'an intermediate without its root',
      async () => {
        const below = await makeIntermediate(await makeCircle());
        return [below.certificatePem, below.keyPem];
      },
      1,
      /do not end with a root.*--chain/,
    ],
    [
      'certificates in the wrong order',
      async () => {
        const root = await makeCircle();
        const below = await makeIntermediate(root);
        return [root.rootPem + below.certificatePem, below.keyPem];
      },
      1,
      /do not end with a root/,
    ],
    [
      'the key of another CA',
      async () => [(await makeCircle()).certificatePem, (await makeCircle()).keyPem],
      1,
      /key does not belong/,
    ],
    [
      "a member's certificate",
      async () => {
        const circle = await makeCircle();
        const bob = await makeMember(circle, { member: 'bob' });
        return [bob.certificatePem + circle.rootPem, bob.keyPem];
      },
      1,
      /one of them is not a CA/,
    ],
    [
      'a self-signed certificate that is no CA',
      async () => {
        const own = await makeCertificate(undefined, { commonName: 'me', ca: false });
        return [own.certificatePem, own.keyPem];
      },
      1,
      /is not a CA/,
    ],
    [
      'a CA that may not issue',
      async () => {
        const root = await makeCircle();
        const below = await makeIntermediate(root, { keyUsages: KeyUsageFlags.cRLSign });
        return [below.certificatePem + root.rootPem, below.keyPem];
      },
      1,
      /does not allow its key to issue/,
    ],
    [
      'one that has expired',
      async () => {
        const notBefore = new Date('2020-01-01T00:00:00Z');
        const circle = await makeCircle({ notBefore, notAfter: new Date('2021-01-01T00:00:00Z') });
        return [circle.certificatePem, circle.keyPem];
      },
      7,
      /the CA is not usable: .* expired/,
    ],
    [
      'a weak key',
      async () => {
        const circle = await makeCircle({ keyType: 'rsa1024' });
        return [circle.certificatePem, circle.keyPem];
      },
      2,
      /of a kind that QTChat does not sign with/,
    ],
    [
      'one without a name',
      async () => {
        const circle = await makeCircle({ commonName: '' });
        return [circle.certificatePem, circle.keyPem];
      },
      1,
      /the CA has no name/,
    ],
    ['no key', async () => [(await makeCircle()).certificatePem, 'hello'], 1, /no private key was found/],
    ['no certificate', async () => ['hello', (await makeCircle()).keyPem], 1, /no certificate found/],
  ])('refuses %s', async (_, make, exitCode, message) => {
    const argv = imports(...(await make()));
    await test.refused(argv, exitCode, message);
  });

  it.each<[string, string[]]>([
    ['nothing named', []],
    ['a certificate without its key', ['--cert-file', 'ca.crt']],
    ['a folder and files', ['pki', '--cert-file', 'ca.crt', '--key-file', 'ca.key']],
    ['an index of nothing', ['pki', '--index', 'index.txt']],
  ])('refuses %s', async (_, argv) => test.refused(['ca', 'import', ...argv], 2, /Error: /));

  it('refuses a folder without a CA', async () => {
    await test.refused(['ca', 'import', test.folder], 3, /no CA of easy-rsa, mkcert or openssl/);
  });

  it('never replaces the CA that is here, unless told to, and then keeps it', async () => {
    await test.done(['ca', 'init', '--no-password']);
    const circle = await makeCircle();
    const argv = imports(circle.certificatePem, circle.keyPem);
    await test.refused(argv, 4, /exists already/);
    expect(await test.done([...argv, '--force'])).toMatchObject({ oldCa: join(test.home, 'ca.bak') });
  });

  it('refuses an index.txt that cannot be read whole', async () => {
    const circle = await makeCircle();
    const index = test.file('index.txt', 'V\tsoon\n');
    await test.refused(imports(circle.certificatePem, circle.keyPem, '--index', index), 1, /line 1 of index\.txt/);
  });

  it('remembers a revocation of which only the line is left', async () => {
    const circle = await makeCircle();
    const index = test.file(
      'index.txt',
      'R\t400101000000Z\t260101000000Z,keyCompromise\t0A1B\tunknown\t/CN=Lost One\n',
    );
    const argv = imports(circle.certificatePem, circle.keyPem, '--index', index);
    expect(await test.done(argv)).toMatchObject({ taken: 1, missing: 1 });
    expect(await test.done(['cert', 'list'])).toMatchObject({
      certificates: [{ serialNumber: '0A1B', member: 'lost-one', state: 'revoked', revocationReason: 'keyCompromise' }],
    });
    expect(await test.done(['ca', 'crl'])).toMatchObject({ count: 1 });
  });

  it('does not make one member of two whose names are written almost alike', async () => {
    const circle = await makeCircle();
    const line = (serial: string, name: string): string => `V\t400101000000Z\t\t${serial}\tunknown\t/CN=${name}\n`;
    const lines = [line('0A', 'Web Server'), line('0B', 'web-server'), line('0C', 'Web Server'), line('0D', '\u5317')];
    const index = test.file('index.txt', lines.join(''));
    await test.done(imports(circle.certificatePem, circle.keyPem, '--index', index));
    const { certificates } = await test.done(['cert', 'list']);
    const names = (certificates as { serialNumber: string; member: string }[]).map(({ member }) => member);
    expect(names.sort()).toEqual(['serial-0b', 'serial-0d', 'web-server', 'web-server']);
  });

  it('does not renew what it knows by its line alone', async () => {
    const circle = await makeCircle();
    const index = test.file('index.txt', 'V\t400101000000Z\t\t0A1B\tunknown\t/CN=bob\n');
    await test.done(imports(circle.certificatePem, circle.keyPem, '--index', index));
    await test.refused(['cert', 'renew', 'bob'], 3, /does not have the certificate of bob itself/);
  });
});

describeWith('openssl', 'CAs of openssl', () => {
  const openssl = (...args: string[]): string =>
    execFileSync('openssl', args, { cwd: test.folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  const secret = ['-passout', 'pass:secret'];

  function makeCa(kind: 'rsa' | 'ec' | 'ed25519'): void {
    const options = { rsa: ['rsa:2048'], ec: ['ec', '-pkeyopt', 'ec_paramgen_curve:P-384'], ed25519: ['ed25519'] }[
      kind
    ];
    const request = ['req', '-x509', '-newkey', ...options, '-nodes', '-keyout', 'plain.key', '-out', 'ca.crt'];
    openssl(...request, '-subj', '/O=Example/CN=Our CA', '-days', '100');
  }

  it.each<[string, 'rsa' | 'ec' | 'ed25519', string[], boolean]>([
    ['PKCS #8', 'ed25519', ['pkey'], false],
    ['PKCS #8 in DER', 'ec', ['pkey', '-outform', 'DER'], false],
    ['PKCS #1', 'rsa', ['rsa', '-traditional'], false],
    ['PKCS #1 in DER', 'rsa', ['rsa', '-traditional', '-outform', 'DER'], false],
    ['SEC 1', 'ec', ['ec'], false],
    ['SEC 1 in DER', 'ec', ['ec', '-outform', 'DER'], false],
    ['encrypted PKCS #8', 'ed25519', ['pkcs8', '-topk8', '-v2', 'aes-256-cbc', ...secret], true],
    ['encrypted PKCS #8 in DER', 'rsa', ['pkcs8', '-topk8', '-outform', 'DER', ...secret], true],
    ['PKCS #8 with scrypt', 'ec', ['pkcs8', '-topk8', '-scrypt', ...secret], true],
    ['PKCS #8 with 3DES', 'rsa', ['pkcs8', '-topk8', '-v2', 'des3', ...secret], true],
    ['PKCS #8 with PKCS #12 encryption', 'rsa', ['pkcs8', '-topk8', '-v1', 'PBE-SHA1-3DES', ...secret], true],
    ['legacy encrypted PEM of RSA', 'rsa', ['rsa', '-traditional', '-des3', ...secret], true],
    ['legacy encrypted PEM of EC', 'ec', ['ec', '-aes128', ...secret], true],
  ])('are imported with a key in %s', async (_, kind, convert, encrypted) => {
    makeCa(kind);
    const [command = '', ...options] = convert;
    openssl(command, '-in', 'plain.key', ...options, '-out', 'ca.key');
    const files = ['--cert-file', test.at('ca.crt'), '--key-file', test.at('ca.key')];
    const password = encrypted ? ['--ca-password-file', test.file('password', 'secret\n')] : [];
    if (encrypted) {
      await test.refused(['ca', 'import', ...files], 2, /a password for the CA key is needed/);
      const wrong = ['--ca-password-file', test.file('wrong', 'guess\n')];
      await test.refused(['ca', 'import', ...files, ...wrong], 5, /the password does not open the private key/);
    }
    expect(await test.done(['ca', 'import', ...files, ...password])).toMatchObject({ name: 'Our CA', encrypted });
    const stored = readFileSync(join(test.home, 'ca', 'ca.key'), 'utf8');
    expect(stored).toMatch(encrypted ? /^-----BEGIN ENCRYPTED PRIVATE KEY-----/ : /^-----BEGIN PRIVATE KEY-----/);
    await test.done(['cert', 'issue', 'bob', '--out', test.folder, ...password]);
    expect(openssl('verify', '-CAfile', 'ca.crt', 'bob.pem')).toBe('bob.pem: OK\n');
  });

  it('refuses a kind of key that we do not sign with', async () => {
    openssl('req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:secp521r1', '-nodes', ...request());
    const files = ['--cert-file', test.at('ca.crt'), '--key-file', test.at('plain.key')];
    await test.refused(['ca', 'import', ...files], 2, /of a kind that QTChat does not sign with/);
  });

  const request = (): string[] => ['-keyout', 'plain.key', '-out', 'ca.crt', '-subj', '/CN=Our CA'];

  it('bring their ledger along: what was issued can be renewed, what was revoked stays so', async () => {
    execFileSync('sh', ['-ec', demoCa], { cwd: test.folder, stdio: 'pipe' });
    expect(await test.done(['ca', 'import', test.at('demoCA')])).toMatchObject({ taken: 2, missing: 0 });
    expect(await test.done(['cert', 'list'])).toMatchObject({
      certificates: [
        { member: 'www.example.org', state: 'valid', names: [{ type: 'dns', value: 'www.example.org' }] },
        { member: 'mallory', state: 'revoked', revocationReason: 'keyCompromise' },
      ],
    });
    await test.done(['ca', 'crl', '--out', test.at('crl.pem')]);
    const verdict = (file: string): string => {
      const files = ['-CAfile', 'demoCA/cacert.pem', '-CRLfile', 'crl.pem', file];
      const run = spawnSync('openssl', ['verify', '-crl_check', ...files], { cwd: test.folder, encoding: 'utf8' });
      return run.stdout + run.stderr;
    };
    expect(verdict('www.pem')).toContain('OK');
    expect(verdict('mallory.pem')).toContain('certificate revoked');
    await test.done(['cert', 'renew', 'www.example.org', '--out', test.at('renewed')]);
    const [old, renewed] = [test.at('www.pem'), test.at('renewed', 'www.example.org.pem')].map(
      (path) => new X509Certificate(readFileSync(path)),
    );
    expect(renewed?.publicKey.equals(old?.publicKey ?? renewed.publicKey)).toBe(true);
    expect(renewed?.subjectAltName).toContain('DNS:www.example.org');
    expect(existsSync(test.at('demoCA', 'index.txt'))).toBe(true);
  });
});

describeWith('mkcert', 'CAs of mkcert', () => {
  it('are imported from their folder', async () => {
    const env = { ...process.env, CAROOT: test.at('caroot'), HOME: test.folder };
    spawnSync('mkcert', ['-cert-file', 'a.pem', '-key-file', 'a.key', 'example.org'], { cwd: test.folder, env });
    const root = new X509Certificate(readFileSync(test.at('caroot', 'rootCA.pem')));
    expect(await test.done(['ca', 'import', test.at('caroot')])).toMatchObject({ circleId: circleIdOf(root) });
    await test.done(['cert', 'issue', 'bob', '--out', test.folder]);
    expect(await test.done(['cert', 'verify', test.at('bob.pem')])).toMatchObject({ valid: true });
  });
});

describeWith('/usr/share/easy-rsa/easyrsa', 'CAs of easy-rsa', () => {
  it('are imported from their pki folder, with their ledger', async () => {
    const easyrsa = (...args: string[]): void => {
      const env = { ...process.env, EASYRSA_PKI: test.at('pki'), EASYRSA_ALGO: 'ec' };
      const words = ['--batch', ...args];
      execFileSync('/usr/share/easy-rsa/easyrsa', words, { cwd: test.folder, env, stdio: 'pipe' });
    };
    easyrsa('init-pki');
    easyrsa('--req-cn=Our VPN', 'build-ca', 'nopass');
    easyrsa('--subject-alt-name=DNS:vpn.example.org', 'build-server-full', 'vpn', 'nopass');
    easyrsa('build-client-full', 'bob', 'nopass');
    easyrsa('revoke', 'bob');
    const before = readFileSync(test.at('pki', 'index.txt'), 'utf8');
    expect(await test.done(['ca', 'import', test.at('pki')])).toMatchObject({ name: 'Our VPN', taken: 2, missing: 0 });
    const { certificates } = (await test.done(['cert', 'list'])) as {
      certificates: { member: string; state: string }[];
    };
    expect(Object.fromEntries(certificates.map(({ member, state }) => [member, state]))).toEqual({
      vpn: 'valid',
      bob: 'revoked',
    });
    await test.done(['cert', 'issue', 'bob', '--out', test.folder]);
    expect(await test.done(['cert', 'verify', test.at('bob.pem')])).toMatchObject({ valid: true });
    expect(readFileSync(test.at('pki', 'index.txt'), 'utf8')).toBe(before);
  });
});

const demoCa = `
mkdir -p demoCA/private demoCA/newcerts
: > demoCA/index.txt
echo 1000 > demoCA/serial
cat > ca.cnf <<'END'
[ ca ]
default_ca = demo
[ demo ]
dir = ./demoCA
database = $dir/index.txt
new_certs_dir = $dir/newcerts
serial = $dir/serial
certificate = $dir/cacert.pem
private_key = $dir/private/cakey.pem
default_md = sha256
default_days = 90
policy = any
copy_extensions = copy
[ any ]
commonName = supplied
END
openssl req -x509 -newkey rsa:2048 -nodes -keyout demoCA/private/cakey.pem -out demoCA/cacert.pem -subj '/CN=Demo CA'
openssl req -new -newkey rsa:2048 -nodes -keyout www.key -out www.csr -subj '/CN=www.example.org' -addext subjectAltName=DNS:www.example.org
openssl req -new -newkey rsa:2048 -nodes -keyout mallory.key -out mallory.csr -subj '/CN=Mallory'
openssl ca -config ca.cnf -batch -notext -in www.csr -out www.pem
openssl ca -config ca.cnf -batch -notext -in mallory.csr -out mallory.pem
openssl ca -config ca.cnf -revoke mallory.pem -crl_reason keyCompromise
`;
