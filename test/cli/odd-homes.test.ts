/** Every command in homes where something is odd, without a terminal, under --json: one documented object, its exit code, nothing else. */
import { cpSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type ErrorCode, errorExitCodes } from '../../src/errors.js';
import { packageRoot } from '../../src/package-root.js';
import { makeHome, type TestHome } from '../helpers/home.js';

/** What a command needs so that it fails for the home, not for its arguments. */
const argumentsOf: Readonly<Record<string, readonly string[]>> = {
  'autoca invite': ['eve'],
  'autoca serve': ['--host', '127.0.0.1', '--port', '0', '--tls-port', '0'],
  'ca export-root': ['offline'],
  'ca init': ['--no-password'],
  'cert export': ['bob', '--pfx', '--pfx-password-file', 'password', '--out', 'bob.pfx'],
  'cert issue': ['eve', '--out', 'out'],
  'cert renew': ['bob', '--out', 'out'],
  'cert request': ['eve', '--out', 'eve.csr'],
  'cert revoke': ['bob'],
  chat: ['--peer', '127.0.0.1:1', '--timeout', '1s'],
  'identity use': ['bob'],
  send: ['127.0.0.1:1', 'hello', '--timeout', '1s'],
};

/** They do not look at the home, or make one of their own. */
const homeless = ['demo', 'cert convert', 'cert inspect', 'doctor'];

const longRunning = ['autoca serve', 'chat', 'listen'];

const commands = readdirSync(join(packageRoot(), 'commands'), { recursive: true })
  .map(String)
  .filter((name) => name.endsWith('.ts'))
  .map((name) => name.replace(/\.ts$/, '').replaceAll(/[\\/]/g, ' '))
  .filter((name) => !homeless.includes(name))
  .sort();

const oddities: Readonly<Record<string, (home: string) => void>> = {
  'that is a file': (home) => {
    rmSync(home, { recursive: true });
    writeFileSync(home, '');
  },
  'whose ledger is no database': (home) => {
    for (const name of readdirSync(home).filter((one) => one.startsWith('ledger.db'))) rmSync(join(home, name));
    writeFileSync(join(home, 'ledger.db'), 'no database '.repeat(1000));
  },
  'whose ledger is a folder': (home) => {
    for (const name of readdirSync(home).filter((one) => one.startsWith('ledger.db'))) rmSync(join(home, name));
    mkdirSync(join(home, 'ledger.db'));
  },
  'whose CA is a file': (home) => {
    rmSync(join(home, 'ca'), { recursive: true });
    writeFileSync(join(home, 'ca'), '');
  },
  'whose root is junk': (home) => writeFileSync(join(home, 'ca', 'root.pem'), 'junk'),
  'whose CA key is junk': (home) => writeFileSync(join(home, 'ca', 'ca.key'), 'junk', { mode: 0o600 }),
  'whose CA key is a folder': (home) => {
    rmSync(join(home, 'ca', 'ca.key'));
    mkdirSync(join(home, 'ca', 'ca.key'));
  },
  'whose identities are a file': (home) => {
    rmSync(join(home, 'identities'), { recursive: true });
    writeFileSync(join(home, 'identities'), '');
  },
  'whose identity is junk': (home) => writeFileSync(join(home, 'identities', 'bob', 'cert.pem'), 'junk'),
  'that speaks as nobody knows whom': (home) => writeFileSync(join(home, 'home.json'), '{"member":{}}'),
  'whose parts are files': (home) => {
    for (const name of ['store', 'requests', 'templates', 'downloads', 'running']) {
      rmSync(join(home, name), { recursive: true, force: true });
      writeFileSync(join(home, name), 'junk');
    }
  },
  'that knows its Auto CA by junk': (home) => writeFileSync(join(home, 'autoca.json'), '{'),
};

let template: TestHome;

beforeAll(async () => {
  template = makeHome();
  await template.done(['ca', 'init', '--no-password']);
  await template.done(['cert', 'issue', 'bob', '--me']);
});

afterAll(() => template.remove());

/** What was answered: all of stdout is one object, or, of commands that run until they are stopped, each line is one. */
function answerOf(command: string, stdout: string): { error?: { code: ErrorCode; hint: unknown } } {
  if (!longRunning.includes(command)) return JSON.parse(stdout) as object;
  const lines = stdout.trim().split('\n');
  return lines.map((line) => JSON.parse(line) as object).at(-1) ?? {};
}

function expectDocumented(command: string, result: { exitCode: number; stdout: string; stderr: string }): void {
  const { error, ...rest } = answerOf(command, result.stdout);
  const { exitCode, stderr } = result;
  if (error === undefined) {
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    return;
  }
  expect(rest).toEqual({});
  expect(error).toEqual({
    code: expect.stringMatching(/^ERR_(?!INTERNAL)/),
    message: expect.any(String),
    hint: error.hint === null ? null : expect.any(String),
  });
  expect({ exitCode, stderr }).toEqual({ exitCode: errorExitCodes[error.code], stderr: '' });
}

describe.each(commands)('qtchat %s --json', (command) => {
  const argv = (...more: string[]): string[] => [...command.split(' '), ...more, '--json'];

  it('answers a wrong flag', async () => {
    const result = await template.run(argv('--bogus'));
    expectDocumented(command, result);
    expect(result.exitCode).toBe(2);
  });

  it.each(Object.keys(oddities))('answers in a home %s', async (name) => {
    const test = makeHome();
    try {
      cpSync(template.home, test.home, { recursive: true });
      test.file('password', 'secret');
      oddities[name]?.(test.home);
      const own = (argumentsOf[command] ?? []).map((one) =>
        /^(out|offline|password|bob\.pfx|eve\.csr)$/.test(one) ? test.at(one) : one,
      );
      const controller = new AbortController();
      controller.abort();
      expectDocumented(command, await test.run(argv(...own), { signal: controller.signal }));
    } finally {
      test.remove();
    }
  });
});
