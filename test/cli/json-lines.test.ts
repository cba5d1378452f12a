/** `chat --json`: a whole conversation between two programs, and what a program gets for what it may not say. */
import { mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { speakAs } from '../../src/store/home.js';
import { type Identity, saveIdentity } from '../../src/store/identities.js';
import { makeCircle } from '../helpers/certificates.js';
import { FakeSound } from '../helpers/fake-media.js';
import { makeIdentity } from '../helpers/identity.js';
import { type RunningCommand, RunningCommands } from '../helpers/running-command.js';

const commands = new RunningCommands();
const identities = new Map<string, Identity>();
let folder: string;
let refs = 0;

beforeAll(async () => {
  const circle = await makeCircle();
  for (const member of ['alice', 'bob']) {
    identities.set(member, await makeIdentity(circle, { member, ips: ['127.0.0.1'] }));
  }
});

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'qtchat-jsonl-'));
  for (const [member, identity] of identities) {
    await saveIdentity({ folder: join(folder, member) }, identity, { replace: false });
    await speakAs({ folder: join(folder, member) }, member);
  }
});

afterEach(async () => {
  await commands.end();
  await rm(folder, { recursive: true, force: true });
});

const chat = (member: string, ...argv: string[]): RunningCommand =>
  commands.start(['chat', '--json', '--listen', '127.0.0.1:0', ...argv], join(folder, member));

type Line = Record<string, unknown>;

/** The first event of that kind whose line also holds `having`. */
async function saw(at: RunningCommand, event: string, having = ''): Promise<Line> {
  const escaped = having.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  return JSON.parse(await at.saw(new RegExp(`^\\{"event":"${event}",.*${escaped}.*\\}$`, 'm'))) as Line;
}

/** Gives a command; its answer. */
async function ask(at: RunningCommand, command: Line): Promise<Line> {
  refs += 1;
  at.type(JSON.stringify({ ...command, ref: `r${refs}` }));
  return JSON.parse(await at.saw(new RegExp(`^\\{"event":"(?:done|error)",.*"ref":"r${refs}".*\\}$`, 'm'))) as Line;
}

async function meet(): Promise<{ alice: RunningCommand; bob: RunningCommand }> {
  const alice = chat('alice');
  const { port } = await saw(alice, 'listening');
  const bob = chat('bob', '--peer', `127.0.0.1:${port}`);
  await saw(alice, 'connected');
  await saw(bob, 'connected');
  return { alice, bob };
}

