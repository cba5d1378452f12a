/** What takes long shows it at a terminal, and leaves no trace there; elsewhere, and under --json, nothing is to be seen. */
import { readdirSync } from 'node:fs';
import { PassThrough } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { makeHome, type TestHome } from '../helpers/home.js';
import type { CommandWorld } from '../helpers/run-command.js';

const clearLine = '\r\u001b[K';
let home: TestHome;

beforeAll(async () => {
  home = makeHome();
  home.file('password', 'violin zebra cactus');
  await home.done(['ca', 'init', '--ca-password-file', home.at('password')]);
  await home.done(['cert', 'issue', 'alice', '--me', '--ca-password-file', home.at('password')]);
  await home.done(['ca', 'backup', home.at('kept')]);
});

afterAll(() => home.remove());

const terminal = (): Partial<CommandWorld> => ({
  stdin: Object.assign(new PassThrough(), { isTTY: true }),
  busyAfterMs: 0,
});

const pfx = (name: string) => [
  'cert',
  'export',
  'alice',
  '--pfx',
  '--pfx-password-file',
  home.at('password'),
  '--out',
  home.at(name),
];

/** Commands that take long enough for it, each as often as it is called with another name. */
const commands: Record<string, (name: string) => string[]> = {
  'Making the key': (name) => ['ca', 'init', '--key', 'rsa2048', '--no-password', '--home', home.at(`ca-${name}`)],
  'Opening the CA key': (name) => [
    'ca',
    'crl',
    '--out',
    home.at(`${name}.crl`),
    '--ca-password-file',
    home.at('password'),
  ],
  Encrypting: (name) => pfx(`${name}.pfx`),
  'Reading the audit log': () => ['autoca', 'audit', 'verify'],
  'Writing the backup': (name) => ['ca', 'backup', home.at(`backup-${name}`)],
  'Checking the audit log': (name) => ['ca', 'restore', home.at('kept'), '--home', home.at(`restored-${name}`)],
};

describe('a sign of life', () => {
  it.each(Object.entries(commands))('says "%s" at a terminal, and is erased', async (label, argv) => {
    const { exitCode, stderr } = await home.run(argv('shown'), terminal());
    expect(exitCode).toBe(0);
    expect(stderr).toMatch(new RegExp(`[⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏] ${label}`));
    // What follows the last of it begins on a line that is clear.
    const [after = ''] = stderr.split(clearLine).slice(-1);
    expect(after).not.toMatch(/[⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏]/);
  });

  it.each(Object.entries(commands))('says nothing of "%s" under --json', async (_label, argv) => {
    const { exitCode, stderr } = await home.run([...argv('json'), '--json'], terminal());
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
  });

  it.each(Object.entries(commands))('says nothing of "%s" without a terminal', async (label, argv) => {
    const { exitCode, stderr } = await home.run(argv('piped'), { busyAfterMs: 0 });
    expect(exitCode).toBe(0);
    expect(stderr).not.toContain(label);
    expect(stderr).not.toContain('\u001b');
  });

  it('lets Ctrl-C end the making of a key at once, and leaves nothing', async () => {
    const controller = new AbortController();
    const before = readdirSync(home.folder);
    const result = await home.run(['ca', 'init', '--key', 'rsa3072', '--no-password', '--home', home.at('never')], {
      ...terminal(),
      signal: controller.signal,
      onStderr: (soFar) => {
        if (soFar.includes('Making the key')) controller.abort();
      },
    });
    expect(result).toMatchObject({ exitCode: 130, stdout: '' });
    expect(result.stderr.endsWith(`${clearLine}Error: cancelled\n`)).toBe(true);
    expect(readdirSync(home.folder)).toEqual(before);
  });

  it('takes back what was begun when Ctrl-C ends the sealing of a .pfx', async () => {
    const controller = new AbortController();
    const argv = ['cert', 'issue', 'bob', '--out', home.at('bob'), '--pfx', '--pfx-password-file', home.at('password')];
    const result = await home.run([...argv, '--ca-password-file', home.at('password')], {
      ...terminal(),
      signal: controller.signal,
      onStderr: (soFar) => {
        if (soFar.includes('Encrypting')) controller.abort();
      },
    });
    expect(result).toMatchObject({ exitCode: 130, stdout: '' });
    expect(readdirSync(home.folder)).not.toContain('bob');
    const { certificates } = (await home.run(['cert', 'list', '--name', 'bob', '--json'])).json();
    expect(certificates).toMatchObject([{ state: 'revoked' }]);
  });
});
