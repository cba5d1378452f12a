/** What `cert inspect` reads beside certificate files, which are in cert.test.ts. */
import 'reflect-metadata';
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { type AddressInfo, createServer as createTcpServer, type Server } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import * as x509 from '@peculiar/x509';
import fc from 'fast-check';
import { crlToPem, issueCrl } from '../../src/pki/crl.js';
import { createCsr } from '../../src/pki/csr.js';
import { derContextPrimitive } from '../../src/pki/der.js';
import { DerReader } from '../../src/pki/der-reader.js';
import { generalNamesText } from '../../src/pki/general-name.js';
import { createIssuer } from '../../src/pki/issuer.js';
import { generatedPasswordIterations, writePfx } from '../../src/pki/pfx.js';
import { parseDnsName, parseIpAddress } from '../../src/pki/subject-alt-name.js';
import {
  makeCertificate,
  makeCircle,
  makeIntermediate,
  makeKey,
  makeMember,
  type TestCircle,
  type TestMember,
} from '../helpers/certificates.js';
import { makeHome, type TestHome } from '../helpers/home.js';
import { describeWith } from '../helpers/require-program.js';

let test: TestHome;
let circle: TestCircle;
let intermediate: TestCircle;
let bob: TestMember;
let crl: Buffer;
let csr: Buffer;
let pfx: Buffer;

beforeAll(async () => {
  circle = await makeCircle();
  intermediate = await makeIntermediate(circle, { pathLength: 0 });
  bob = await makeMember(intermediate, { member: 'bob', dns: ['localhost'], ips: ['127.0.0.1'] });
  const revokedAt = new Date('2030-01-01T00:00:00Z');
  const nextUpdate = new Date('2030-01-08T00:00:00Z');
  const entries = [{ serialNumber: '40AB', revokedAt, reason: 'keyCompromise' as const }];
  crl = await issueCrl(
    { number: 7n, thisUpdate: revokedAt, nextUpdate, entries },
    createIssuer(circle.key, [circle.certificate]),
  );
  csr = await createCsr(makeKey(), 'eve', [parseIpAddress('10.0.0.1'), parseDnsName('eve.example')]);
  const options = {
    password: 'secret',
    friendlyName: 'bob',
    iterations: generatedPasswordIterations,
    random: randomBytes,
  };
  pfx = await writePfx({ key: bob.key, chain: [bob.certificate.raw, intermediate.certificate.raw] }, options);
});

beforeEach(() => {
  test = makeHome();
});

afterEach(() => {
  test.remove();
});

const encodedUri = (uri: string): Buffer => derContextPrimitive(6, Buffer.from(uri, 'latin1'));

const pem = (label: string, der: Buffer): string =>
  `-----BEGIN ${label}-----\n${der.toString('base64')}\n-----END ${label}-----\n`;

const inspect = (path: string, ...flags: string[]) => test.run(['cert', 'inspect', path, ...flags]);
const withPassword = (password: string): string[] => ['--pfx-password-file', test.file('password', password)];

async function expectRefusal(argv: string[], exitCode: number, message: RegExp): Promise<void> {
  const result = await test.run(['cert', 'inspect', ...argv]);
  expect(result).toMatchObject({ exitCode, stdout: '', stderr: expect.stringMatching(message) });
  expect(result.stderr).toMatch(/^Error: [^\n]+\n$/);
}

