/** The process with the CA key, beside the program that users run: who may use it, and how it ends. */
import { spawnSync } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync, readSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { readPrivateKey } from '../../src/pki/private-key.js';
import { connectSignerSocket } from '../../src/store/signer-socket.js';
import { makeHome, type TestHome } from '../helpers/home.js';
import { Program, runProgram } from '../helpers/program.js';

const onLinux = process.platform === 'linux' ? it : it.skip;
const password = 'correct horse battery staple';

let test: TestHome;
let server: Program;
let passwordFile: string;

const run = (...argv: string[]) => runProgram(argv, { home: test.home, cwd: test.folder });
const socket = (): string => join(test.home, 'signer.sock');

async function serve(...flags: string[]): Promise<void> {
  server = new Program(['autoca', 'serve', '--host', '127.0.0.1', '--port', '0', '--tls-port', '0', ...flags], {
    home: test.home,
  });
}

/** The process that listens on the socket. */
function signerPid(): number {
  const { stdout } = spawnSync('ps', ['-o', 'pid=', '--ppid', String(server.child.pid)], { encoding: 'utf8' });
  return Number(stdout.trim());
}

beforeEach(async () => {
  test = makeHome();
  passwordFile = test.file('password', `${password}\n`);
  await test.run(['ca', 'init', '--name', 'Test circle', '--ca-password-file', passwordFile]);
});

afterEach(async () => {
  server.child.kill('SIGKILL');
  await server.ended();
  test.remove();
});

describe('the process with the CA key', () => {
  it('lets the commands of its home do without the password, and nobody else in', async () => {
    await serve('--ca-password-file', passwordFile);
    await server.waitFor(/Auto CA: /);
    expect(statSync(socket()).mode & 0o777).toBe(0o600);
    expect(await run('cert', 'issue', 'bob', '--out', 'bob')).toMatchObject({ exitCode: 0 });
    expect(await run('cert', 'renew', 'bob', '--out', 'renewed')).toMatchObject({ exitCode: 0 });
    expect(await run('cert', 'request', 'carol', '--out', 'carol')).toMatchObject({ exitCode: 0 });
    expect(await run('cert', 'sign', 'carol/carol.csr')).toMatchObject({ exitCode: 0 });
    expect(await run('cert', 'revoke', 'carol')).toMatchObject({ exitCode: 0 });
    expect(await run('ca', 'crl')).toMatchObject({ exitCode: 0 });
    const root = join(test.home, 'ca/root.pem');
    const verified = spawnSync('openssl', ['verify', '-x509_strict', '-CAfile', root, test.at('renewed/bob.pem')]);
    expect(verified.status).toBe(0);
    expect(await server.stop()).toBe(0);
    expect(existsSync(socket())).toBe(false);
    expect(await run('cert', 'issue', 'dave')).toMatchObject({
      exitCode: 2,
      stderr: expect.stringMatching(/password/),
    });
  });

  it('does not sign for a CA that took its place in the home', async () => {
    await serve('--ca-password-file', passwordFile);
    await server.waitFor(/Auto CA: /);
    await test.run(['ca', 'init', '--force', '--name', 'Another', '--ca-password-file', passwordFile]);
    expect(await run('cert', 'issue', 'bob')).toMatchObject({ exitCode: 2, stderr: expect.stringMatching(/password/) });
    const issued = await run('cert', 'issue', 'bob', '--ca-password-file', passwordFile);
    expect(issued).toMatchObject({ exitCode: 0 });
  });

  it('is started again after a crash, where its password can be read again', async () => {
    await serve('--ca-password-file', passwordFile);
    await server.waitFor(/Auto CA: /);
    process.kill(signerPid(), 'SIGKILL');
    await server.waitFor(/has ended \(SIGKILL\): it is started again/);
    // The socket is there again once the new one listens.
    for (let found = await connectSignerSocket({ folder: test.home }); ; ) {
      if (found !== undefined) {
        found.destroy();
        break;
      }
      found = await connectSignerSocket({ folder: test.home });
    }
    expect(await run('cert', 'issue', 'bob', '--out', 'bob')).toMatchObject({ exitCode: 0 });
  });

  it('ends the Auto CA with it, where the password was typed', async () => {
    await serve('--ca-password-file', '-');
    server.type(password);
    await server.waitFor(/Auto CA: /);
    process.kill(signerPid(), 'SIGKILL');
    expect(await server.ended()).toBe(1);
    expect(server.stderr).toMatch(
      /Error: the process that held the CA key has ended \(SIGKILL\)\. Start the Auto CA again/,
    );
  });

  it('ends with its parent, even when that is killed', async () => {
    await serve('--ca-password-file', passwordFile);
    await server.waitFor(/Auto CA: /);
    const other = await connectSignerSocket({ folder: test.home });
    const ended = new Promise((resolve) => other?.once('close', resolve));
    other?.resume();
    await server.stop('SIGKILL');
    await ended;
    expect(await connectSignerSocket({ folder: test.home })).toBeUndefined();
  });

  it('is what a second Auto CA in the same home is refused for', async () => {
    await serve('--ca-password-file', passwordFile);
    await server.waitFor(/Auto CA: /);
    const second = await run('autoca', 'serve', '--port', '0', '--ca-password-file', passwordFile);
    expect(second).toMatchObject({ exitCode: 4, stderr: expect.stringMatching(/running in ".*" already/) });
    expect(await run('cert', 'issue', 'bob')).toMatchObject({ exitCode: 0 });
  });

  it('is not started, and no ledger appears, with a wrong password', async () => {
    await serve('--ca-password-file', test.file('wrong', 'wrong\n'));
    expect(await server.ended()).toBe(5);
    expect([existsSync(socket()), existsSync(join(test.home, 'ledger.db'))]).toEqual([false, false]);
  });

  onLinux('is the only one whose memory holds the key', async () => {
    await serve('--ca-password-file', passwordFile);
    await server.waitFor(/Auto CA: /);
    expect(await run('cert', 'issue', 'bob')).toMatchObject({ exitCode: 0 });
    const key = await readPrivateKey(readFileSync(join(test.home, 'ca/ca.key'), 'utf8'), password);
    // The 32 octets of a P-256 key end with the one before the public key, which is optional.
    const der = key.export({ type: 'pkcs8', format: 'der' });
    const scalar = der.subarray(36, 68);
    expect(der.subarray(34, 36)).toEqual(Buffer.from([0x04, 0x20]));
    expect(holds(signerPid(), scalar)).toBe(true);
    expect(holds(server.child.pid ?? 0, scalar)).toBe(false);
  });
});

/** Tells whether a process has octets in its memory, in either order: OpenSSL keeps large numbers the other way round. */
function holds(pid: number, octets: Buffer): boolean {
  const memory = openSync(`/proc/${pid}/mem`, 'r');
  const forms = [octets, Buffer.from(octets).reverse()];
  try {
    for (const line of readFileSync(`/proc/${pid}/maps`, 'latin1').split('\n')) {
      const [, from = '', to = ''] = /^([0-9a-f]+)-([0-9a-f]+) rw/.exec(line) ?? [];
      const region = from === '' ? Buffer.alloc(0) : readRegion(memory, Number(`0x${from}`), Number(`0x${to}`));
      if (forms.some((form) => region.includes(form))) return true;
    }
    return false;
  } finally {
    closeSync(memory);
  }
}

function readRegion(memory: number, from: number, to: number): Buffer {
  const region = Buffer.alloc(to - from);
  try {
    return region.subarray(0, readSync(memory, region, 0, region.length, from));
  } catch {
    // Some regions, such as devices, cannot be read.
    return Buffer.alloc(0);
  }
}
