/** EST beside other programs where docs/EST.md does not lead: below an intermediate CA, and with other keys. */
import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { makeHome, type TestHome } from '../helpers/home.js';
import { Program } from '../helpers/program.js';
import { describeWith } from '../helpers/require-program.js';
import { Serving } from '../helpers/serving.js';

const run = promisify(execFile);

describeWith('curl', 'EST through a gateway', () => {
  let test: TestHome;
  let program: Program;

  beforeAll(async () => {
    test = makeHome();
    await test.done(['ca', 'init', '--no-password']);
    const argv = ['autoca', 'serve', '--json', '--host', '127.0.0.1', '--port', '0'];
    program = new Program(argv, { home: test.home });
  });
  afterAll(async () => {
    await program.stop();
    test.remove();
  });

  it('gives fifteen devices their certificates on one connection, and the server has nothing to say of it', async () => {
    const [, tlsPort] = await program.waitFor(/"tlsPort":(\d+)/);
    const request = [
      'req',
      '-new',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:P-256',
      '-nodes',
      '-outform',
      'DER',
    ];
    const transfers: string[] = [];
    for (let device = 0; device < 15; device += 1) {
      const name = `device-${device}`;
      const { username, password } = await test.done(['autoca', 'invite', name, '--est']);
      const der = test.at(`${name}.csr`);
      await run('openssl', [...request, '-subj', `/CN=${name}`, '-keyout', test.at(`${name}.key`), '-out', der]);
      await run('openssl', ['base64', '-in', der, '-out', test.at(`${name}.b64`)]);
      const lines = {
        url: `https://127.0.0.1:${tlsPort}/.well-known/est/simpleenroll`,
        cacert: test.at('home', 'ca', 'root.pem'),
        user: `${username}:${password}`,
        header: 'Content-Type: application/pkcs10',
        'data-binary': `@${test.at(`${name}.b64`)}`,
        output: test.at(`${name}.p7`),
        'write-out': '%{http_code} %{num_connects}\\n',
      };
      transfers.push(
        Object.entries(lines)
          .map(([key, value]) => `${key} = "${value}"\n`)
          .join(''),
      );
    }
    test.file('gateway.curl', transfers.join('next\n'));
    const { stdout } = await run('curl', ['--silent', '--show-error', '--config', test.at('gateway.curl')]);
    expect(stdout).toBe(`200 1\n${'200 0\n'.repeat(14)}`);
    await program.waitFor(/(?:.*"event":"enrolled".*\n){15}/);
    expect(await program.stop()).toBe(0);
    expect(program.stderr).toBe('');
  });
});

describeWith('curl', 'EST below an intermediate CA', () => {
  let test: TestHome;
  let serving: Serving;
  let root: string;
  let url: string;

  beforeAll(async () => {
    test = makeHome();
    const noPassword = ['ca', 'init', '--intermediate', '--no-password'];
    await test.done(noPassword);
    root = test.at('home', 'ca', 'root.pem');
    serving = new Serving({ folder: test.home });
    const { tlsPort } = await serving.event('listening');
    url = `https://127.0.0.1:${tlsPort}/.well-known/est`;
  });
  afterAll(async () => {
    await serving.stop();
    test.remove();
  });

  const curl = (...argv: string[]) => run('curl', ['--silent', '--show-error', '--fail', '--cacert', root, ...argv]);

  /** The certificates in an answer, as a PEM file. */
  async function pemOf(name: string, answer: { stdout: string }): Promise<string> {
    const der = test.at(`${name}.p7`);
    writeFileSync(der, Buffer.from(answer.stdout, 'base64'));
    await run('openssl', ['pkcs7', '-inform', 'DER', '-in', der, '-print_certs', '-out', test.at(`${name}.pem`)]);
    return test.at(`${name}.pem`);
  }

  async function enroll(member: string, algorithm: string[]): Promise<string> {
    const { username, password } = await test.done(['autoca', 'invite', member, '--est']);
    test.file(`${member}.curl`, `user = "${username}:${password}"\n`);
    const request = ['req', '-new', '-newkey', ...algorithm, '-nodes', '-subj', `/CN=${member}`, '-outform', 'DER'];
    await run('openssl', [...request, '-keyout', test.at(`${member}.key`), '-out', test.at(`${member}.csr`)]);
    await run('openssl', ['base64', '-in', test.at(`${member}.csr`), '-out', test.at(`${member}.b64`)]);
    const body = ['--header', 'Content-Type: application/pkcs10', '--data-binary', `@${test.at(`${member}.b64`)}`];
    return pemOf(member, await curl('--config', test.at(`${member}.curl`), ...body, `${url}/simpleenroll`));
  }

  it.each([
    ['P-384', ['ec', '-pkeyopt', 'ec_paramgen_curve:P-384']],
    ['RSA', ['rsa:2048']],
    ['Ed25519', ['ed25519']],
  ])(
    'gives a certificate for a key of type %s, which openssl trusts with the certificates of cacerts',
    async (type, key) => {
      const leaf = await enroll(`device-${type.toLowerCase()}`, key);
      const authorities = await pemOf('authorities', await curl(`${url}/cacerts`));
      const { stdout } = await run('openssl', [
        'verify',
        '-x509_strict',
        '-CAfile',
        root,
        '-untrusted',
        authorities,
        leaf,
      ]);
      expect(stdout).toBe(`${leaf}: OK\n`);
      await expect(run('openssl', ['verify', '-CAfile', root, leaf])).rejects.toThrow(/unable to get local issuer/);
    },
  );
});
