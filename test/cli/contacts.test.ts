/** `qtchat contacts`: what one knows of others, and what one decides about them. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import Libsql from 'libsql';
import { spkiFingerprint } from '../../src/pki/circle.js';
import { openConversationStore } from '../../src/store/conversation-store.js';
import { speakAs } from '../../src/store/home.js';
import { type Identity, saveIdentity } from '../../src/store/identities.js';
import { makeCircle, type TestCircle } from '../helpers/certificates.js';
import { Meeting, type TestConversation } from '../helpers/conversations.js';
import { fakeTerminal } from '../helpers/fake-terminal.js';
import { makeIdentity } from '../helpers/identity.js';
import { type CommandResult, type CommandWorld, runCommand } from '../helpers/run-command.js';

const meeting = new Meeting();
let circle: TestCircle;
let alice: Identity;
let bob: Identity;
let a: TestConversation;
let b: TestConversation;

beforeAll(async () => {
  circle = await makeCircle();
  alice = await makeIdentity(circle, { member: 'alice', ips: ['127.0.0.1'] });
  bob = await makeIdentity(circle, { member: 'bob', ips: ['127.0.0.1'] });
});

// Alice has met bob, and both are here; commands run in her home beside her chat.
beforeEach(async () => {
  a = await meeting.at('a');
  const home = { folder: a.home };
  await saveIdentity(home, alice, { replace: false });
  await speakAs(home, 'alice');
  await a.open(alice);
  b = await (await meeting.at('b')).open(bob, { who: a.who });
  await Promise.all([a.event('connected'), b.event('connected')]);
});

afterEach(() => meeting.end());

const contacts = (argv: readonly string[], world: Partial<CommandWorld> = {}): Promise<CommandResult> =>
  runCommand(['contacts', ...argv], { home: a.home, ...world });
const keyOf = ({ chain: [own] }: Identity): string => (own === undefined ? '' : spkiFingerprint(own));

/** Bob says something that alice has stored and shown. */
async function bobSays(text: string): Promise<void> {
  await b.door.messages.send('alice', text);
  await a.event('message', (event) => event.text === text);
  await b.event('delivered');
}

/** Another key in bob's name calls, and is refused. */
async function showAnotherKey(): Promise<Identity> {
  await b.door.close();
  await a.event('disconnected');
  const changed = await makeIdentity(circle, { member: 'bob', ips: ['127.0.0.1'] });
  const c = await (await meeting.at('c')).open(changed, { who: a.who });
  await c.event('disconnected');
  await a.event('refused');
  await c.door.close();
  return changed;
}

describe('contacts list and show', () => {
  it('say who was met, where, and with which key', async () => {
    const listed = (await contacts(['list', '--json'])).json();
    const port = b.door.listeningPort;
    const contact = {
      member: 'bob',
      nick: null,
      circleId: circle.circleId,
      addresses: [{ host: '127.0.0.1', port }],
      spkiSha256: keyOf(bob),
      blocked: false,
      otherKeys: [],
    };
    expect(listed).toEqual({ contacts: [contact] });
    expect((await contacts(['show', 'bob', '--json'])).json()).toEqual(contact);
    expect((await contacts(['list'])).stdout).toMatch(new RegExp(`\\n +bob +127\\.0\\.0\\.1:${port}\\n$`));
    expect((await contacts(['show', 'bob'])).stdout).toContain(keyOf(bob).slice(0, 4));
  });

  it('show a key that was refused, and how to trust it', async () => {
    const changed = await showAnotherKey();
    const { stdout, stderr } = await contacts(['show', 'bob']);
    expect(stdout).toMatch(/refused {4}([0-9a-f]{4} ){7}[0-9a-f]{4}, shown \d{4}-/);
    expect(stderr).toContain('qtchat contacts trust bob');
    expect((await contacts(['list'])).stdout).toContain('showed another key');
    const { otherKeys } = (await contacts(['show', 'bob', '--json'])).json() as { otherKeys: unknown[] };
    expect(otherKeys).toEqual([{ spkiSha256: keyOf(changed), seenAt: expect.any(String) }]);
  });

  it('leave no trace in a home that never met anybody', async () => {
    const fresh = join(a.home, 'fresh');
    await mkdir(fresh);
    const { stdout, stderr, exitCode } = await runCommand(['contacts', 'list'], { home: fresh });
    expect({ stdout, exitCode }).toEqual({ stdout: '', exitCode: 0 });
    expect(stderr).toMatch(/Next: qtchat chat/);
    expect(readdirSync(fresh)).toEqual([]);
  });

  it.each(['show', 'forget', 'trust', 'block'])('%s: exits with 3 for one who is no contact', async (command) => {
    const { exitCode, stdout, stderr } = await contacts([command, 'carol']);
    expect({ exitCode, stdout }).toEqual({ exitCode: 3, stdout: '' });
    expect(stderr).toMatch(/^Error: "carol" is no contact of yours\. [^\n]+\n$/);
    expect((await contacts([command, 'carol', '--json'])).json()).toMatchObject({
      error: { code: 'ERR_CONTACT_NOT_FOUND' },
    });
  });

  it('exits with 3 and names enroll where there is no identity', async () => {
    const result = await runCommand(['contacts', 'show', 'bob'], { home: join(a.home, 'nobody') });
    expect(result).toMatchObject({ exitCode: 3, stderr: expect.stringContaining('enroll') });
  });
});

