/** `chat --web` as a command: the link, the first run, the window beside other faces, and the end. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type Home, speakAs } from '../../src/store/home.js';
import { loadIdentity, saveIdentity } from '../../src/store/identities.js';
import { makeCircle } from '../helpers/certificates.js';
import { makeCaHome } from '../helpers/enrollment.js';
import { makeIdentity } from '../helpers/identity.js';
import { runCommand } from '../helpers/run-command.js';
import { type RunningCommand, RunningCommands } from '../helpers/running-command.js';
import { Serving } from '../helpers/serving.js';
import { ask, WindowClient } from '../helpers/window-client.js';

const running = new RunningCommands();
const clients: WindowClient[] = [];
let home: string;

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'qtchat-web-'));
});

afterEach(async () => {
  for (const client of clients.splice(0)) client.close();
  await running.end();
  await rm(home, { recursive: true, force: true });
});

const web = ['chat', '--web', '--no-open', '--listen', '127.0.0.1:0'];
const link = /http:\/\/127\.0\.0\.1:\d+\/\?token=[\w-]{43}/;

async function enter(url: string): Promise<WindowClient> {
  const client = await (await WindowClient.enter(url)).open();
  clients.push(client);
  return client;
}

/** Makes the home that of alice. */
async function asAlice(): Promise<void> {
  await saveIdentity({ folder: home }, await makeIdentity(await makeCircle(), { member: 'alice' }), { replace: false });
  await speakAs({ folder: home }, 'alice');
}

describe('chat --web without a terminal', () => {
  it('prints one link and nothing else, runs though its input has ended, and ends with the signal', async () => {
    await asAlice();
    const chat = running.start(web, home);
    chat.stdin.end();
    const client = await enter(await chat.saw(link));
    expect(await client.event('hello')).toMatchObject({
      self: { member: 'alice' },
      contacts: [],
      files: [],
      call: null,
    });
    chat.stop();
    const { exitCode, stdout } = await chat.result;
    expect(exitCode).toBe(0);
    expect(stdout.trim().split('\n')).toHaveLength(1);
    await expect(ask(client.origin, '/')).rejects.toThrow('ECONNREFUSED');
  });

  it('lets whoever has no identity join by an invite, and goes on as that member', async () => {
    const host: Home = await makeCaHome();
    const serving = new Serving(host);
    try {
      await serving.event('listening');
      const { invite } = (await runCommand(['autoca', 'invite', 'bob', '--json'], { home: host.folder })).json();
      const chat = running.start(web, home);
      const client = await enter(await chat.saw(link));
      expect(await client.event('hello')).toMatchObject({ self: null, contacts: [] });
      expect(await client.answer('contacts')).toMatchObject({ event: 'error', code: 'ERR_USAGE' });
      expect(await client.answer('join', { invite: 'qtchat1-nonsense' })).toMatchObject({
        event: 'error',
        code: 'ERR_ENROLL_INVITE_INVALID',
      });
      await client.done('join', { invite });
      await client.event('notice', ({ text }) => String(text).startsWith('You are now bob of circle'));
      expect(await client.event('hello', ({ self }) => self !== null)).toMatchObject({ self: { member: 'bob' } });
      expect((await loadIdentity({ folder: home })).member).toBe('bob');
      expect(await client.answer('join', { invite })).toMatchObject({ event: 'error', code: 'ERR_STORE_EXISTS' });
      chat.stop();
      expect(await chat.result).toMatchObject({ exitCode: 0 });
    } finally {
      await serving.stop();
      await rm(host.folder, { recursive: true, force: true });
    }
  });

  it('ends with the signal also before anybody has joined', async () => {
    const chat = running.start(web, home);
    await enter(await chat.saw(link));
    chat.stop();
    expect(await chat.result).toMatchObject({ exitCode: 0, stderr: '' });
  });
});

describe('chat --web beside another face', () => {
  /** The next line of JSON with that event. */
  const line = async (chat: RunningCommand, event: string): Promise<Record<string, unknown>> =>
    JSON.parse(await chat.saw(new RegExp(`^(\\{"event":"${event}".*\\})$`, 'm'))) as Record<string, unknown>;

  it('says the link as a line of JSON, and ends as that face does', async () => {
    await asAlice();
    const chat = running.start([...web, '--json'], home);
    const client = await enter(String((await line(chat, 'window')).url));
    await client.event('hello');
    chat.type('{"command":"quit"}');
    expect(await chat.result).toMatchObject({ exitCode: 0 });
  });

  it('tells both of what is done in either', async () => {
    const circle = await makeCircle();
    for (const member of ['alice', 'bob']) {
      const folder = join(home, member);
      await saveIdentity({ folder }, await makeIdentity(circle, { member, ips: ['127.0.0.1'] }), { replace: false });
      await speakAs({ folder }, member);
    }
    const bob = running.start(['chat', '--json', '--listen', '127.0.0.1:0'], join(home, 'bob'));
    const { port } = await line(bob, 'listening');
    const alice = running.start([...web, '--json', '--peer', `127.0.0.1:${port}`], join(home, 'alice'));
    const one = await enter(String((await line(alice, 'window')).url));
    await line(alice, 'connected');
    const two = await one.anotherTab();
    clients.push(two);
    await two.event('hello');
    const { id } = await one.done('send', { text: 'from a tab' });
    for (const told of [await one.event('outgoing'), await two.event('outgoing'), await line(alice, 'outgoing')]) {
      expect(told).toMatchObject({ member: 'bob', id, text: 'from a tab' });
    }
    expect(await line(bob, 'message')).toMatchObject({ text: 'from a tab' });
    await one.done('edit', { id, text: 'changed' });
    expect(await two.event('outgoingChange')).toMatchObject({ member: 'bob', id, kind: 'edit', text: 'changed' });
    bob.type('{"command":"send","text":"an answer"}');
    const answer = await two.event('message');
    expect(await one.done('contacts')).toMatchObject({ contacts: [{ member: 'bob', unread: 1, isHere: true }] });
    await one.done('read', { id: answer.id });
    expect(await two.event('contact', ({ unread }) => unread === 0)).toMatchObject({ member: 'bob', standing: 'good' });
    await line(bob, 'read');
  });

  it('needs the window for --no-open', async () => {
    const { exitCode } = await runCommand(['chat', '--no-open'], { home });
    expect(exitCode).toBe(2);
  });
});
