/** One member may not fill our disk, nor our evening; others are not disturbed by it. */
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { deliver } from '../../src/conversation/deliver.js';
import type { ConversationOptions } from '../../src/conversation/options.js';
import { speakAs } from '../../src/store/home.js';
import { type Identity, saveIdentity } from '../../src/store/identities.js';
import { makeCircle } from '../helpers/certificates.js';
import { Meeting, type TestConversation } from '../helpers/conversations.js';
import { makeIdentity } from '../helpers/identity.js';
import { ManualTimers } from '../helpers/manual-timers.js';
import { makeOffer, RogueMember } from '../helpers/rogue-files.js';
import { runCommand } from '../helpers/run-command.js';
import { RunningCommands } from '../helpers/running-command.js';

const dayMs = 86_400_000;
const meeting = new Meeting();
const commands = new RunningCommands();
let alice: Identity;
let bob: Identity;
let carol: Identity;

beforeAll(async () => {
  const circle = await makeCircle();
  alice = await makeIdentity(circle, { member: 'alice', ips: ['127.0.0.1'] });
  bob = await makeIdentity(circle, { member: 'bob' });
  carol = await makeIdentity(circle, { member: 'carol' });
});
afterEach(async () => {
  await commands.end();
  await meeting.end();
});

async function openAlice(options: Partial<ConversationOptions>): Promise<TestConversation> {
  return (await meeting.at('a')).open(alice, options);
}

async function openGuest(identity: Identity, who: string, options: Partial<ConversationOptions> = {}) {
  const guest = await (await meeting.at(identity.member)).open(identity, { who, ...options });
  await guest.event('connected');
  return guest;
}

async function offer(from: TestConversation, name: string, sizeBytes: number): Promise<void> {
  const path = join(from.home, name);
  await writeFile(path, Buffer.alloc(sizeBytes, name));
  await from.door.files.send('alice', path);
}

const arrivedAt = async ({ home }: TestConversation) => (await readdir(join(home, 'downloads'))).sort();

describe('files of one member', () => {
  it('are declined beyond what it may send in a day, and both sides hear why', async () => {
    const a = await openAlice({ quota: { bytes: 1000 } });
    const b = await openGuest(bob, a.who);
    const c = await openGuest(carol, a.who);
    await offer(b, 'first', 700);
    await a.event('fileDone');
    await offer(b, 'second', 301);
    const declined = { type: 'fileDeclined', reason: 'quota', file: { name: 'second' } };
    expect(await a.event('fileDeclined')).toMatchObject({ ...declined, member: 'bob' });
    expect(await b.event('fileDeclined')).toMatchObject({ ...declined, member: 'alice' });
    await offer(b, 'third', 300);
    await a.event('fileDone', ({ file }) => file.name === 'third');
    await offer(c, 'hers', 900);
    await a.event('fileDone', ({ file }) => file.name === 'hers');
    expect(await arrivedAt(a)).toEqual(['first', 'hers', 'third']);
  });

  it('are taken again on the next day', async () => {
    let now = Date.now();
    const a = await openAlice({ quota: { files: 1 }, clock: () => new Date(now) });
    const b = await openGuest(bob, a.who);
    await offer(b, 'first', 1);
    await a.event('fileDone');
    await offer(b, 'second', 1);
    await b.event('fileDeclined');
    now += dayMs;
    await offer(b, 'third', 1);
    await a.event('fileDone', ({ file }) => file.name === 'third');
  });

  it('do not count where somebody here has agreed to them', async () => {
    const a = await openAlice({ quota: { bytes: 0 }, decideOffer: () => 'ask' });
    const b = await openGuest(bob, a.who);
    await offer(b, 'wanted', 500);
    const { file } = await a.event('fileOffered');
    a.door.files.answer('accept', file.id);
    await a.event('fileDone');
  });
});

describe('offers of one member', () => {
  it('that are declined count as messages, and do not fill the screen or a log for ever', async () => {
    const a = await openAlice({ quota: { messages: 3 }, decideOffer: () => 'too-large' });
    const rogue = new RogueMember(a.door.listeningPort ?? 0, bob);
    try {
      for (let count = 0; count < 20; count += 1) rogue.say((await makeOffer('film', Buffer.from('x'))).offer);
      expect((await a.event('refused')).error.code).toBe('ERR_PEER_QUOTA');
      expect((await rogue.hears('bye')).reason).toBe('quota');
    } finally {
      rogue.end();
    }
    expect(a.events.filter(({ type }) => type === 'fileDeclined')).toHaveLength(3);
  });
});

