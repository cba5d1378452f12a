/** Messages in the plain chat: answered, edited, deleted, reacted to, and found again. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { speakAs } from '../../src/store/home.js';
import { type Identity, saveIdentity } from '../../src/store/identities.js';
import { makeCircle } from '../helpers/certificates.js';
import { makeIdentity } from '../helpers/identity.js';
import { runCommand } from '../helpers/run-command.js';
import { type RunningCommand, RunningCommands } from '../helpers/running-command.js';

const commands = new RunningCommands();
const identities = new Map<string, Identity>();
let folder: string;
let alice: RunningCommand;
let bob: RunningCommand;

beforeAll(async () => {
  const circle = await makeCircle();
  for (const member of ['alice', 'bob']) {
    identities.set(member, await makeIdentity(circle, { member, ips: ['127.0.0.1'] }));
  }
});

// Both are in a chat with each other.
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'qtchat-cli-'));
  for (const [member, identity] of identities) {
    await saveIdentity({ folder: join(folder, member) }, identity, { replace: false });
    await speakAs({ folder: join(folder, member) }, member);
  }
  const argv = ['chat', '--listen', '127.0.0.1:0'];
  alice = commands.start(argv, join(folder, 'alice'));
  const port = await alice.saw(/listening on port (\d+)/);
  bob = commands.start([...argv, '--peer', `127.0.0.1:${port}`], join(folder, 'bob'));
  await alice.saw(/bob is here/);
  await bob.saw(/alice is here/);
});

afterEach(async () => {
  await commands.end();
  await rm(folder, { recursive: true, force: true });
});

const history = async (member: string, peer: string) =>
  (await runCommand(['history', peer, '--json'], { home: join(folder, member) })).json() as {
    messages: { id: string; text: string | null; state: string; reactions: unknown[] }[];
  };

describe('in the plain chat', () => {
  it('/reply, /edit, /delete and /react mean the last message where no id is given', async () => {
    bob.type('teh tide?');
    await alice.saw(/bob: teh tide\?/);
    bob.type('/edit the tide?');
    await alice.saw(/bob \(edited\): the tide\?/);
    alice.type('/reply at nine');
    await bob.saw(/alice: \(to "the tide\?"\) at nine/);
    bob.type('/react 👍');
    await alice.saw(/bob reacts 👍 to "at nine"/);
    bob.type('/react -');
    await alice.saw(/bob took back a reaction to "at nine"/);
    bob.type('/delete');
    await alice.saw(/bob deleted a message/);
  });

  it('an id from /history names any message', async () => {
    for (const text of ['first', 'second']) bob.type(text);
    await alice.saw(/bob: second/);
    bob.type('/history');
    const id = await bob.saw(/([0-9a-f]{8}) \S+ +bob: first/);
    bob.type(`/edit ${id} the very first`);
    await alice.saw(/bob \(edited\): the very first/);
    alice.type(`/react ${id} 🎉`);
    await bob.saw(/alice reacts 🎉 to "the very first"/);
    bob.type(`/delete ${id}`);
    await alice.saw(/bob deleted a message/);
    expect((await history('bob', 'alice')).messages.map(({ text }) => text)).toEqual([null, 'second']);
  });

  it.each([
    ['/edit', /\/edit needs a text/],
    ['/edit x', /there is no message of yours that could be meant/],
    ['/delete', /there is no message of yours that could be meant/],
    ['/delete everything', /"everything" is no id of a message/],
    ['/reply', /\/reply needs a text/],
    ['/react', /\/react needs an emoji/],
    ['/react a b', /"a b" is no reaction/],
    ['/edit 01234567 x', /there is no message "01234567" here/],
    ['/reply 01234567 x', /there is no message "01234567" here/],
  ])('%s is refused, and nothing is sent', async (line, why) => {
    bob.type('hi');
    await alice.saw(/bob: hi/);
    alice.type(line);
    await alice.saw(why);
    expect((await history('alice', 'bob')).messages).toMatchObject([{ text: 'hi', reactions: [] }]);
  });

  it('nobody edits what the other wrote', async () => {
    bob.type('hi');
    await alice.saw(/bob: hi/);
    alice.type('/history');
    const id = await alice.saw(/([0-9a-f]{8}) +bob: hi/);
    for (const line of [`/edit ${id} ho`, `/delete ${id}`]) alice.type(line);
    await alice.saw(/is not yours.*\n.*is not yours/);
    expect((await history('bob', 'alice')).messages).toMatchObject([{ text: 'hi' }]);
  });

  it('what was shown is read, and the history of its author shows that', async () => {
    bob.type('seen?');
    await alice.saw(/bob: seen\?/);
    // What alice answers comes behind the word that she has seen it.
    alice.type('yes');
    await bob.saw(/alice: yes/);
    const { stdout } = await runCommand(['history', 'alice'], { home: join(folder, 'bob') });
    expect(stdout).toMatch(/ ✓✓ bob: seen\?\n/);
  });

  it('what peers put into changes is escaped', async () => {
    bob.type('/react x');
    await bob.saw(/there is no message of "alice" that could be meant/);
    bob.type('a\u009b2J');
    await alice.saw(/bob: a\\u\{9b\}2J/);
    bob.type('/edit b\u009b2J');
    await alice.saw(/bob \(edited\): b\\u\{9b\}2J/);
    alice.type('/reply c');
    await bob.saw(/\(to "b\\u\{9b\}2J"\) c/);
  });
});