describe('contacts rename', () => {
  it('gives a name that means the contact wherever one is named', async () => {
    expect(await contacts(['rename', 'bob', 'Robert Ů.'])).toMatchObject({ exitCode: 0 });
    expect((await contacts(['show', 'Robert U\u030a.', '--json'])).json()).toMatchObject({ member: 'bob' });
    expect((await contacts(['show', 'bob', '--json'])).json()).toMatchObject({ nick: 'Robert Ů.' });
    const sent = await runCommand(['send', 'Robert Ů.', 'ahoj', '--json'], { home: a.home });
    expect(sent.json()).toMatchObject({ member: 'bob' });
    await b.event('message', ({ text }) => text === 'ahoj');
    expect(await contacts(['rename', 'Robert Ů.', 'bob'])).toMatchObject({ exitCode: 0 });
    expect((await contacts(['show', 'Robert Ů.'])).exitCode).toBe(3);
  });

  it('gives a name that no stranger can take over', async () => {
    await contacts(['rename', 'bob', 'mom']);
    const mom = await makeIdentity(circle, { member: 'mom' });
    const m = await (await meeting.at('m')).open(mom, { who: a.who });
    await m.event('connected');
    expect((await contacts(['show', 'mom', '--json'])).json()).toMatchObject({ member: 'bob' });
  });

  it.each([
    ['nothing', ''],
    ['an address', '192.168.1.7'],
    ['an address with a port', 'host:1'],
    ['a path', '../bob'],
    ['a control character', 'b\u001bob'],
    ['a bidirectional override', 'b\u202eob'],
    ['a space at the end', 'bob '],
    ['64 letters', 'x'.repeat(64)],
  ])('refuses %s, with 2', async (_, name) => {
    expect(await contacts(['rename', 'bob', name])).toMatchObject({ exitCode: 2, stdout: '' });
    expect((await contacts(['show', 'bob', '--json'])).json()).toMatchObject({ nick: null });
  });

  it('refuses a name that means somebody else, with 4', async () => {
    const carol = await makeIdentity(circle, { member: 'carol' });
    const c = await (await meeting.at('c')).open(carol, { who: a.who });
    await c.event('connected');
    await contacts(['rename', 'carol', 'Caz']);
    for (const name of ['carol', 'Caz', 'alice']) {
      expect(await contacts(['rename', 'bob', name])).toMatchObject({ exitCode: 4, stdout: '' });
    }
  });
});

