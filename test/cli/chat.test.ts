/** chat, send and listen as commands: what they print, what they exit with. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Input } from '../../src/cli/deps.js';
import { speakAs } from '../../src/store/home.js';
import { saveIdentity } from '../../src/store/identities.js';
import { makeCircle, type TestCircle } from '../helpers/certificates.js';
import { makeIdentity } from '../helpers/identity.js';
import { type CommandResult, runCommand } from '../helpers/run-command.js';

let circle: TestCircle;
let folder: string;
const controllers: AbortController[] = [];
const results: Promise<CommandResult>[] = [];

beforeAll(async () => {
  circle = await makeCircle();
});

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'qtchat-cli-'));
  for (const member of ['alice', 'bob']) {
    const home = { folder: join(folder, member) };
    await saveIdentity(home, await makeIdentity(circle, { member, ips: ['127.0.0.1'] }), { replace: false });
    await speakAs(home, member);
  }
});

afterEach(async () => {
  for (const controller of controllers.splice(0)) controller.abort();
  await Promise.all(results.splice(0));
  await rm(folder, { recursive: true, force: true });
});

/** A command that stays; `saw` resolves with the first match in what it prints. */
function start(argv: readonly string[], member: string) {
  const controller = new AbortController();
  const stdin = new PassThrough();
  let text = '';
  let wake = (): void => {};
  const note = (soFar: string, stream: string): void => {
    text = `${stream === 'err' ? soFar : ''}\n${stream === 'out' ? soFar : ''}\n${text}`;
    wake();
  };
  const result = runCommand(argv, {
    home: join(folder, member),
    stdin: stdin as Input,
    signal: controller.signal,
    onStdout: (soFar) => note(soFar, 'out'),
    onStderr: (soFar) => note(soFar, 'err'),
  });
  controllers.push(controller);
  results.push(result);
  const saw = async (pattern: RegExp): Promise<string> => {
    for (;;) {
      const match = pattern.exec(text);
      if (match !== null) return match[1] ?? match[0];
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  };
  return { stdin, saw, result, stop: () => controller.abort() };
}

const chatListening = ['chat', '--listen', '127.0.0.1:0'];

describe('chat', () => {
  it('prints what the peer says, escaped, ends by /quit, and when its input has ended and all is delivered', async () => {
    const alice = start(chatListening, 'alice');
    const port = await alice.saw(/listening on port (\d+)/);
    const bob = start([...chatListening, '--peer', `127.0.0.1:${port}`], 'bob');
    bob.stdin.write('hi\u001b[2J from bob\n');
    await alice.saw(/bob: hi\\u\{1b\}\[2J from bob/);
    await alice.saw(/bob is here \(circle verified, TLSv1\.3/);
    alice.stdin.write('ahoj\n/nonsense\n');
    await bob.saw(/alice: ahoj/);
    await alice.saw(/is no command/);
    bob.stdin.end('the last word\n');
    expect(await bob.result).toMatchObject({ exitCode: 0, stdout: 'alice: ahoj\n' });
    await alice.saw(/bob: the last word/);
    alice.stdin.write('/quit\n');
    expect((await alice.result).exitCode).toBe(0);
  });

  it('sends a file by /send and says where it is', async () => {
    const alice = start(chatListening, 'alice');
    const port = await alice.saw(/listening on port (\d+)/);
    await writeFile(join(folder, 'note.txt'), 'the tide is at nine');
    const bob = start([...chatListening, '--peer', `127.0.0.1:${port}`], 'bob');
    bob.stdin.end(`/send ${join(folder, 'note.txt')}\n`);
    expect((await bob.result).exitCode).toBe(0);
    const path = await alice.saw(/bob sent note\.txt: (\S+)/);
    expect(await readFile(path, 'utf8')).toBe('the tide is at nine');
  });

  it('takes no line that is longer than any text could be, and keeps none', async () => {
    const alice = start(chatListening, 'alice');
    await alice.saw(/listening on port/);
    for (let count = 0; count < 3; count += 1) alice.stdin.write(Buffer.alloc(512 * 1024));
    const { exitCode, stderr } = await alice.result;
    expect(exitCode).toBe(2);
    expect(stderr).toMatch(/a line of the input is longer than 1048576 octets/);
  });

  it('takes many lines that are longer than that in all', async () => {
    const alice = start(chatListening, 'alice');
    await alice.saw(/listening on port/);
    for (let count = 0; count < 100; count += 1) alice.stdin.write(`${'x'.repeat(20_000)}\n`);
    alice.stdin.write('/quit\n');
    expect((await alice.result).exitCode).toBe(0);
  });

  it('writes JSON lines', async () => {
    const alice = start([...chatListening, '--json'], 'alice');
    expect(await alice.saw(/\{"event":"listening".*"port":\d+.*\}/)).toContain('"at":');
  });

  it('exits with 6 when nobody came in time', async () => {
    const bob = start([...chatListening, '--peer', '127.0.0.1:1', '--timeout', '1'], 'bob');
    bob.stdin.end('anybody?\n');
    const { exitCode, stderr } = await bob.result;
    expect(exitCode).toBe(6);
    expect(stderr).toMatch(/nobody listens there/);
    // Nothing says which member is meant, so there is no outbox for it.
    expect(stderr).toMatch(/What was typed is not kept/);
  });

  it('exits with 3 and names enroll where there is no identity', async () => {
    const { exitCode, stderr } = await runCommand(['chat'], { home: join(folder, 'nobody') });
    expect(exitCode).toBe(3);
    expect(stderr).toMatch(/enroll/);
  });

  it('exits with 2 for an impossible WHO or place to listen', async () => {
    for (const argv of [
      [...chatListening, '--peer', 'a b'],
      ['chat', '--listen', 'no:port'],
    ]) {
      expect((await runCommand(argv, { home: join(folder, 'bob') })).exitCode).toBe(2);
    }
  });
});

describe('send and listen', () => {
  it('deliver a text and files, and say so on both sides', async () => {
    const inbox = join(folder, 'inbox');
    const alice = start(['listen', '--save', inbox, '--listen', '127.0.0.1:0', '--json'], 'alice');
    const port = await alice.saw(/"port":(\d+)/);
    await writeFile(join(folder, 'a.txt'), 'a');
    await writeFile(join(folder, 'b.txt'), 'b');
    const files = ['--file', join(folder, 'a.txt'), '--file', join(folder, 'b.txt')];
    const sent = await runCommand(['send', `127.0.0.1:${port}`, 'two files', ...files, '--json'], {
      home: join(folder, 'bob'),
    });
    expect(sent.exitCode).toBe(0);
    expect(sent.json()).toMatchObject({ member: 'alice', files: [{ name: 'a.txt', sizeBytes: 1 }, { name: 'b.txt' }] });
    await alice.saw(/"event":"message".*"text":"two files"/);
    expect(await readFile(join(inbox, 'b.txt'), 'utf8')).toBe('b');
    alice.stop();
    expect((await alice.result).exitCode).toBe(0);
  });

  it('exit with 6 when nobody is there, 3 for a file that is not there, 2 for nothing to send', async () => {
    const world = { home: join(folder, 'bob') };
    expect((await runCommand(['send', '127.0.0.1:1', 'x', '--timeout', '1'], world)).exitCode).toBe(6);
    expect((await runCommand(['send', '127.0.0.1:1', '--file', join(folder, 'none')], world)).exitCode).toBe(3);
    expect((await runCommand(['send', '127.0.0.1:1'], world)).exitCode).toBe(2);
  });

  it('says at once that one is oneself, instead of waiting for an answer', async () => {
    const { exitCode, stderr } = await runCommand(['send', 'bob', 'x'], { home: join(folder, 'bob') });
    expect(exitCode).toBe(6);
    expect(stderr).toMatch(/^Error: you are bob yourself.*\n$/);
  });

  it('refuses a folder for files that cannot be one before anybody sends', async () => {
    const place = join(folder, 'not-a-folder');
    await writeFile(place, '');
    const { exitCode, stderr } = await runCommand(['listen', '--save', join(place, 'inbox')], {
      home: join(folder, 'bob'),
      signal: AbortSignal.timeout(2_000),
    });
    expect(stderr).toMatch(/^Error: cannot write ".*inbox" \(ENOTDIR\)\. .*choose another place\n$/);
    expect(exitCode).toBe(1);
  });

  it('names the port that is in use, with 6', async () => {
    const alice = start(['listen', '--save', folder, '--listen', '127.0.0.1:0'], 'alice');
    const port = await alice.saw(/listening on port (\d+)/);
    const other = await runCommand(['listen', '--save', folder, '--listen', `127.0.0.1:${port}`], {
      home: join(folder, 'bob'),
    });
    expect(other.exitCode).toBe(6);
    expect(other.stderr).toContain(port);
  });
});
