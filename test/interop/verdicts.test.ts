/** Certificates and revocation lists of ours, under CA keys of every kind, judged by OpenSSL, GnuTLS and NSS. */
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { packageRoot } from '../../src/package-root.js';
import { makeHome, type TestHome } from '../helpers/home.js';
import { describeWith } from '../helpers/require-program.js';

const keyTypes = ['rsa2048', 'p256', 'p384', 'ed25519'] as const;

/** Paths of a CA's output: bob's certificate is good, eve's is revoked. */
interface Output {
  readonly root: string;
  readonly crl: string;
  readonly bob: string;
  readonly eve: string;
  /** For what a program leaves behind. */
  readonly folder: string;
}

/** Says yes or no to a certificate; `null` leaves revocation aside. */
type Judge = (output: Output, certificate: string, crl: string | null) => Promise<string>;

const execute = promisify(execFile);

/** What a program says, whether it ends well or not. */
async function verdict(command: string, ...argv: string[]): Promise<string> {
  const { stdout, stderr } = await execute(command, argv).catch(
    (error: unknown) => error as { stdout: string; stderr: string },
  );
  return stdout + stderr;
}

const openssl: Judge = ({ root }, certificate, crl) => {
  const lists = crl === null ? [] : ['-crl_check', '-CRLfile', crl];
  return verdict('openssl', 'verify', '-x509_strict', '-purpose', 'sslserver', '-CAfile', root, ...lists, certificate);
};

const gnutls: Judge = ({ root }, certificate, crl) => {
  const lists = crl === null ? [] : ['--load-crl', crl];
  const profile = ['--verify-profile', 'medium', '--verify-purpose', '1.3.6.1.5.5.7.3.1'];
  return verdict('certtool', '--verify', ...profile, '--load-ca-certificate', root, ...lists, '--infile', certificate);
};

/** NSS judges by what its database holds, so each verdict has one of its own. */
const nss: Judge = async ({ root, folder }, certificate, crl) => {
  const database = `sql:${await mkdtemp(join(folder, 'nss-'))}`;
  const add = (name: string, trust: string, file: string) =>
    execute('certutil', ['-A', '-d', database, '-n', name, '-t', trust, '-a', '-i', file]);
  await execute('certutil', ['-N', '-d', database, '--empty-password']);
  await add('root', 'CT,C,', root);
  await add('leaf', ',,', certificate);
  if (crl !== null) {
    const der = `${crl}.der`;
    await execute('openssl', ['crl', '-in', crl, '-outform', 'DER', '-out', der]);
    await execute('crlutil', ['-I', '-i', der, '-d', database]);
  }
  return verdict('certutil', '-V', '-n', 'leaf', '-u', 'C', '-e', '-d', database);
};

interface Program {
  title: string;
  command: string;
  judge: Judge;
  /** What it says of a good certificate, and of a revoked one. */
  good: RegExp;
  revoked: RegExp;
  /** Kinds of key that it knows nothing of. */
  unknown?: readonly string[];
}

const judges: readonly Program[] = [
  { title: 'OpenSSL', command: 'openssl', judge: openssl, good: /: OK\n$/, revoked: /certificate revoked/ },
  {
    title: 'GnuTLS',
    command: 'certtool',
    judge: gnutls,
    good: /Verified\. The certificate is trusted/,
    revoked: /revoked/,
  },
  {
    title: 'NSS (Firefox)',
    command: 'crlutil',
    judge: nss,
    good: /certificate is valid/,
    revoked: /has been revoked/,
    unknown: ['ed25519'],
  },
];

describe.each(keyTypes)('a CA with a key of type %s', (keyType) => {
  let test: TestHome;
  let output: Output;

  beforeAll(async () => {
    test = makeHome();
    output = {
      root: join(test.home, 'ca/root.pem'),
      crl: test.at('c.crl'),
      bob: test.at('bob.pem'),
      eve: test.at('eve.pem'),
      folder: test.folder,
    };
    for (const argv of [
      ['ca', 'init', '--no-password', '--key', keyType],
      ['cert', 'issue', 'bob', '--key', keyType, '--dns', 'bob.example', '--out', test.folder],
      ['cert', 'issue', 'eve', '--out', test.folder],
      ['cert', 'revoke', 'eve', '--reason', 'keyCompromise'],
      ['ca', 'crl', '--out', output.crl],
    ]) {
      expect(await test.run(argv)).toMatchObject({ exitCode: 0 });
    }
  });

  afterAll(() => test.remove());

  for (const { title, command, judge, good, revoked, unknown } of judges) {
    if (unknown?.includes(keyType)) continue;
    describeWith(command, title, () => {
      it('accepts its certificates', async () => {
        expect(await judge(output, output.bob, null)).toMatch(good);
        expect(await judge(output, output.eve, null)).toMatch(good);
      });

      it('accepts under its revocation list whom it does not name, and nobody whom it names', async () => {
        expect(await judge(output, output.bob, output.crl)).toMatch(good);
        expect(await judge(output, output.eve, output.crl)).toMatch(revoked);
      });
    });
  }

  describeWith('openssl', 'OpenSSL', () => {
    it('finds number and signature of the list in order', async () => {
      const text = await verdict(
        'openssl',
        'crl',
        '-in',
        output.crl,
        '-CAfile',
        output.root,
        '-noout',
        '-crlnumber',
        '-text',
      );
      expect(text).toMatch(/^verify OK$/m);
      expect(text).toMatch(/CRL Number: *\n? *\S+/);
      expect(text).toMatch(/Key Compromise/);
    });
  });

  describeWith('certtool', 'GnuTLS', () => {
    it('finds the signature of the list in order', async () => {
      const text = await verdict(
        'certtool',
        '--verify-crl',
        '--load-ca-certificate',
        output.root,
        '--infile',
        output.crl,
      );
      expect(text).toMatch(/Verified\./);
    });
  });
});

it('docs/INTEROP.md promises exactly what is tried here', () => {
  const row = (title: string, cells: readonly string[]): string => `| ${[title, ...cells].join(' | ')} |`;
  const table = [
    row('', keyTypes),
    row(
      '---',
      keyTypes.map(() => '---'),
    ),
    ...judges.map(({ title, unknown }) =>
      row(
        title,
        keyTypes.map((keyType) => (unknown?.includes(keyType) ? 'no' : 'yes')),
      ),
    ),
  ];
  expect(readFileSync(join(packageRoot(), 'docs/INTEROP.md'), 'utf8')).toContain(table.join('\n'));
});
