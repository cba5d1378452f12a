/** `listen` for machines: who may come, and programs that are run for what arrives. */
import { createHash, randomBytes } from 'node:crypto';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { speakAs } from '../../src/store/home.js';
import { type Identity, saveIdentity } from '../../src/store/identities.js';
import { makeCircle } from '../helpers/certificates.js';
import { makeIdentity } from '../helpers/identity.js';
import { type CommandResult, runCommand } from '../helpers/run-command.js';
import { type RunningCommand, RunningCommands } from '../helpers/running-command.js';

const commands = new RunningCommands();
const identities = new Map<string, Identity>();
let folder: string;
let inbox: string;

beforeAll(async () => {
  const circle = await makeCircle();
  for (const member of ['alice', 'bob', 'carol']) {
    identities.set(member, await makeIdentity(circle, { member, ips: ['127.0.0.1'] }));
  }
});

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'qtchat-listen-'));
  inbox = join(folder, 'inbox');
  for (const [member, identity] of identities) {
    await saveIdentity({ folder: join(folder, member) }, identity, { replace: false });
    await speakAs({ folder: join(folder, member) }, member);
  }
});

afterEach(async () => {
  await commands.end();
  await rm(folder, { recursive: true, force: true });
});

type Line = Record<string, unknown>;

/** Alice listens; where. */
async function listen(...argv: string[]): Promise<{ alice: RunningCommand; at: string }> {
  const base = ['listen', '--json', '--save', inbox, '--listen', '127.0.0.1:0'];
  const alice = commands.start([...base, ...argv], join(folder, 'alice'));
  return { alice, at: `127.0.0.1:${await alice.saw(/"event":"listening".*"port":(\d+)/)}` };
}

async function saw(at: RunningCommand, event: string, having = ''): Promise<Line> {
  return JSON.parse(await at.saw(new RegExp(`^\\{"event":"${event}",.*${having}.*\\}$`, 'm'))) as Line;
}

const send = (member: string, at: string, ...argv: string[]): Promise<CommandResult> =>
  runCommand(['send', at, ...argv], { home: join(folder, member) });

async function fileOf(member: string, name: string, content: string | Uint8Array = name): Promise<string> {
  const path = join(folder, member, name);
  await writeFile(path, content);
  return path;
}

/** A program that notes what it was given, as one JSON line each time; its path, in quotes for --exec. */
async function noter(end = ''): Promise<string> {
  const path = join(folder, 'note it.mjs');
  const log = JSON.stringify(join(folder, 'noted'));
  await writeFile(
    path,
    `#!${process.execPath}
import { appendFileSync, readFileSync } from 'node:fs';
const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => name.startsWith('QTCHAT_')));
appendFileSync(${log}, JSON.stringify({ words: process.argv.slice(2), env, cwd: process.cwd() }) + '\\n');
${end}`,
  );
  await chmod(path, 0o700);
  return `'${path}'`;
}

async function noted(): Promise<{ words: string[]; env: Record<string, string>; cwd: string }[]> {
  const lines = (await readFile(join(folder, 'noted'), 'utf8')).trimEnd().split('\n');
  return lines.map((line) => JSON.parse(line));
}

const sha256 = (content: string | Uint8Array): string => createHash('sha256').update(content).digest('hex');

