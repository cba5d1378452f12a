/** The four commands a newcomer is told, exactly as written, between hosts with addresses of their own. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { TestNetwork } from '../helpers/network.js';
import { Program, runProgram } from '../helpers/program.js';
import { describeWith } from '../helpers/require-program.js';

describeWith('ip', 'the four commands between two hosts', () => {
  let folder: string;
  let network: TestNetwork;
  const running: Program[] = [];

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'qtchat-card-'));
    network = new TestNetwork();
  });

  afterEach(async () => {
    for (const program of running.splice(0)) await program.stop('SIGKILL');
    network.remove();
    await rm(folder, { recursive: true, force: true });
  });

  function start(argv: string[], world: { home: string; namespace: string }): Program {
    const program = new Program(argv, { ...world, env: environment(), cwd: folder });
    running.push(program);
    return program;
  }

  function environment(): Record<string, string> {
    return { QTCHAT_CA_PASSWORD_FILE: join(folder, 'ca-password') };
  }

  /** The host makes the circle and serves it; the guest joins. Both are then ready to chat. */
  async function makeCircle(host: { home: string; namespace: string }, guest: { home: string; namespace: string }) {
    await writeFile(join(folder, 'ca-password'), 'correct horse battery staple\n', { mode: 0o600 });
    const atHost = { ...host, env: environment(), cwd: folder };
    expect(await runProgram(['ca', 'init'], atHost)).toMatchObject({ exitCode: 0 });
    expect(await runProgram(['cert', 'issue', '--ip', '192.168.1.100'], atHost)).toMatchObject({ exitCode: 0 });
    const server = start(['autoca', 'serve'], host);
    await server.waitFor(/17592/);
    const invite = await runProgram(['autoca', 'invite', 'bob'], atHost);
    expect(invite).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(/^qtchat1-\S+\n$/) });
    const joined = await runProgram(['enroll', '-'], { ...guest, cwd: folder, stdin: invite.stdout });
    expect(joined).toMatchObject({ exitCode: 0 });
    expect(await server.stop()).toBe(0);
  }

  async function converse(first: Program, second: Program): Promise<void> {
    first.type('Ahoj from the first');
    await second.waitFor(/Ahoj from the first/);
    second.type('Grüße from the second');
    await first.waitFor(/Grüße from the second/);
    first.type('/quit');
    expect(await first.ended()).toBe(0);
    second.endInput();
    expect(await second.ended()).toBe(0);
  }

  const chat = ['chat', '--peer', '192.168.1.100'];

  it.each(['the host', 'the guest'])('joins and chats over a cable when %s starts first', async (whoStarts) => {
    const [a, b] = network.pair('192.168.1.100', '192.168.1.101');
    const host = { home: join(folder, 'host'), namespace: a };
    const guest = { home: join(folder, 'guest'), namespace: b };
    await makeCircle(host, guest);

    const [first, second] = whoStarts === 'the host' ? [host, guest] : [guest, host];
    const firstChat = start(chat, first);
    await firstChat.waitFor(/17590/);
    await converse(firstChat, start(chat, second));
  });

  it.each(['the host', 'the guest'])('joins and chats on one machine when %s starts first', async (whoStarts) => {
    const namespace = network.single('192.168.1.100');
    const host = { home: join(folder, 'host'), namespace };
    const guest = { home: join(folder, 'guest'), namespace };
    await makeCircle(host, guest);

    const [first, second] = whoStarts === 'the host' ? [host, guest] : [guest, host];
    const firstChat = start(chat, first);
    await firstChat.waitFor(/17590/);
    const secondChat = start(chat, second);
    await secondChat.waitFor(/17591/);
    await converse(firstChat, secondChat);
  });
});
