/** What openssl's own client gets from a chat port: nothing, unless it is a member that speaks our protocol. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { Program, runProgram } from '../helpers/program.js';
import { describeWith } from '../helpers/require-program.js';

// The hello is CBOR, whose field names can be read.
const hello = /capabilities/;

describeWith('openssl', 'a chat port, seen by openssl s_client', () => {
  let folder: string;
  let port: string;
  let chat: Program;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'qtchat-chat-port-'));
    await qtchat('home', ['ca', 'init', '--no-password']);
    await qtchat('home', ['cert', 'issue', 'alice', '--me']);
    await qtchat('home', ['cert', 'issue', 'bob', '--out', folder]);
    await qtchat('rogue', ['ca', 'init', '--no-password']);
    await qtchat('rogue', ['cert', 'issue', 'bob', '--out', join(folder, 'rogue')]);
    chat = new Program(['chat', '--listen', '127.0.0.1:0', '--json'], { home: join(folder, 'home'), cwd: folder });
    const [, found] = await chat.waitFor(/"event":"listening".*?"port":(\d+)/);
    port = found as string;
  });

  afterAll(async () => {
    await chat.stop('SIGKILL');
    await rm(folder, { recursive: true, force: true });
  });

  async function qtchat(home: string, argv: string[]): Promise<void> {
    expect(await runProgram(argv, { home: join(folder, home), cwd: folder })).toMatchObject({ exitCode: 0 });
  }

  /** Connects, waits until the far side closes or a hello arrives, and returns all that was seen. */
  async function sClient(...options: string[]): Promise<string> {
    const child = spawn('openssl', ['s_client', '-connect', `127.0.0.1:${port}`, ...options], { cwd: folder });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk: Buffer) => {
        output += chunk.toString('latin1');
        if (hello.test(output)) child.stdin.end();
      });
    }
    await once(child, 'close');
    return output;
  }

  const member = ['-cert', 'bob.pem', '-key', 'bob.key'];
  const protocol = ['-alpn', 'qtchat/1'];

  it.each([
    ['without a certificate', [...protocol], /alert certificate required/, /no certificate|did not show/],
    [
      'with the same name under another CA',
      ['-cert', 'rogue/bob.pem', '-key', 'rogue/bob.key', ...protocol],
      /unexpected eof/,
      /another circle/,
    ],
    ['with TLS 1.2', [...member, ...protocol, '-tls1_2'], /alert protocol version/, /TLS/],
    [
      'with another protocol in ALPN',
      [...member, '-alpn', 'http/1.1'],
      /alert no application protocol/,
      /ALPN|protocol/,
    ],
    ['without ALPN', [...member], /closed|read:errno|New, TLSv1\.3/, /ALPN/],
  ])('refuses a client %s, tells it nothing, and says why', async (_what, options, seen, logged) => {
    const before = chat.stdout.length;
    const output = await sClient(...options);
    expect(output).toMatch(seen);
    expect(output).not.toMatch(hello);
    await chat.waitFor(new RegExp(`^[^]{${before},}"event":"refused".*${logged.source}`));
  });

  it('says hello to a member', async () => {
    expect(await sClient(...member, ...protocol)).toMatch(hello);
  });

  it('never takes a session up again, though openssl offers the one it had', async () => {
    const session = join(folder, 'session.pem');
    expect(await sClient(...member, ...protocol, '-sess_out', session)).toMatch(/New, TLSv1\.3/);
    const again = await sClient(...member, ...protocol, '-sess_in', session);
    expect(again).toMatch(/New, TLSv1\.3/);
    expect(again).not.toMatch(/Reused/);
  });
});