describe('listen --exec', () => {
  it('runs the program once for each file, with the path and what is known in its environment', async () => {
    const { alice, at } = await listen('--from', 'bob', '--exec', `${await noter()} --tray "the second"`);
    const large = randomBytes(3 * 1024 * 1024 + 5);
    const files = [await fileOf('bob', 'tides.txt', 'high at nine'), await fileOf('bob', 'large.bin', large)];
    await mkdir(join(folder, 'bob', 'charts'));
    await writeFile(join(folder, 'bob', 'charts', 'north.txt'), 'ice');
    const all = [...files, join(folder, 'bob', 'charts')].flatMap((path) => ['--file', path]);
    expect(await send('bob', at, 'a text runs nothing', ...all)).toMatchObject({ exitCode: 0 });
    for (const name of ['tides.txt', 'large.bin', 'charts']) {
      expect(await saw(alice, 'exec', `/${name}"`)).toMatchObject({
        member: 'bob',
        exitCode: 0,
        signal: null,
        reason: null,
      });
    }
    const base = { QTCHAT_FROM: 'bob', QTCHAT_HOME: join(folder, 'alice') };
    const expected = [
      { QTCHAT_NAME: 'tides.txt', QTCHAT_SIZE: '12', QTCHAT_SHA256: sha256('high at nine'), QTCHAT_KIND: 'file' },
      {
        QTCHAT_NAME: 'large.bin',
        QTCHAT_SIZE: String(large.length),
        QTCHAT_SHA256: sha256(large),
        QTCHAT_KIND: 'file',
      },
      { QTCHAT_NAME: 'charts', QTCHAT_SIZE: expect.any(String), QTCHAT_SHA256: '', QTCHAT_KIND: 'folder' },
    ].map((env) => ({ ...base, ...env, QTCHAT_FILE: join(inbox, env.QTCHAT_NAME) }));
    expect(await noted()).toEqual(
      expected.map((env) => ({ words: ['--tray', 'the second'], env, cwd: process.cwd() })),
    );
    const done = await saw(alice, 'fileDone', 'tides');
    expect(await saw(alice, 'exec', 'tides')).toMatchObject({ id: done.id, path: done.path });
  });

  it.each([
    '$(touch pwned)',
    '`touch pwned`',
    "'; touch pwned; '",
    '& touch pwned &',
    '-rf',
    '--help',
    '%PATH% !x! ^',
    'a=b LD_PRELOAD=x',
    '$IFS`touch$IFS-pwned`',
    '~root',
    'ｆｕｌｌ ‐ wïdth 🏴‍☠️',
  ])('does nothing that the name %s might say', async (name) => {
    const { alice, at } = await listen('--from', 'bob', '--exec', `${await noter()} fixed`);
    expect(await send('bob', at, '--file', await fileOf('bob', name))).toMatchObject({ exitCode: 0 });
    expect(await saw(alice, 'exec')).toMatchObject({ exitCode: 0 });
    const env = { QTCHAT_FILE: join(inbox, name), QTCHAT_NAME: name };
    expect(await noted()).toMatchObject([{ words: ['fixed'], env }]);
    expect(await readdir(inbox)).toEqual([name]);
    expect((await readdir(process.cwd())).includes('pwned')).toBe(false);
  });

  it('tells that the program failed, and goes on', async () => {
    const { alice, at } = await listen(
      ...['--from', 'bob'],
      ...['--exec', await noter(`if (process.env.QTCHAT_NAME === 'bad.txt') process.exit(3);`)],
    );
    const files = [await fileOf('bob', 'bad.txt'), await fileOf('bob', 'good.txt')];
    expect(await send('bob', at, ...files.flatMap((path) => ['--file', path]))).toMatchObject({ exitCode: 0 });
    expect(await saw(alice, 'exec', 'bad')).toMatchObject({ exitCode: 3, signal: null, reason: null });
    expect(await saw(alice, 'exec', 'good')).toMatchObject({ exitCode: 0 });
  });

  it('tells people of failures alone', async () => {
    const exec = await noter(`if (process.env.QTCHAT_NAME === 'bad.txt') process.exit(3);`);
    const argv = ['listen', '--save', inbox, '--listen', '127.0.0.1:0', '--from', 'bob', '--exec', exec];
    const alice = commands.start(argv, join(folder, 'alice'));
    const at = `127.0.0.1:${await alice.saw(/listening on port (\d+)/)}`;
    const files = [await fileOf('bob', 'good.txt'), await fileOf('bob', 'bad.txt')];
    await send('bob', at, ...files.flatMap((path) => ['--file', path]));
    await alice.saw(/^bad.txt: the program of --exec ended with exit code 3$/m);
    alice.stop();
    const { exitCode, stderr, stdout } = await alice.result;
    expect(exitCode).toBe(0);
    expect(stderr).not.toMatch(/good.txt: /);
    expect(stdout.match(/^bob sent .*$/gm)).toHaveLength(2);
  });

  it('ends the program when listening ends', async () => {
    const { alice, at } = await listen('--from', 'bob', '--exec', await noter('setInterval(() => {}, 1000);'));
    const files = [await fileOf('bob', 'a.txt'), await fileOf('bob', 'b.txt')];
    await send('bob', at, ...files.flatMap((path) => ['--file', path]));
    for (;;) {
      if ((await noted().catch(() => [])).length > 0) break;
      await new Promise((resolve) => setImmediate(resolve));
    }
    alice.stop();
    expect(await alice.result).toMatchObject({ exitCode: 0 });
    expect(await saw(alice, 'exec', 'a.txt')).toMatchObject({ exitCode: null, signal: 'SIGTERM', reason: null });
    expect(await saw(alice, 'exec', 'b.txt')).toMatchObject({ exitCode: null, reason: { code: 'ERR_EXEC_FAILED' } });
  });

  it.each<[string, string[], number, RegExp]>([
    ['without --from', ['--exec', 'true'], 2, /--exec .*needs --from/],
    ['what needs a shell', ['--from', 'bob', '--exec', 'cat $QTCHAT_FILE'], 2, /without a shell/],
    ['a program that is not there', ['--from', 'bob', '--exec', 'no-such-program-here'], 3, /no program/],
    ['a file that may not be run', ['--from', 'bob', '--exec', './package.json'], 3, /no program/],
    ['a folder', ['--from', 'bob', '--exec', '/tmp'], 3, /no program/],
  ])('refuses %s before it listens', async (_what, argv, exitCode, message) => {
    const result = await runCommand(['listen', '--save', inbox, ...argv], {
      home: join(folder, 'alice'),
      env: { PATH: '/bin' },
    });
    expect(result).toMatchObject({ exitCode, stdout: '' });
    expect(result.stderr).toMatch(message);
    expect(await readdir(folder)).not.toContain('inbox');
  });
});