describe('qtchat cert inspect of a certificate', () => {
  it('shows every extension below the summary, with its name and whether it is critical', async () => {
    const { stdout } = await inspect(test.file('chain.pem', bob.chainPem));
    for (const line of [
      /^extensions$/m,
      /^ {2}basicConstraints +\(critical\) no CA$/m,
      /^ {2}keyUsage +\(critical\) digitalSignature$/m,
      /^ {2}extendedKeyUsage +serverAuth, clientAuth$/m,
      /^ {2}subjectAltName +dns:localhost, ip:127\.0\.0\.1, uri:qtchat:/m,
      /^ {2}basicConstraints +\(critical\) CA, at most 0 CAs below it$/m,
    ]) {
      expect(stdout).toMatch(line);
    }
  });

  it('shows what it does not know as hex, and what is malformed as such', async () => {
    const extraExtensions = [
      new x509.Extension('1.2.3.4', false, Buffer.from('abcd', 'hex')),
      new x509.Extension('2.5.29.31', false, Buffer.from('ff', 'hex')),
      new x509.Extension(
        '2.5.29.30',
        true,
        Buffer.from('3010a00e300c820a6578616d706c652e6f7267', 'hex').subarray(0, 17),
      ),
    ];
    const odd = await makeCertificate(undefined, { commonName: 'odd', extraExtensions });
    const { stdout } = await inspect(test.file('odd.pem', odd.certificatePem));
    expect(stdout).toMatch(/^ {2}1\.2\.3\.4 +abcd$/m);
    expect(stdout).toMatch(/^ {2}cRLDistributionPoints +malformed \(ff\)$/m);
    expect(stdout).toMatch(/^ {2}nameConstraints +\(critical\) malformed/m);
  });

  it('never shows one name as two', async () => {
    const names = { commonName: 'odd', uris: ['http://eve.example, dns:bob.example'] };
    const sly = await makeCertificate(undefined, names);
    const refused = await inspect(test.file('sly.pem', sly.certificatePem));
    expect(refused).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('unprintable') });
    expect(generalNamesText(new DerReader(encodedUri(names.uris[0] ?? '')))).toBe(
      'uri:"http://eve.example, dns:bob.example"',
    );
  });

  it('never shows one attribute of a name as two', async () => {
    const sly = await makeCertificate(undefined, { commonName: 'eve, O=Admins' });
    const { certificates } = (await inspect(test.file('sly.pem', sly.certificatePem), '--json')).json();
    expect(certificates).toMatchObject([{ subject: 'CN=eve\\, O=Admins' }]);
  });
});

describeWith('openssl', 'qtchat cert inspect of a certificate by openssl', () => {
  it('puts the extensions into words that other CAs use', async () => {
    const extensions = [
      'nameConstraints=critical,permitted;DNS:.example.org,permitted;IP:10.0.0.0/255.0.0.0,excluded;email:.example.com',
      'authorityInfoAccess=OCSP;URI:http://ocsp.example/,caIssuers;URI:http://ca.example/root.crt',
      'crlDistributionPoints=URI:http://ca.example/a.crl,URI:http://ca.example/b.crl',
      'certificatePolicies=1.2.3.4,2.5.29.32.0',
      'subjectAltName=dirName:somebody,otherName:1.2.3.4;UTF8:x,RID:1.2.3,email:a@example.org',
      'extendedKeyUsage=clientAuth,1.2.3.5',
      'tlsfeature=status_request',
    ];
    const config = '[req]\ndistinguished_name=dn\n[dn]\n[somebody]\nO=Us\nCN=somebody\n';
    const made = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', test.at('key.pem')];
    execFileSync(
      'openssl',
      [
        'req',
        '-x509',
        '-config',
        test.file('cnf', config),
        ...made,
        '-subj',
        '/CN=other',
        '-out',
        test.at('other.pem'),
      ].concat(extensions.flatMap((extension) => ['-addext', extension])),
      { stdio: 'ignore' },
    );
    const { certificates } = (await inspect(test.at('other.pem'), '--json')).json();
    const [{ extensions: found }] = certificates as [{ extensions: { name: string; text: string }[] }];
    const texts = Object.fromEntries(found.map(({ name, text }) => [name, text]));
    expect(texts).toMatchObject({
      nameConstraints: 'permitted dns:.example.org, ip:10.0.0.0/255.0.0.0; excluded email:.example.com',
      authorityInfoAccess: 'OCSP uri:http://ocsp.example/, issuer uri:http://ca.example/root.crt',
      cRLDistributionPoints: 'uri:http://ca.example/a.crl, uri:http://ca.example/b.crl',
      certificatePolicies: '1.2.3.4, 2.5.29.32.0',
      subjectAltName: 'directory:O=Us, CN=somebody, other:1.2.3.4, registered id, email:a@example.org',
      extendedKeyUsage: 'clientAuth, 1.2.3.5',
      tlsFeature: '5',
    });
  });
});

