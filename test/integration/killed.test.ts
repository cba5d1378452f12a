/** Commands of the toolkit, killed (-9) whenever the home has changed once more: nothing half-written, nothing lost, the next run works. */
import { type FSWatcher, mkdirSync, readdirSync, readFileSync, statSync, watch } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { makeCircle, type TestCircle } from '../helpers/certificates.js';
import { makeHome, type TestHome } from '../helpers/home.js';
import { Program } from '../helpers/program.js';

let test: TestHome;

beforeEach(() => {
  test = makeHome();
  mkdirSync(test.home, { mode: 0o700 });
});

afterEach(() => test.remove());

/** After how many changes of the home a command is killed; later ones are nearer to its end. */
const moments = [1, 2, 3, 4, 6, 8, 11, 15, 20, 27];

/** Runs a command and kills it at the change of that number in one of the folders; it may be faster than that. */
async function runKilled(argv: readonly string[], changes: number, folders: readonly string[]): Promise<void> {
  let seen = 0;
  const watchers: FSWatcher[] = [];
  const program = new Program(argv, { home: test.home });
  const count = (): void => {
    seen += 1;
    if (seen === changes) program.child.kill('SIGKILL');
  };
  for (const folder of folders) watchers.push(watch(folder, count));
  program.endInput();
  await program.ended();
  for (const watcher of watchers) watcher.close();
}

async function expectDone(argv: readonly string[]): Promise<Record<string, unknown>> {
  const result = await test.run([...argv, '--json']);
  expect(result).toMatchObject({ exitCode: 0 });
  return result.json();
}

describe('killed at any moment', () => {
  it.each(moments)('ca init makes a whole CA or none, and can be run again (change %i)', async (changes) => {
    await runKilled(['ca', 'init', '--no-password', '--intermediate'], changes, [test.home]);
    const { exitCode } = await test.run(['ca', 'show']);
    expect([0, 3]).toContain(exitCode);
    if (exitCode === 3) await expectDone(['ca', 'init', '--no-password', '--intermediate']);
    for (const name of ['ca.key', 'root.key']) {
      const path = join(test.home, 'ca', name);
      expect(statSync(path).mode & 0o777).toBe(0o600);
      expect(readFileSync(path, 'utf8')).toMatch(/-----END PRIVATE KEY-----\n$/);
    }
    await expectDone(['cert', 'issue', 'bob', '--out', test.folder]);
  });

  it.each(moments)('ca crl leaves a ledger that knows the published list (change %i)', async (changes) => {
    await expectDone(['ca', 'init', '--no-password']);
    await expectDone(['ca', 'crl']);
    await runKilled(['ca', 'crl'], changes, [test.home, join(test.home, 'ca')]);
    await expectDone(['ca', 'crl']);
  });

  describe.each([
    ['ca import', []],
    ['ca import --force', ['--force']],
  ])('%s', (_, force) => {
    let circle: TestCircle;
    const lines = 40;
    const argv = (): string[] => {
      const index = Array.from(
        { length: lines },
        (_line, number) => `R\t400101000000Z\t260101000000Z\t${(0x1000 + number).toString(16)}\tunknown\t/CN=bob\n`,
      );
      const files = [
        ['--cert-file', test.file('ca.crt', circle.certificatePem)],
        ['--key-file', test.file('ca.key', circle.keyPem)],
        ['--index', test.file('index.txt', index.join(''))],
      ];
      return ['ca', 'import', ...files.flat()];
    };

    beforeEach(async () => {
      circle = await makeCircle({ commonName: 'Imported' });
      if (force.length > 0) await expectDone(['ca', 'init', '--no-password', '--name', 'Former']);
      if (force.length > 0) await expectDone(['cert', 'issue', 'alice', '--out', test.folder]);
    });

    it.each(moments)('never forgets what was revoked (change %i)', async (changes) => {
      await runKilled([...argv(), ...force], changes, [test.home]);
      const shown = await test.run(['ca', 'show', '--json']);
      if (shown.exitCode === 3) await expectDone(argv());
      else expect(shown.exitCode).toBe(0);
      const { name } = await expectDone(['ca', 'show']);
      const { certificates } = await expectDone(['cert', 'list']);
      expect([name, (certificates as unknown[]).length]).toEqual(
        name === 'Former' ? ['Former', 1] : ['Imported', lines],
      );
    });
  });

  it.each(moments)('cert issue leaves no half-written key, and can be run again (change %i)', async (changes) => {
    await expectDone(['ca', 'init', '--no-password']);
    const out = test.at('out');
    mkdirSync(out);
    await runKilled(
      ['cert', 'issue', 'bob', '--out', out, '--pfx', '--pfx-password-file', test.file('p', 'secret')],
      changes,
      [test.home, out],
    );
    const left = readdirSync(out).filter((name) => !name.startsWith('.'));
    if (left.includes('bob.key'))
      expect(readFileSync(join(out, 'bob.key'), 'utf8')).toMatch(/-----END PRIVATE KEY-----\n$/);
    if (left.includes('bob.pem')) expect(left).toContain('bob.key');
    await expectDone(['cert', 'issue', 'bob', '--out', out, '--replace', '--force']);
  });

  it.each(moments)('cert renew leaves an identity that works, and can be run again (change %i)', async (changes) => {
    await expectDone(['ca', 'init', '--no-password']);
    await expectDone(['cert', 'issue', 'bob', '--me']);
    await runKilled(['cert', 'renew', 'bob'], changes, [test.home, join(test.home, 'identities')]);
    expect(await expectDone(['identity', 'list'])).toMatchObject({ identities: [{ member: 'bob' }] });
    await expectDone(['cert', 'renew', 'bob']);
  });
});
