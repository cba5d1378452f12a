/** What the program writes, and where to, when something is odd about its output, its home or its arguments. */
import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { packageRoot } from '../../src/package-root.js';
import { makeHome, type TestHome } from '../helpers/home.js';
import { Program, runProgram } from '../helpers/program.js';

let test: TestHome;

beforeEach(() => {
  test = makeHome();
  mkdirSync(test.home);
});

afterEach(() => test.remove());

describe('the program', () => {
  it.each([
    ['bogus', '--json'],
    ['cert', 'bogus', '--json'],
    ['--json', '--bogus'],
    ['status', 'bogus', '--json'],
  ])('answers %s %s %s with the documented object', async (...argv) => {
    const { exitCode, stdout, stderr } = await runProgram(argv, { home: test.home });
    expect({ exitCode, stderr }).toEqual({ exitCode: 2, stderr: '' });
    expect(JSON.parse(stdout)).toEqual({
      error: { code: 'ERR_USAGE', message: expect.any(String), hint: expect.any(String) },
    });
  });

  it.each(['', '--json'])('says in one line that its result could not be written, and fails %s', async (json) => {
    if (!existsSync('/dev/full')) return;
    const program = new Program(
      `'${process.execPath}' '${join(packageRoot(), 'bin/run.js')}' status ${json} >/dev/full`,
      {
        home: test.home,
      },
    );
    program.endInput();
    expect(await program.ended()).toBe(1);
    expect(program.stderr).toMatch(/^Error: the result could not be written \(ENOSPC\)[^\n]*\n$/);
  });

  it('takes no empty --home for the current folder', async () => {
    const argv = ['ca', 'init', '--no-password', '--home', ''];
    const { exitCode, stderr } = await runProgram(argv, { home: test.home });
    expect({ exitCode, stderr }).toEqual({ exitCode: 2, stderr: expect.stringContaining('--home is empty') });
    expect(readdirSync(test.home)).toEqual([]);
  });

  it('takes no empty HOME for the current folder', async () => {
    const { stdout } = await runProgram(['status', '--json'], {
      home: test.home,
      env: { HOME: '', QTCHAT_HOME: '' },
    });
    expect((JSON.parse(stdout) as { home: string }).home).not.toContain(test.home);
  });

  it('escapes what could move a cursor in paths', async () => {
    await runProgram(['ca', 'init', '--no-password'], { home: test.home });
    const { exitCode, stdout } = await runProgram(['cert', 'issue', 'bob', '--out', 'a\u001b[2J\u202eb'], {
      home: test.home,
    });
    expect(exitCode).toBe(0);
    expect(stdout).toContain('a\\u{1b}[2J\\u{202e}b');
    expect(existsSync(join(test.home, 'a\u001b[2J\u202eb', 'bob.pem'))).toBe(true);
  });
});