describe('qtchat cert inspect of a .pfx', () => {
  it('shows the certificates in it', async () => {
    const result = await inspect(test.file('bob.pfx', pfx), ...withPassword('secret'), '--json');
    expect(result.json()).toMatchObject({
      kind: 'pfx',
      protection: {
        mac: 'HMAC-SHA256, 2048 iterations',
        encryption: [
          'certificates: AES-256 under PBKDF2-HMAC-SHA256, 2048 iterations',
          'key: AES-256 under PBKDF2-HMAC-SHA256, 2048 iterations',
        ],
      },
      certificates: [{ subject: 'CN=bob' }, { subject: 'CN=Test intermediate' }],
    });
  });

  it('shows how old programs protect theirs', async () => {
    const options = {
      password: 'secret',
      friendlyName: 'bob',
      iterations: 7,
      random: randomBytes,
      form: 'legacy' as const,
    };
    const old = await writePfx({ key: bob.key, chain: [bob.certificate.raw] }, options);
    const { stdout } = await inspect(test.file('old.pfx', old), ...withPassword('secret'));
    expect(stdout).toMatch(/^MAC +HMAC-SHA1, 7 iterations$/m);
    expect(stdout).toMatch(/^encryption +key: 3DES under SHA-1, 7 iterations$/m);
  });

  it.each<[string, () => string[], number, RegExp]>([
    ['a wrong password', () => withPassword('wrong'), 5, /bob\.pfx": the password does not open/],
    ['no password', () => [], 2, /--pfx-password-file/],
  ])('refuses %s', async (_title, flags, exitCode, message) => {
    await expectRefusal([test.file('bob.pfx', pfx), ...flags()], exitCode, message);
  });
});

describe('qtchat cert inspect of a certificate signing request', () => {
  it.each([
    ['DER', () => csr],
    ['PEM', () => pem('CERTIFICATE REQUEST', csr)],
    ["keytool's PEM", () => pem('NEW CERTIFICATE REQUEST', csr)],
  ])('shows what is asked for, from %s', async (_title, content) => {
    const { stdout } = await inspect(test.file('eve.csr', content()));
    expect(stdout).toMatch(/^request for +CN=eve$/m);
    expect(stdout).toMatch(/^signature +by this key$/m);
    expect(stdout).toMatch(/^ {2}subjectAltName +ip:10\.0\.0\.1, dns:eve\.example$/m);
  });

  it('says when the key has not signed it', async () => {
    const forged = Buffer.from(csr);
    const at = forged.indexOf('eve.example');
    forged.write('bob', at, 'latin1');
    const { request } = (await inspect(test.file('eve.csr', forged), '--json')).json();
    expect(request).toMatchObject({ subject: 'CN=eve', keyType: 'p256', proofOfPossession: false });
  });
});

describe('qtchat cert inspect of a revocation list', () => {
  it.each([
    ['DER', () => crl],
    ['PEM', () => crlToPem(crl)],
  ])('shows who is on it, from %s', async (_title, content) => {
    const { stdout } = await inspect(test.file('circle.crl', content()));
    expect(stdout).toMatch(/^list of +CN=Test circle$/m);
    expect(stdout).toMatch(/^number +7$/m);
    expect(stdout).toMatch(/^ {2}40AB {2}2030-01-01 {2}keyCompromise$/m);
    expect(stdout).toMatch(/^ {2}cRLNumber +7$/m);
  });

  it('says when it has ended', async () => {
    const clock = (): Date => new Date('2031-01-01T00:00:00Z');
    const { stdout } = await test.run(['cert', 'inspect', test.file('circle.crl', crl)], { clock });
    expect(stdout).toContain('(ended)');
  });
});

describe('qtchat cert inspect of a server', () => {
  let server: Server | undefined;

  afterEach(() => {
    server?.close();
  });

  async function listening(made: Server): Promise<string> {
    server = made.listen(0, '127.0.0.1');
    await once(made, 'listening');
    return `127.0.0.1:${(made.address() as AddressInfo).port}`;
  }

  it.each([false, true])(
    'shows the certificates that it sends, also when it asks for ours (%p)',
    async (requestCert) => {
      const options = {
        key: bob.keyPem,
        cert: bob.chainPem,
        ca: circle.rootPem,
        requestCert,
        rejectUnauthorized: requestCert,
      };
      const address = await listening(createTlsServer(options));
      expect((await inspect(address, '--json')).json()).toMatchObject({
        kind: 'server',
        protocol: 'TLSv1.3',
        certificates: [{ subject: 'CN=bob' }, { subject: 'CN=Test intermediate' }],
      });
    },
  );

  it('refuses a port where nobody listens, or somebody without TLS', async () => {
    const address = await listening(createTcpServer((socket) => socket.resume().end('220 mail\r\n')));
    await expectRefusal([address], 6, /no TLS server answers/);
    server?.close();
    await once(server as Server, 'close');
    await expectRefusal([address], 6, /no TLS server answers .*ECONNREFUSED/);
  });

  it('gives up when it is told to', async () => {
    const address = await listening(createTcpServer());
    const ending = new AbortController();
    server?.on('connection', () => ending.abort());
    const result = await test.run(['cert', 'inspect', address], { signal: ending.signal });
    expect(result).toMatchObject({ exitCode: 130, stdout: '' });
  });
});

describe('qtchat cert inspect', () => {
  it.each<[string, () => string | Buffer, RegExp]>([
    ['a private key, and says to keep it', () => bob.keyPem, /private key: keep it to yourself/],
    ['a private key in DER', () => bob.key.export({ type: 'pkcs8', format: 'der' }), /version is not 3/],
    ['PEM of something else', () => pem('PGP MESSAGE', csr), /no certificate found/],
    ['a request cut short', () => pem('CERTIFICATE REQUEST', csr.subarray(0, -5)), /malformed/],
    ['a list cut short', () => pem('X509 CRL', crl.subarray(0, -5)), /not usable/],
  ])('refuses %s', async (_title, content, message) => {
    const result = await inspect(test.file('file', content()), ...withPassword('secret'));
    expect(result).toMatchObject({ stdout: '', stderr: expect.stringMatching(message) });
    expect([1, 7]).toContain(result.exitCode);
  });

  it('reads certificates in PKCS #7', async () => {
    const chain = test.file('chain.pem', bob.chainPem);
    await test.run(['cert', 'convert', chain, '--to', 'pkcs7', '--out', test.at('chain.p7b')]);
    expect((await inspect(test.at('chain.p7b'), '--json')).json()).toMatchObject({
      kind: 'certificates',
      certificates: [{ subject: 'CN=bob' }, { subject: 'CN=Test intermediate' }],
    });
  });

  it('prefers a file to a server of the same name', async () => {
    expect(await inspect(test.file('localhost:443', circle.rootPem))).toMatchObject({ exitCode: 0 });
  });

  it('meets every changed octet with a description or a refusal, and never with a crash', async () => {
    const password = withPassword('secret');
    const files = [csr, crl, bob.certificate.raw];
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...files), fc.nat(5000), fc.nat(255), async (file, index, octet) => {
        const changed = Buffer.from(file);
        changed[index % changed.length] = octet;
        const result = await inspect(test.file('changed', changed), ...password);
        expect(result.stderr).not.toMatch(/unforeseen/);
        expect(result.exitCode === 0).toBe(result.stderr === '');
      }),
      { numRuns: 300 },
    );
  });
});
