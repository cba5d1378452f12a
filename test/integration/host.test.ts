/** `qtchat host` as a person runs it: on a terminal, from an empty home to the chat. */
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { packageRoot } from '../../src/package-root.js';
import { Program, runProgram } from '../helpers/program.js';
import { describeWith } from '../helpers/require-program.js';
import { runCommand } from '../helpers/run-command.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'qtchat-hosting-'));
});
const running: Program[] = [];
afterEach(async () => {
  // Whatever a failure has left.
  for (const program of running.splice(0)) await program.stop('SIGKILL');
  await rm(folder, { recursive: true, force: true });
});

const homeOf = (name: string): string => join(folder, name);

describe('host without a terminal', () => {
  it('says which steps to take instead, and takes none', async () => {
    const { exitCode, stdout, stderr } = await runCommand(['host', 'bob'], { home: homeOf('host') });
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
    expect(stderr).toMatch(
      /^Error: qtchat host needs a terminal\. Without one, run: qtchat ca init; qtchat cert issue --ip \S+; qtchat autoca serve; qtchat autoca invite bob; qtchat chat\n$/,
    );
    expect(await readdir(folder)).toEqual([]);
  });

  it('leaves out what is done already, and says it as JSON on request', async () => {
    await runCommand(['ca', 'init', '--no-password'], { home: homeOf('host') });
    const { exitCode, stdout, json } = await runCommand(['host', '--json'], { home: homeOf('host') });
    expect(exitCode).toBe(2);
    expect(stdout.trim().split('\n')).toHaveLength(1);
    expect(json()).toMatchObject({
      error: {
        code: 'ERR_USAGE',
        hint: expect.stringMatching(/run: qtchat cert issue .*; qtchat autoca invite NAME; /),
      },
    });
  });
});

