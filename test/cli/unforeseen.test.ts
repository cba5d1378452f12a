/** What nobody foresaw: said in one line, and where it happened only to those who ask. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Program, runProgram } from '../helpers/program.js';
import { runCommand } from '../helpers/run-command.js';

describe('an error that nobody foresaw', () => {
  let home: string;
  beforeEach(async () => {
    home = await mkdtemp(join(tmpdir(), 'qtchat-cli-'));
  });
  afterEach(() => rm(home, { recursive: true, force: true }));

  const fail = (env: Record<string, string>) => {
    const clock = (): Date => {
      throw new Error('the clock has stopped');
    };
    return runCommand(['ca', 'init', '--no-password'], { home, env, clock });
  };

  it('is one line, and an exit code of its own', async () => {
    const { exitCode, stderr } = await fail({});
    expect(stderr).toMatch(/^Error: something unforeseen went wrong: the clock has stopped\. Set QTCHAT_DEBUG=1 .*\n$/);
    expect(exitCode).toBe(1);
  });

  it('shows where it happened with QTCHAT_DEBUG', async () => {
    const { stderr } = await fail({ QTCHAT_DEBUG: '1' });
    expect(stderr).toMatch(/\n\s+at .*unforeseen\.test/);
  });

  it('is one line too where it happens beside a command, which ends', async () => {
    const later = 'process.once("SIGUSR2", () => { throw new Error("out of the blue"); });';
    const env = { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(later)}` };
    expect((await runProgram(['ca', 'init', '--no-password'], { home })).exitCode).toBe(0);
    expect((await runProgram(['cert', 'issue', 'alice', '--me', '--ip', '127.0.0.1'], { home })).exitCode).toBe(0);
    const listening = new Program(['listen', '--save', home, '--listen', '127.0.0.1:0'], { home, env });
    await listening.waitFor(/listening on port/);
    expect(await listening.stop('SIGUSR2')).toBe(1);
    expect(listening.stderr).toMatch(/\nError: something unforeseen went wrong: out of the blue\. .*\n$/);
    expect(listening.stderr).not.toMatch(/^\s+at /m);
  });
});