describe('contacts trust', () => {
  it('lets the contact in with the key that was named, and no longer with the former one', async () => {
    const changed = await showAnotherKey();
    const trusted = await contacts(['trust', 'bob', '--key', keyOf(changed).slice(0, 16), '--json']);
    expect(trusted.json()).toEqual({ member: 'bob', former: keyOf(bob), spkiSha256: keyOf(changed) });
    const c = await (await meeting.at('c')).open(changed, { who: a.who });
    await c.event('connected');
    await c.door.messages.send('alice', 'it is me');
    expect(await a.event('message')).toMatchObject({ text: 'it is me' });
    const old = await (await meeting.at('b')).open(bob, { who: a.who });
    expect((await old.event('disconnected')).reason).toMatch(/another one/);
    expect((await contacts(['show', 'bob', '--json'])).json()).toMatchObject({
      otherKeys: [{ spkiSha256: keyOf(bob) }],
    });
  });

  it('is what one whose key has changed is told to ask for: send does not try for ever', async () => {
    const changed = await showAnotherKey();
    const home = join(a.home, 'new-bob');
    await saveIdentity({ folder: home }, changed, { replace: false });
    await speakAs({ folder: home }, 'bob');
    const refused = await runCommand(['send', a.who, 'it is me', '--timeout', '5'], { home });
    expect(refused.exitCode).toBe(7);
    expect(refused.stderr).toMatch(/^Error: "alice" does not accept our key.*qtchat contacts trust bob\n$/);
    await contacts(['trust', 'bob', '--key', keyOf(changed)]);
    expect((await runCommand(['send', a.who, 'now?'], { home })).exitCode).toBe(0);
  });

  it('ends the session of the former key, before it is heard again', async () => {
    const changed = await makeIdentity(circle, { member: 'bob', ips: ['127.0.0.1'] });
    const c = await (await meeting.at('c')).open(changed, { who: a.who });
    await c.event('disconnected');
    await c.door.close();
    await contacts(['trust', 'bob', '--key', keyOf(changed)]);
    await b.door.messages.send('alice', 'from the old key');
    expect((await a.event('disconnected')).reason).toMatch(/trust another key/);
    expect(a.events.filter(({ type }) => type === 'message')).toEqual([]);
  });

  it('ends the session of the former key, before it is told anything', async () => {
    const changed = await makeIdentity(circle, { member: 'bob', ips: ['127.0.0.1'] });
    const c = await (await meeting.at('c')).open(changed, { who: a.who });
    await c.event('disconnected');
    await contacts(['trust', 'bob', '--key', keyOf(changed)]);
    await a.door.messages.send('bob', 'for the new key alone');
    expect((await a.event('disconnected')).reason).toMatch(/trust another key/);
    await b.event('disconnected');
    await c.door.close();
    const again = await (await meeting.at('c')).open(changed, { who: a.who });
    expect((await again.event('message')).text).toBe('for the new key alone');
    expect(b.events.filter(({ type }) => type === 'message')).toEqual([]);
  });

  it.each([
    ['without a terminal and --key', [], 2],
    ['for fewer than 16 digits', ['--key', '0123'], 2],
    ['for what is no key', ['--key', 'not a key at all!'], 2],
    ['for a key that was not shown', ['--key', '0123456789abcdef'], 3],
    ['for the pinned key', ['--key', 'PINNED'], 3],
  ] as const)('changes nothing %s', async (_, argv, exitCode) => {
    await showAnotherKey();
    const words = argv.map((word) => (word === 'PINNED' ? keyOf(bob) : word));
    expect(await contacts(['trust', 'bob', ...words])).toMatchObject({ exitCode, stdout: '' });
    expect((await contacts(['show', 'bob', '--json'])).json()).toMatchObject({ spkiSha256: keyOf(bob) });
  });

  it('exits with 3 where no key but the pinned one was shown', async () => {
    const { exitCode, stderr } = await contacts(['trust', 'bob', '--key', keyOf(bob)]);
    expect(exitCode).toBe(3);
    expect(stderr).toMatch(/no key but the pinned one/);
  });

  it.each([
    ['y', 0, true],
    ['n', 130, false],
    ['\u0003', 130, false],
  ])('asks at a terminal; %j', async (typed, exitCode, isTrusted) => {
    const changed = await showAnotherKey();
    const terminal = fakeTerminal({ when: 'confirm', type: typed });
    const result = await contacts(['trust', 'bob'], { stdin: terminal.stdin, onStderr: terminal.onScreen });
    expect(result.exitCode).toBe(exitCode);
    expect(result.stderr).toContain(keyOf(changed).slice(0, 4));
    const { spkiSha256 } = (await contacts(['show', 'bob', '--json'])).json();
    expect(spkiSha256).toBe(keyOf(isTrusted ? changed : bob));
  });

  it('keeps four refused keys, however many are shown', async () => {
    await b.door.close();
    for (let one = 0; one < 6; one += 1) {
      const other = await makeIdentity(circle, { member: 'bob' });
      const c = await (await meeting.at(`c${one}`)).open(other, { who: a.who });
      await c.event('disconnected');
      await c.door.close();
    }
    const { otherKeys } = (await contacts(['show', 'bob', '--json'])).json() as { otherKeys: unknown[] };
    expect(otherKeys).toHaveLength(4);
    const { exitCode, stderr } = await contacts(['trust', 'bob']);
    expect(exitCode).toBe(2);
    expect(stderr).toMatch(/several were shown.*--key/);
  });
});

