/** A pipe that nobody writes to keeps a command waiting, and the first signal ends it: exit code 130, nothing written. */
import { execFileSync } from 'node:child_process';
import { closeSync, constants, cpSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { systemErrorCode } from '../../src/errors.js';
import { makeHome, type TestHome } from '../helpers/home.js';

let prepared: TestHome;
let test: TestHome;

beforeAll(async () => {
  prepared = makeHome();
  const run = async (...argv: string[]): Promise<void> => {
    expect(await prepared.run(argv)).toMatchObject({ exitCode: 0 });
  };
  await run('ca', 'init', '--no-password');
  await run('cert', 'issue', 'bob', '--out', prepared.folder);
  await run('cert', 'request', 'carol', '--out', prepared.folder);
});
afterAll(() => prepared.remove());

beforeEach(() => {
  test = makeHome();
  cpSync(prepared.folder, test.folder, { recursive: true });
  execFileSync('mkfifo', ['-m', '600', test.at('pipe')]);
});
afterEach(() => test.remove());

/** Resolves when somebody has opened the pipe for reading; nothing is ever written to it. */
async function openForWriting(path: string): Promise<number> {
  for (;;) {
    try {
      return openSync(path, constants.O_WRONLY | constants.O_NONBLOCK);
    } catch (error) {
      if (systemErrorCode(error) !== 'ENXIO') throw error;
      await nextTurn();
    }
  }
}

async function expectCancelled(argv: readonly string[], cwd: TestHome = test): Promise<void> {
  const before = cwd.everything();
  const controller = new AbortController();
  const paths = argv.map((word) => (/^(pipe|pki|.*\.(pem|key|csr))$/.test(word) ? cwd.at(word) : word));
  const running = cwd.run(paths, { signal: controller.signal });
  const writing = await openForWriting(cwd.at('pipe'));
  controller.abort();
  const result = await running;
  closeSync(writing);
  expect(result).toMatchObject({ exitCode: 130, stdout: '' });
  expect(result.stderr).toMatch(/^Error: cancelled[^\n]*\n$/);
  expect(cwd.everything()).toEqual(before);
}

const describeWithPipes = process.platform === 'win32' ? describe.skip : describe;

describeWithPipes('a command that waits for a pipe ends at the first signal:', () => {
  it.each([
    'cert inspect pipe',
    'cert verify pipe',
    'cert verify bob.pem --root-file pipe',
    'cert verify bob.pem --crl-file pipe',
    'cert sign pipe',
    'cert sign carol.csr --san-cnf pipe',
    'cert sign pipe --explain',
    'cert issue carol --san-cnf pipe',
    'cert issue carol --san-cnf pipe --explain',
    'cert request dave --san-cnf pipe',
    'cert convert pipe --to pem',
    'cert export bob --pfx --cert-file pipe --key-file bob.key',
    'cert export bob --pfx --cert-file bob.pem --key-file pipe',
    'cert import pipe',
    'cert import bob.pem --root-file pipe',
    'cert import bob.pem --key-file pipe',
    'ca crl --out pipe',
    'ca import --force --cert-file pipe --key-file bob.key',
    'ca import --force --cert-file bob.pem --key-file pipe',
    'ca import --force --cert-file bob.pem --key-file bob.key --chain pipe',
    'ca import --force --cert-file bob.pem --key-file bob.key --index pipe',
    'doctor pipe',
    'doctor bob.pem --root-file pipe',
    'doctor bob.pem --key-file pipe',
    'doctor bob.pem --crl-file pipe',
  ])('%s', async (line) => {
    await expectCancelled(line.split(' '));
  });

  it('ca import of a folder', async () => {
    execFileSync('mkdir', ['-p', test.at('pki', 'private')]);
    cpSync(join(test.home, 'ca', 'root.pem'), test.at('pki', 'ca.crt'));
    execFileSync('ln', ['-s', test.at('pipe'), test.at('pki', 'private', 'ca.key')]);
    await expectCancelled(['ca', 'import', '--force', 'pki']);
  });
});