describe('chat --json', () => {
  it('takes many texts at once, answers and sends them in order, and whatever comes behind them after them', async () => {
    const { alice, bob } = await meet();
    const texts = Array.from({ length: 300 }, (_, index) => `text ${index}`);
    for (const text of texts) bob.type(JSON.stringify({ command: 'send', text, ref: text }));
    bob.type('{"command":"history","limit":1,"ref":"behind"}');
    bob.type('not JSON');
    await saw(bob, 'error');
    const said = await bob.saw(/^[\s\S]*$/);
    const answers = said.split('\n').flatMap((line) => {
      const { event, ref, messages } = line === '' ? ({} as Line) : (JSON.parse(line) as Line);
      return event === 'done' || event === 'error' ? [[ref, (messages as Line[] | undefined)?.[0]?.text]] : [];
    });
    expect(answers).toEqual([...texts.map((text) => [text, undefined]), ['behind', 'text 299'], [null, undefined]]);
    await saw(alice, 'message', '"text":"text 299"');
    const heard = [...(await alice.saw(/^[\s\S]*$/)).matchAll(/"text":"(text \d+)"/g)].map(([, text]) => text);
    expect(heard).toEqual(texts);
  });

  it('carries a whole conversation', async () => {
    const { alice, bob } = await meet();
    const { id } = await ask(bob, { command: 'send', text: 'teh\ntide?' });
    expect(await saw(alice, 'message')).toMatchObject({
      member: 'bob',
      id,
      text: 'teh\ntide?',
      at: expect.any(String),
    });
    expect(await saw(bob, 'sent')).toMatchObject({ member: 'alice', id });
    expect(await saw(bob, 'delivered')).toMatchObject({ member: 'alice', id });
    await ask(alice, { command: 'read', id });
    expect(await saw(bob, 'read')).toMatchObject({ member: 'alice', id });
    await ask(bob, { command: 'edit', id, text: 'the tide?' });
    expect(await saw(alice, 'edited')).toMatchObject({ member: 'bob', id, text: 'the tide?' });
    await ask(alice, { command: 'typing', member: 'bob' });
    expect(await saw(bob, 'typing')).toMatchObject({ member: 'alice' });
    const answer = await ask(alice, {
      command: 'send',
      member: 'bob',
      text: 'at nine',
      replyTo: String(id).slice(0, 8),
    });
    expect(await saw(bob, 'message')).toMatchObject({ id: answer.id, text: 'at nine', replyTo: id });
    await ask(bob, { command: 'react', id: answer.id, emoji: '👍' });
    expect(await saw(alice, 'reaction')).toMatchObject({ id: answer.id, emoji: '👍' });
    await ask(bob, { command: 'delete', id });
    expect(await saw(alice, 'deleted')).toMatchObject({ id });
    expect(await ask(alice, { command: 'history' })).toMatchObject({
      event: 'done',
      command: 'history',
      member: 'bob',
      messages: [
        { id, from: 'bob', direction: 'in', text: null },
        { id: answer.id, from: 'alice', direction: 'out', replyTo: id, reactions: [{ from: 'bob', emoji: '👍' }] },
      ],
    });
    await writeFile(join(folder, 'tides.txt'), 'nine');
    await ask(bob, { command: 'file', path: join(folder, 'tides.txt') });
    const { path } = await saw(alice, 'fileDone');
    expect(await readFile(String(path), 'utf8')).toBe('nine');
    bob.type('{"command":"quit"}');
    expect((await bob.result).exitCode).toBe(0);
    await saw(alice, 'disconnected');
  });

  it('carries calls', async () => {
    const sound = new FakeSound();
    const world = { openMedia: sound.open() };
    const listen = ['chat', '--json', '--listen', '127.0.0.1:0'];
    await writeFile(join(folder, 'alice', 'settings.json'), '{"noiseSuppression": true}');
    const alice = commands.start(listen, join(folder, 'alice'), world);
    const { port } = await saw(alice, 'listening');
    const bob = commands.start([...listen, '--peer', `127.0.0.1:${port}`], join(folder, 'bob'), world);
    await Promise.all([saw(alice, 'connected'), saw(bob, 'connected')]);
    const { id } = await ask(bob, { command: 'call' });
    expect(await saw(alice, 'callRinging')).toMatchObject({ member: 'bob', id, direction: 'in' });
    await saw(bob, 'callRinging');
    expect(await ask(alice, { command: 'answer' })).toMatchObject({ event: 'done' });
    expect(await saw(bob, 'callConnected')).toMatchObject({ member: 'alice', id, direction: 'out', resumed: false });
    // Bob, who calls, has opened his first.
    expect(sound.all.map(({ noiseSuppression }) => noiseSuppression)).toEqual([false, true]);
    await ask(alice, { command: 'mute', isOn: true });
    expect(sound.all.some(({ isMuted }) => isMuted)).toBe(true);
    const stats = { lossPercent: 1, concealedPercent: 0.5, roundTripMs: 20, jitterMs: 3, kbps: 50 };
    for (const media of sound.all) media.emit({ type: 'stats', ...stats });
    expect(await saw(bob, 'callStats')).toMatchObject({ member: 'alice', id, ...stats });
    expect(await ask(alice, { command: 'devices', input: 'Headset' })).toMatchObject({
      input: 'Headset',
      output: null,
    });
    expect(sound.all.filter(({ devices }) => devices.input === 'Headset')).toHaveLength(1);
    await ask(alice, { command: 'devices', output: 'Room' });
    expect(await ask(alice, { command: 'devices', input: null })).toMatchObject({ input: null, output: 'Room' });
    expect(await ask(alice, { command: 'devices', input: '' })).toMatchObject({ event: 'error', code: 'ERR_USAGE' });
    await ask(bob, { command: 'hangup' });
    const end = await saw(alice, 'callEnded');
    expect(end).toMatchObject({ id, reason: 'hung-up', by: 'peer', missed: false, error: null });
    expect(await ask(alice, { command: 'history' })).toMatchObject({
      messages: [{ id, text: null, call: { reason: 'hung-up', durationMs: end.durationMs, missed: false } }],
    });
    expect(await ask(alice, { command: 'answer' })).toMatchObject({ event: 'error', code: 'ERR_USAGE' });
    expect(await ask(alice, { command: 'mute' })).toMatchObject({ event: 'error', code: 'ERR_USAGE' });
  });

  it('begins with the devices of its flags, else with those that were chosen before, and not muted: there is no key', async () => {
    const sound = new FakeSound();
    const world = { openMedia: sound.open() };
    const listen = ['chat', '--json', '--listen', '127.0.0.1:0'];
    const settings = { input: 'Webcam', output: 'Room', pushToTalk: true };
    await writeFile(join(folder, 'alice', 'settings.json'), JSON.stringify(settings));
    const alice = commands.start([...listen, '--input', 'Headset'], join(folder, 'alice'), world);
    expect(await ask(alice, { command: 'devices' })).toMatchObject({ input: 'Headset', output: 'Room' });
    const { port } = await saw(alice, 'listening');
    const bob = commands.start([...listen, '--peer', `127.0.0.1:${port}`], join(folder, 'bob'), world);
    await saw(bob, 'connected');
    await ask(bob, { command: 'call' });
    await saw(alice, 'callRinging');
    await ask(alice, { command: 'answer' });
    await saw(bob, 'callConnected');
    expect(sound.all.map(({ devices, isMuted }) => [devices.input, devices.output, isMuted])).toEqual([
      [undefined, undefined, false],
      ['Headset', 'Room', false],
    ]);
  });

  it('says why it cannot call', async () => {
    const { bob } = await meet();
    expect(await ask(bob, { command: 'call' })).toMatchObject({ event: 'error', code: 'ERR_CALL_LIBRARY' });
  });

  it('holds commands until it is known to whom, and ends when its input has ended and all is delivered', async () => {
    const alice = chat('alice');
    const { port } = await saw(alice, 'listening');
    const bob = chat('bob', '--peer', `127.0.0.1:${port}`);
    bob.stdin.end('{"command":"send","text":"one"}\n\n{"command":"send","text":"two"}\n');
    const { exitCode, stdout, stderr } = await bob.result;
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    for (const text of ['one', 'two']) await saw(alice, 'message', `"text":"${text}"`);
    const lines = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Line);
    expect(lines.filter(({ event }) => event === 'done')).toMatchObject([
      { command: 'send', ref: null, member: 'alice' },
      { command: 'send', ref: null, member: 'alice' },
    ]);
  });

  it('does not say that a message was read: that is up to the program', async () => {
    const { alice, bob } = await meet();
    await ask(bob, { command: 'send', text: 'hi' });
    await saw(alice, 'message');
    await ask(alice, { command: 'send', text: 'behind it' });
    await saw(bob, 'message');
    expect(await ask(bob, { command: 'history' })).toMatchObject({ messages: [{ state: 'delivered' }, {}] });
  });

  it.each<[string, string, string]>([
    ['is no JSON', 'send hi', 'ERR_USAGE'],
    ['is no object', '"send"', 'ERR_USAGE'],
    ['names no command', '{"text":"hi"}', 'ERR_USAGE'],
    ['names an unknown command', '{"command":"shell"}', 'ERR_USAGE'],
    ['names a command of the prototype of objects', '{"command":"constructor"}', 'ERR_USAGE'],
    ['lacks a field', '{"command":"send"}', 'ERR_USAGE'],
    ['has a field that nobody knows', '{"command":"send","text":"hi","to":"bob"}', 'ERR_USAGE'],
    ['has a field of the wrong type', '{"command":"send","text":5}', 'ERR_USAGE'],
    ['sends nothing', '{"command":"send","text":"","member":"alice"}', 'ERR_USAGE'],
    ['asks for too much', '{"command":"history","limit":201}', 'ERR_USAGE'],
    ['names a stranger', '{"command":"send","text":"hi","member":"carol"}', 'ERR_CONTACT_NOT_FOUND'],
    ['names a message that is not here', '{"command":"delete","id":"01234567"}', 'ERR_MESSAGE_NOT_FOUND'],
    ['takes a file that is not offered', '{"command":"accept"}', 'ERR_USAGE'],
    ['offers a file that is not there', '{"command":"file","path":"/nonexistent/x"}', 'ERR_STORE_NOT_FOUND'],
  ])('answers a line that %s by an error, and goes on', async (_, line, code) => {
    const { bob } = await meet();
    bob.type(line);
    expect(await saw(bob, 'error')).toMatchObject({ code, message: expect.any(String), ref: null });
    expect(await ask(bob, { command: 'send', text: 'still here' })).toMatchObject({ event: 'done', member: 'alice' });
  });

  it.each<[string, Line, string | null]>([
    ['names an unknown command', { command: 'shell' }, null],
    ['lacks a field', { command: 'send' }, 'send'],
    ['asks for too much', { command: 'history', limit: 201 }, 'history'],
  ])('names the command and its ref in the answer to a line that %s', async (_, line, command) => {
    const { bob } = await meet();
    expect(await ask(bob, line)).toMatchObject({ event: 'error', command, code: 'ERR_USAGE' });
  });

  it('is asked about a file that is too large to be taken by itself', async () => {
    const { alice, bob } = await meet();
    const path = join(folder, 'film.bin');
    await writeFile(path, '');
    await truncate(path, 100_000_001);
    await ask(bob, { command: 'file', path });
    const { id } = await saw(alice, 'fileOffered');
    expect(await ask(alice, { command: 'decline', id })).toMatchObject({ event: 'done' });
    expect(await saw(bob, 'fileDeclined')).toMatchObject({ reason: 'declined' });
  });

  it('refuses to change what the other wrote', async () => {
    const { alice, bob } = await meet();
    const { id } = await ask(bob, { command: 'send', text: 'mine' });
    await saw(alice, 'message');
    expect(await ask(alice, { command: 'edit', id, text: 'x' })).toMatchObject({
      event: 'error',
      command: 'edit',
      code: 'ERR_MESSAGE_NOT_YOURS',
    });
  });
});