describeWith('script', 'host on a terminal', () => {
  const onTerminal = (...argv: string[]): Program => onTerminalAt('127.0.0.1:0', ...argv);

  /** On a terminal of its own, which `script` makes. */
  function onTerminalAt(listen: string, ...argv: string[]): Program {
    const where = ['--host', '127.0.0.1', '--port', '0', '--listen', listen];
    const line = [process.execPath, join(packageRoot(), 'bin/run.js'), 'host', ...where, ...argv];
    const quoted = line.map((word) => `'${word}'`).join(' ');
    const world = { home: folder, env: { QTCHAT_HOME: homeOf('host'), NO_COLOR: '1' } };
    const program = new Program(`exec script --quiet --flush --return --command "${quoted}" /dev/null`, world);
    running.push(program);
    return program;
  }
  const type = (program: Program, text: string): void => void program.child.stdin?.write(`${text}\r`);
  const status = async (home: string) => (await runCommand(['status', '--json'], { home })).json();

  it('goes from nothing to a chat that a guest has joined, and ends all of it', async () => {
    const host = onTerminal();
    await host.waitFor(/New password for the CA key/);
    type(host, 'correct horse');
    await host.waitFor(/The same again/);
    type(host, 'correct horse');
    const [, self] = await host.waitFor(/You are now (\S+), until /);
    await host.waitFor(/Whom do you invite first\?/);
    type(host, 'Bob Smith');
    await host.waitFor(/"Bob Smith" is no/);
    type(host, 'bob');
    // The line stays in sight below its code, which may be higher than the terminal.
    const [, invite = ''] = await host.waitFor(/[█▀▄ ]{30}[\s\S]*(qtchat1-[\w-]+)\s/);
    // The prompt comes last.
    await host.waitFor(/listening on port \d+[\s\S]*> /);
    expect(await status(homeOf('host'))).toMatchObject({
      identity: { member: self, expired: false },
      running: [{ service: 'autoca' }, { service: 'chat' }],
    });

    const guest = await runProgram(['enroll', '-', '--json'], {
      home: folder,
      env: { QTCHAT_HOME: homeOf('bob') },
      stdin: invite,
    });
    expect(guest.exitCode).toBe(0);
    expect(JSON.parse(guest.stdout)).toMatchObject({ member: 'bob', host: { member: self } });
    await host.waitFor(/bob has joined/);

    type(host, '/quit');
    expect(await host.ended()).toBe(0);
    expect(host.stdout).toMatch(/Auto CA: stopped/);
    expect(await status(homeOf('host'))).toMatchObject({ running: [] });
  }, 60_000);

  it('skips what exists, asks for the password once, and invites whom it is told to', async () => {
    const home = homeOf('host');
    const passwordFile = join(folder, 'password.txt');
    await writeFile(passwordFile, 'correct horse\n', { mode: 0o600 });
    await runCommand(['ca', 'init', '--ca-password-file', passwordFile], { home });
    await runCommand(['cert', 'issue', 'alice', '--me', '--ip', '127.0.0.1', '--ca-password-file', passwordFile], {
      home,
    });
    const host = onTerminal('carol');
    await host.waitFor(/Password of the CA key/);
    type(host, 'correct horse');
    await host.waitFor(/carol joins with/);
    await host.waitFor(/listening on port \d+/);
    type(host, '/quit');
    expect(await host.ended()).toBe(0);
    expect(host.stdout).not.toMatch(/Made the CA|You are now|Whom do you invite/);

    const words = join(folder, 'words.txt');
    await writeFile(words, 'three brown otters\n', { mode: 0o600 });
    await runCommand(['identity', 'password', '--new-password-file', words], { home });
    const locked = onTerminal('carol', '--ca-password-file', passwordFile);
    await locked.waitFor(/Password of the identity/);
    expect(locked.stdout).not.toMatch(/Auto CA/);
    type(locked, 'three brown otters');
    await locked.waitFor(/listening on port \d+/);
    type(locked, '/quit');
    expect(await locked.ended()).toBe(0);
    expect(locked.stdout.match(/Password of the identity.*\*{18}/g)).toHaveLength(1);
    const none = ['identity', 'password', '--remove', '--identity-password-file', words];
    expect(await runCommand(none, { home })).toMatchObject({ exitCode: 0 });

    const again = onTerminal('carol', '--ca-password-file', passwordFile);
    await again.waitFor(/carol has joined, or is invited, already/);
    await again.waitFor(/listening on port \d+/);
    type(again, '/quit');
    expect(await again.ended()).toBe(0);
    expect(again.stdout).not.toMatch(/qtchat1-|Password of/);
  }, 60_000);

  it('leaves nothing running after Ctrl-C at a question', async () => {
    const host = onTerminal('--no-password');
    await host.waitFor(/Whom do you invite first\?/);
    host.child.stdin?.write('\x03');
    expect(await host.ended()).toBe(130);
    expect(await status(homeOf('host'))).toMatchObject({ running: [] });
  }, 60_000);

  it('ends before it makes anything when it is told to listen at what is no address', async () => {
    const host = onTerminalAt('18694', '--no-password');
    expect(await host.ended()).toBe(2);
    expect(host.stdout).toMatch(/"18694" is no address to listen on/);
    expect(host.stdout).not.toMatch(/Made the CA/);
  }, 60_000);

  it('ends before it asks for anything when its port is taken', async () => {
    const other = onTerminal('--no-password');
    const [, port = ''] = await other.waitFor(/Auto CA: 127\.0\.0\.1 port (\d+)/);
    const host = new Program(
      `exec script --quiet --flush --return --command "'${process.execPath}' '${join(packageRoot(), 'bin/run.js')}' host --host 127.0.0.1 --port ${port}" /dev/null`,
      { home: folder, env: { QTCHAT_HOME: homeOf('other') } },
    );
    expect(await host.ended()).toBe(6);
    expect(host.stdout).toMatch(new RegExp(`port ${port} is in use already`));
    expect(host.stdout).not.toMatch(/password/i);
    await other.waitFor(/Whom do you invite first\?/);
    type(other, '');
    await other.waitFor(/listening on port/);
    type(other, '/quit');
    expect(await other.ended()).toBe(0);
  }, 60_000);
});