describe('pauses of one member', () => {
  it('count as messages too, since each is told', async () => {
    const a = await openAlice({ quota: { messages: 5 } });
    const rogue = new RogueMember(a.door.listeningPort ?? 0, bob);
    try {
      const { offer } = await makeOffer('film', Buffer.from('x'));
      rogue.say(offer);
      for (let count = 0; count < 20; count += 1) {
        rogue.say({ type: count % 2 === 0 ? 'file-pause' : 'file-resume', id: offer.id });
      }
      expect((await rogue.hears('bye')).reason).toBe('quota');
    } finally {
      rogue.end();
    }
    expect(a.events.filter(({ type }) => type === 'filePaused' || type === 'fileResumed')).toHaveLength(4);
  });

  it('do not make room for any number of its files', async () => {
    const a = await openAlice({});
    const rogue = new RogueMember(a.door.listeningPort ?? 0, bob);
    try {
      const { offer } = await makeOffer('film', Buffer.from('x'));
      for (let count = 0; count < 40; count += 1) {
        const id = count.toString(16).padStart(32, '0');
        rogue.say({ ...offer, id, sizeBytes: 50_000_000 });
        rogue.say({ type: 'file-pause', id });
      }
      rogue.say({ type: 'ping' });
      await rogue.hears('pong');
      expect(rogue.heard.filter(({ type }) => type === 'file-accept')).toHaveLength(8);
    } finally {
      rogue.end();
    }
  });
});

describe('messages of one member', () => {
  it('are taken no more beyond what it may send in a day, and wait with it until the next', async () => {
    let now = Date.now();
    const a = await openAlice({ quota: { messages: 2 }, clock: () => new Date(now) });
    const time = new ManualTimers();
    const b = await openGuest(bob, a.who, { timers: time });
    const c = await openGuest(carol, a.who);
    for (const text of ['one', 'two']) {
      await b.door.messages.send('alice', text);
      await a.event('message', (event) => event.text === text);
    }
    await b.door.messages.send('alice', 'three');
    expect(await a.event('refused')).toMatchObject({
      error: { code: 'ERR_PEER_QUOTA', message: '"bob" has sent as much as one may in a day' },
    });
    expect(await b.event('disconnected')).toMatchObject({ reason: 'takes no more messages from us today' });
    expect(await b.door.countPending('alice')).toBe(1);
    // It does not come back at once, to hear the same.
    expect((await time.whenArmed((delayMs) => delayMs > 60_000)).delayMs).toBeLessThanOrEqual(600_000);
    expect(b.events.filter(({ type }) => type === 'connected')).toHaveLength(1);
    await c.door.messages.send('alice', 'hers');
    await a.event('message', ({ text }) => text === 'hers');
    now += dayMs;
    time.pass(600_000);
    await a.event('message', ({ text }) => text === 'three');
    expect(a.events.filter((event) => event.type === 'message').map(({ text }) => text)).toEqual([
      'one',
      'two',
      'hers',
      'three',
    ]);
  });

  it('are refused before any of what comes together is stored', async () => {
    const a = await openAlice({ quota: { bytes: 10 } });
    const b = await openGuest(bob, a.who);
    await Promise.all(Array.from({ length: 20 }, (_, index) => b.door.messages.send('alice', `text ${index}`)));
    await a.event('refused');
    await b.event('disconnected');
    expect(a.events.filter(({ type }) => type === 'message').length).toBeLessThanOrEqual(1);
  });

  it('end what only wants to deliver them', async () => {
    const a = await openAlice({ quota: { messages: 0 } });
    const { home } = await meeting.at('bob');
    const delivery = deliver(
      { who: a.who, text: 'too much', files: [], timeoutMs: 60_000 },
      {
        ...{ home: { folder: home }, identity: bob, clock: () => new Date(), downloads: home, onEvent: () => {} },
        ...{ random: (size) => Buffer.alloc(size, 7), signal: new AbortController().signal },
      },
    );
    await expect(delivery).rejects.toMatchObject({ code: 'ERR_PEER_QUOTA', exitCode: 7 });
  });
});

describe('qtchat listen --quota', () => {
  it('says how much it takes, and send ends with 7 beyond', async () => {
    const [a, b] = [(await meeting.at('a')).home, (await meeting.at('bob')).home];
    for (const [home, identity] of [
      [a, alice],
      [b, bob],
    ] as const) {
      await saveIdentity({ folder: home }, identity, { replace: false });
      await speakAs({ folder: home }, identity.member);
    }
    const argv = ['listen', '--save', join(a, 'inbox'), '--listen', '127.0.0.1:0', '--quota', '1kB'];
    const listening = commands.start(argv, a);
    const at = `127.0.0.1:${await listening.saw(/listening on port (\d+)/)}`;
    const path = join(b, 'large');
    await writeFile(path, Buffer.alloc(1001));
    const sent = await runCommand(['send', at, '--file', path], { home: b });
    expect(sent).toMatchObject({ exitCode: 7, stdout: '' });
    expect(sent.stderr).toMatch(/"large": alice takes no more files from us today/);
    await listening.saw(/^declined large from bob \(it has sent as much as one may in a day\)$/m);
  });

  it('takes sizes alone', async () => {
    const { home } = await meeting.at('a');
    await saveIdentity({ folder: home }, alice, { replace: false });
    await speakAs({ folder: home }, 'alice');
    const result = await runCommand(['listen', '--save', join(home, 'inbox'), '--quota', 'much'], { home });
    expect(result).toMatchObject({ exitCode: 2, stdout: '' });
    expect(result.stderr).toMatch(/--quota "much" is no size/);
  });
});