describe('listen --from', () => {
  it('lets in whom it names, and nobody else', async () => {
    const { alice, at } = await listen('--from', 'bob', '--from', 'dave');
    const refused = await send('carol', at, 'let me in', '--file', await fileOf('carol', 'secret.txt'));
    expect(refused).toMatchObject({ exitCode: 7, stdout: '' });
    expect(await saw(alice, 'refused')).toMatchObject({
      host: '127.0.0.1',
      reason: { code: 'ERR_PEER_REFUSED', message: '"carol" is none of those that we let in' },
    });
    expect(await send('bob', at, 'good evening', '--file', await fileOf('bob', 'tides.txt'))).toMatchObject({
      exitCode: 0,
    });
    await saw(alice, 'message', 'good evening');
    alice.stop();
    expect((await alice.result).stdout).not.toMatch(/let me in|secret/);
    expect(await readdir(inbox)).toEqual(['tides.txt']);
    const contacts = await runCommand(['contacts', 'list', '--json'], { home: join(folder, 'alice') });
    expect(contacts.stdout).not.toMatch(/carol/);
  });

  it('understands what the user calls them', async () => {
    const first = await listen();
    await send('bob', first.at, 'hello');
    first.alice.stop();
    await first.alice.result;
    const home = join(folder, 'alice');
    await runCommand(['contacts', 'rename', 'bob', 'the bosun'], { home });
    const { at } = await listen('--from', 'the bosun');
    expect(await send('bob', at, 'me again')).toMatchObject({ exitCode: 0 });
    expect(await send('carol', at, 'and me')).toMatchObject({ exitCode: 7 });
  });

  it('refuses what can be nobody', async () => {
    const result = await runCommand(['listen', '--save', inbox, '--from', '192.168.1.7:80'], {
      home: join(folder, 'alice'),
    });
    expect(result).toMatchObject({ exitCode: 2, stdout: '' });
    expect(result.stderr).toMatch(/no member name/);
  });
});

describe('what cannot be meant', () => {
  it.each([
    ['no folder', ['listen', '--save', ''], 2, /--save is empty\. Name a folder/],
    ['a folder that is a file', ['listen', '--save', '/dev/null'], 1, /A file stands where a folder is needed/],
    ['a time-out of ages', ['send', 'bob', 'hello', '--timeout', '99999999999'], 2, /--timeout.*2000000/],
  ])('is refused: %s', async (_, argv, exitCode, why) => {
    const result = await runCommand(argv, { home: join(folder, 'alice') });
    expect(result).toMatchObject({ exitCode, stdout: '' });
    expect(result.stderr).toMatch(why);
  });
});