describe('contacts forget', () => {
  it('asks for --yes without a terminal, with 2, and forgets nothing then', async () => {
    await bobSays('remember me');
    const { exitCode, stdout, stderr } = await contacts(['forget', 'bob']);
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
    expect(stderr).toContain('--yes');
    expect((await contacts(['show', 'bob', '--json'])).json()).toMatchObject({ spkiSha256: keyOf(bob) });
  });

  it('asks at a terminal, and takes no for an answer', async () => {
    const terminal = fakeTerminal({ when: 'Forget bob', type: 'n' });
    const result = await contacts(['forget', 'bob'], { stdin: terminal.stdin, onStderr: terminal.onScreen });
    expect(result.exitCode).toBe(130);
    expect((await contacts(['show', 'bob'])).exitCode).toBe(0);
  });

  it('takes key, name, addresses and everything said off the disk', async () => {
    await bobSays('remember me');
    await contacts(['rename', 'bob', 'Robert']);
    await Promise.all([a.door.close(), b.door.close()]);
    const sealed = sealedIn(a.home);
    expect(sealed).toHaveLength(1);
    const forgotten = await contacts(['forget', 'Robert', '--yes', '--json']);
    expect(forgotten.json()).toEqual({ member: 'bob', messages: 1 });
    expect((await contacts(['list', '--json'])).json()).toEqual({ contacts: [] });
    for (const name of readdirSync(join(a.home, 'store'))) {
      const octets = readFileSync(join(a.home, 'store', name));
      for (const one of [...sealed, Buffer.from('Robert'), Buffer.from(keyOf(bob))]) {
        expect({ name, holds: octets.includes(one) }).toEqual({ name, holds: false });
      }
    }
  });

  it('makes the next meeting a first one; what is said then arrives, both ways', async () => {
    await bobSays('before');
    await a.door.messages.send('bob', 'before, from alice');
    await b.event('message');
    await a.event('delivered');
    await contacts(['forget', 'bob', '--yes']);
    await b.door.messages.send('alice', 'are you there?');
    expect((await a.event('disconnected')).reason).toMatch(/forgotten/);
    // Written before they meet again: it must not be taken for what bob has already.
    await a.door.messages.send('bob', 'do I know you?');
    await b.event('message', ({ text }) => text === 'do I know you?');
    await a.event('message', ({ text }) => text === 'are you there?');
    expect((await contacts(['show', 'bob', '--json'])).json()).toMatchObject({ spkiSha256: keyOf(bob) });
  });

  it('keeps a block', async () => {
    await contacts(['block', 'bob']);
    await contacts(['forget', 'bob', '--yes']);
    expect((await contacts(['list', '--json'])).json()).toMatchObject({
      contacts: [{ member: 'bob', spkiSha256: null, blocked: true, addresses: [] }],
    });
  });
});

