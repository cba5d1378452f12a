/** Several members at once in one process, which dials some of them and is called by others. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { speakAs } from '../../src/store/home.js';
import { type Identity, saveIdentity } from '../../src/store/identities.js';
import { makeCircle } from '../helpers/certificates.js';
import { Meeting, type TestConversation } from '../helpers/conversations.js';
import { makeIdentity } from '../helpers/identity.js';
import { RunningCommands } from '../helpers/running-command.js';

const meeting = new Meeting();
const members = ['alice', 'bob', 'carol', 'dave', 'erin'] as const;
type Member = (typeof members)[number];
const identities = new Map<Member, Identity>();

beforeAll(async () => {
  const circle = await makeCircle();
  for (const member of members) identities.set(member, await makeIdentity(circle, { member, ips: ['127.0.0.1'] }));
});
afterEach(() => meeting.end());

const identityOf = (member: Member): Identity => identities.get(member) as Identity;
const open = async (member: Member, options: object = {}): Promise<TestConversation> =>
  (await meeting.at(member)).open(identityOf(member), options);
const here = (at: TestConversation, member: Member) => at.event('connected', ({ peer }) => peer.member === member);

describe('one process', () => {
  it('talks to those it dials and to those who call, each for itself', async () => {
    const [bob, carol] = [await open('bob'), await open('carol')];
    const alice = await open('alice', { who: bob.who, alsoDial: [carol.who] });
    const [dave, erin] = [await open('dave', { who: alice.who }), await open('erin', { who: alice.who })];
    const others = { bob, carol, dave, erin };
    for (const member of ['bob', 'carol', 'dave', 'erin'] as const) {
      await here(alice, member);
      await alice.door.messages.send(member, `for ${member}`);
      await others[member].event('message', ({ text }) => text === `for ${member}`);
      await others[member].door.messages.send('alice', `from ${member}`);
      await alice.event('message', (event) => event.member === member && event.text === `from ${member}`);
      const path = join(alice.home, `${member}.txt`);
      await writeFile(path, member);
      await alice.door.files.send(member, path);
      await others[member].event('fileDone', ({ file }) => file.name === `${member}.txt`);
    }
    expect(alice.door.targetMember).toBe('bob');
    for (const [member, { events }] of Object.entries(others)) {
      expect(events.filter((event) => event.type === 'message')).toMatchObject([{ text: `for ${member}` }]);
    }
  });

  it('dials each of them until it is here, whatever becomes of the others', async () => {
    const carol = await open('carol');
    const [bobAt, carolAt] = ['127.0.0.1:9', carol.who];
    const alice = await open('alice', { who: bobAt, alsoDial: [carolAt] });
    await here(alice, 'carol');
    await alice.event('waiting', ({ who, reason }) => who === bobAt && reason !== undefined);
    expect(alice.door.targetMember).toBeUndefined();
    await carol.door.close();
    await alice.event('disconnected', ({ member }) => member === 'carol');
    const port = Number(carolAt.split(':')[1]);
    const again = await open('carol', { listen: { host: '127.0.0.1', ports: [port] } });
    await here(again, 'alice');
    await alice.door.messages.send('carol', 'welcome back');
    await again.event('message', ({ text }) => text === 'welcome back');
  });

  it('gives up on one that is not who was meant, and on nobody else', async () => {
    const [bob, carol] = [await open('bob'), await open('carol')];
    const bobByName = `localhost:${bob.door.listeningPort}`;
    const alice = await open('alice', { who: carol.who, alsoDial: [bobByName] });
    await here(alice, 'carol');
    expect(await alice.event('waiting', ({ who, reason }) => who === bobByName && reason !== undefined)).toMatchObject({
      reason: { code: 'ERR_PEER_NOT_TRUSTED' },
    });
    expect(alice.events.filter(({ type }) => type === 'stopped')).toEqual([]);
    await alice.door.messages.send('carol', 'still here');
    await carol.event('message');
  });
});

describe('qtchat chat', () => {
  const commands = new RunningCommands();
  let folder: string;
  afterEach(async () => {
    await commands.end();
    await rm(folder, { recursive: true, force: true });
  });

  it('keeps dialling several, of whom programs name the one they mean', async () => {
    folder = await mkdtemp(join(tmpdir(), 'qtchat-several-'));
    for (const member of ['alice', 'bob', 'carol'] as const) {
      await saveIdentity({ folder: join(folder, member) }, identityOf(member), { replace: false });
      await speakAs({ folder: join(folder, member) }, member);
    }
    const chat = (member: Member, ...argv: string[]) =>
      commands.start(['chat', '--json', '--listen', '127.0.0.1:0', ...argv], join(folder, member));
    const [bob, carol] = [chat('bob'), chat('carol')];
    const [bobPort, carolPort] = [await bob.saw(/"port":(\d+)/), await carol.saw(/"port":(\d+)/)];
    const alice = chat('alice', '--peer', `127.0.0.1:${bobPort}`, '--peer', `127.0.0.1:${carolPort}`);
    await alice.saw(/"event":"connected","member":"bob"/);
    await alice.saw(/"event":"connected","member":"carol"/);
    alice.type('{"command":"send","text":"to the first"}');
    alice.type('{"command":"send","member":"carol","text":"to the second"}');
    await bob.saw(/"event":"message","member":"alice".*"to the first"/);
    await carol.saw(/"event":"message","member":"alice".*"to the second"/);
  });
});