describe('contacts block', () => {
  it('ends the session of a chat that runs, and takes nothing more', async () => {
    await bobSays('hello');
    expect((await contacts(['block', 'bob', '--json'])).json()).toEqual({
      member: 'bob',
      blocked: true,
      changed: true,
    });
    await b.door.messages.send('alice', 'and another thing');
    expect((await a.event('disconnected')).reason).toMatch(/blocked/);
    expect(await b.door.countPending('alice')).toBe(1);
    const texts = a.events.flatMap((event) => (event.type === 'message' ? [event.text] : []));
    expect(texts).toEqual(['hello']);
  });

  it('takes no file that is offered afterwards', async () => {
    await contacts(['block', 'bob']);
    await b.door.files.send('alice', join(b.home, 'store', 'home.key'));
    await a.event('disconnected');
    expect(a.events.filter(({ type }) => type.startsWith('file'))).toEqual([]);
    expect(existsSync(join(a.home, 'downloads'))).toBe(false);
  });

  it('closes the connections of the blocked without a word, on either side', async () => {
    await b.door.close();
    await a.event('disconnected');
    const [told, before] = [a.events.length, (await contacts(['block', 'bob'])).exitCode];
    expect(before).toBe(0);
    const again = await (await meeting.at('b')).open(bob, { who: a.who });
    const { reason } = await again.event('waiting', (event) => event.reason !== undefined);
    expect(reason?.code).toBe('ERR_PEER_REFUSED');
    expect(reason?.message).not.toMatch(/block/);
    expect(a.events.slice(told)).toEqual([]);
    expect(again.events.filter(({ type }) => type === 'connected')).toEqual([]);
  });

  it.each([
    ['send', ['send', 'bob', 'x']],
    ['chat', ['chat', '--listen', '127.0.0.1:0', '--peer', 'bob']],
  ])('refuses to %s, with 7', async (_, argv) => {
    await contacts(['block', 'bob']);
    const { exitCode, stderr } = await runCommand(argv, { home: a.home });
    expect(exitCode).toBe(7);
    expect(stderr).toMatch(/you have blocked "bob"\. .*--undo/);
  });

  it('refuses what the own chat would send, and one that was dialled by address', async () => {
    await contacts(['block', 'bob']);
    await expect(a.door.messages.send('bob', 'x')).rejects.toMatchObject({ code: 'ERR_PEER_BLOCKED' });
    await expect(a.door.files.send('bob', 'x')).rejects.toMatchObject({ code: 'ERR_PEER_BLOCKED' });
    const other = await (await meeting.at('a')).open(alice, { who: b.who });
    expect((await other.event('stopped')).error).toMatchObject({ code: 'ERR_PEER_BLOCKED', exitCode: 7 });
  });

  it('is lifted by --undo; what waited arrives', async () => {
    await contacts(['block', 'bob']);
    await b.door.messages.send('alice', 'please');
    await a.event('disconnected');
    expect((await contacts(['block', 'bob', '--undo', '--json'])).json()).toMatchObject({
      blocked: false,
      changed: true,
    });
    expect(await a.event('message')).toMatchObject({ text: 'please' });
    expect((await contacts(['block', 'bob', '--undo', '--json'])).json()).toMatchObject({ changed: false });
  });

  it('does not concern others', async () => {
    await contacts(['block', 'bob']);
    const carol = await makeIdentity(circle, { member: 'carol' });
    const c = await (await meeting.at('c')).open(carol, { who: a.who });
    await c.event('connected');
    await c.door.messages.send('alice', 'hi');
    expect(await a.event('message')).toMatchObject({ member: 'carol' });
  });

  it('makes status name somebody else to talk to', async () => {
    await contacts(['block', 'bob']);
    const { stdout } = await runCommand(['status', '--json'], { home: a.home });
    expect(JSON.parse(stdout)).toMatchObject({ contacts: [], next: 'qtchat chat' });
  });
});

it('a store made before contacts could be renamed and blocked serves on', async () => {
  const home = { folder: join(a.home, 'old') };
  await mkdir(join(home.folder, 'store'), { recursive: true });
  const old = new Libsql(join(home.folder, 'store', 'conversation.db'));
  old.exec(
    'create table contacts (circle_id text, member text, spki_sha256 text, primary key (circle_id, member)) strict',
  );
  old.exec("insert into contacts values ('c', 'gus', 'ab')");
  old.close();
  for (let time = 0; time < 2; time += 1) await (await openConversationStore(home)).destroy();
  const listed = (await runCommand(['contacts', 'list', '--json'], { home: home.folder })).json();
  expect(listed).toMatchObject({ contacts: [{ member: 'gus', nick: null, blocked: false }] });
});

/** The sealed bodies of all messages of a home. */
function sealedIn(home: string): Buffer[] {
  const database = new Libsql(join(home, 'store', 'conversation.db'), { readonly: true });
  try {
    const rows = database.prepare('select body from messages').all() as { body: ArrayBuffer }[];
    return rows.map(({ body }) => Buffer.from(body));
  } finally {
    database.close();
  }
}
