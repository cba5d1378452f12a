/** Members found by name: on the local network, in the Auto CA's directory, and not where somebody else says they are. */
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { type AnnouncedState, announce } from '../../src/conversation/announce.js';
import { isTagOf, lanTag } from '../../src/conversation/lan-tag.js';
import { askDirectory, tellDirectory } from '../../src/enroll/directory-client.js';
import { announceOnLan, findOnLan } from '../../src/enroll/lan.js';
import { saveContact } from '../../src/store/contacts.js';
import { speakAs } from '../../src/store/home.js';
import { type Identity, saveIdentity } from '../../src/store/identities.js';
import { makeCircle } from '../helpers/certificates.js';
import { Meeting, type TestConversation } from '../helpers/conversations.js';
import { enrollInMemory, realDeps, TestHost } from '../helpers/enrollment.js';
import { FakeLan } from '../helpers/fake-lan.js';
import { makeIdentity } from '../helpers/identity.js';
import { TestNetwork } from '../helpers/network.js';
import { Program, runProgram } from '../helpers/program.js';
import { describeWith } from '../helpers/require-program.js';
import { runCommand } from '../helpers/run-command.js';
import { RunningCommands } from '../helpers/running-command.js';

const meeting = new Meeting();
let alice: Identity;
let bob: Identity;
let carol: Identity;
let stranger: Identity;
let lan: FakeLan;

beforeAll(async () => {
  const circle = await makeCircle();
  [alice, bob, carol] = (await Promise.all(
    ['alice', 'bob', 'carol'].map((member) => makeIdentity(circle, { member, ips: ['10.9.9.9'] })),
  )) as [Identity, Identity, Identity];
  stranger = await makeIdentity(await makeCircle(), { member: 'alice', ips: ['127.0.0.1'] });
});

beforeEach(() => {
  lan = new FakeLan();
});
afterEach(() => meeting.end());

/** Puts an announcement of `member` on the network that leads to that port. */
function announceFalsely(member: string, port: number, root = alice.trustAnchor): void {
  const name = randomBytes(8).toString('hex');
  lan.add('qtchat', { port, name, said: { id: lanTag(root, name, member) } });
}

const portOf = ({ door }: TestConversation): number => door.listeningPort ?? 0;

async function deadPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

describe('a member on the local network', () => {
  it('is found by a name that we have never met, and known afterwards', async () => {
    const a = await (await meeting.at('a')).open(alice, { lan, announce: true });
    expect(await a.event('announced')).toMatchObject({ onLan: true, inDirectory: false });
    const b = await (await meeting.at('b')).open(bob, { lan, who: 'alice' });
    await b.event('connected', ({ peer }) => peer.member === 'alice');
    await b.door.messages.send('alice', 'found you');
    await a.event('message', ({ text }) => text === 'found you');
    expect(b.door.targetMember).toBe('alice');
    await b.door.close();
    const again = await (await meeting.at('b')).open(bob, { who: 'alice' });
    await again.event('connected');
  });

  it('is found at another address than the one that is known', async () => {
    const first = await (await meeting.at('a')).open(alice);
    const b = await (await meeting.at('b')).open(bob, { who: first.who, confirmPeer: async () => true });
    await b.event('connected');
    await b.door.close();
    await first.door.close();
    const moved = await (await meeting.at('a')).open(alice, { lan, announce: true });
    await moved.event('announced');
    const again = await (await meeting.at('b')).open(bob, { lan, who: 'alice' });
    await again.event('connected', ({ peer }) => peer.address.port === portOf(moved));
  });

  it('is taken for the one we look for when it calls itself', async () => {
    const b = await (await meeting.at('b')).open(bob, { lan, who: 'alice' });
    await b.event('waiting', ({ reason }) => reason !== undefined);
    const c = await (await meeting.at('c')).open(carol, { who: b.who, confirmPeer: async () => true });
    await c.event('connected');
    expect(b.door.targetMember).toBeUndefined();
    const a = await (await meeting.at('a')).open(alice, { who: b.who, confirmPeer: async () => true });
    await a.event('connected');
    expect(await b.event('target')).toMatchObject({ member: 'alice' });
  });

  it('is dialled where it was, once it has called itself', async () => {
    const b = await (await meeting.at('b')).open(bob, { who: 'alice' });
    await b.event('waiting', ({ reason }) => reason !== undefined);
    const a = await (await meeting.at('a')).open(alice, { who: b.who, confirmPeer: async () => true });
    const port = portOf(a);
    await b.event('target');
    await a.door.close();
    const again = await (await meeting.at('a')).open(alice, { listen: { host: '127.0.0.1', ports: [port] } });
    await again.event('connected');
  });

  it('is not believed to be where others say so, who do not keep us from it', async () => {
    const c = await (await meeting.at('c')).open(carol);
    const s = await (await meeting.at('s')).open(stranger);
    for (const port of [await deadPort(), portOf(c), portOf(s)]) announceFalsely('alice', port);
    const a = await (await meeting.at('a')).open(alice, { lan, announce: true });
    await a.event('announced');
    const b = await (await meeting.at('b')).open(bob, { lan, who: 'alice', giveUpWhenRefused: true });
    await b.event('connected', ({ peer }) => peer.member === 'alice');
    expect(b.events.filter(({ type }) => type === 'stopped')).toEqual([]);
    expect(b.events.filter((event) => event.type === 'connected')).toHaveLength(1);
  });

  it('does not take us for ourselves where somebody says that it is here', async () => {
    const port = await deadPort();
    announceFalsely('alice', port);
    const listen = { host: '127.0.0.1', ports: [port] };
    const b = await (await meeting.at('b')).open(bob, { lan, who: 'alice', listen });
    await b.event('waiting', ({ reason }) => reason !== undefined);
    const c = await (await meeting.at('c')).open(carol, { who: b.who, confirmPeer: async () => true });
    await c.event('connected');
    expect(b.door.targetMember).toBeUndefined();
  });

  it('is not looked for where an address was typed, nor announced unasked', async () => {
    const a = await (await meeting.at('a')).open(alice, { lan });
    const b = await (await meeting.at('b')).open(bob, { lan, who: a.who, confirmPeer: async () => true });
    await b.event('connected');
    expect(lan.searches).toEqual([]);
    expect(lan.announced.size).toBe(0);
  });

  it('says nothing that a listener could recognize it by, and is silent once it has gone', async () => {
    const a = await (await meeting.at('a')).open(alice, { lan, announce: true });
    await a.event('announced');
    const [first] = [...lan.announced];
    await a.door.close();
    expect(lan.announced.size).toBe(0);
    const again = await (await meeting.at('a')).open(alice, { lan, announce: true });
    await again.event('announced');
    const [second] = [...lan.announced];
    for (const one of [first, second]) {
      expect(one?.said).toEqual({ id: expect.stringMatching(/^[0-9a-f]{32}$/) });
      expect(JSON.stringify(one)).not.toMatch(new RegExp(`alice|${alice.circleId}`));
      expect(isTagOf(one?.said.id, alice.trustAnchor, one?.name ?? '', 'alice')).toBe(true);
      expect(isTagOf(one?.said.id, alice.trustAnchor, one?.name ?? '', 'bob')).toBe(false);
      expect(isTagOf(one?.said.id, stranger.trustAnchor, one?.name ?? '', 'alice')).toBe(false);
    }
    expect(second?.name).not.toBe(first?.name);
    expect(second?.said.id).not.toBe(first?.said.id);
  });

  it('tells why it cannot be found there', async () => {
    lan.trouble = 'port 5353 is taken';
    const a = await (await meeting.at('a')).open(alice, { lan, announce: true });
    expect(await a.event('announced')).toMatchObject({
      onLan: false,
      inDirectory: false,
      error: { message: expect.stringContaining('port 5353 is taken') },
    });
  });

  it.each([undefined, '', 'x', 7, {}, 'ä'.repeat(16), '0'.repeat(32)])('has no such tag as %j', (said) => {
    expect(isTagOf(said, alice.trustAnchor, 'name', 'alice')).toBe(false);
  });

  it('is found by real mDNS, as soon as it answers, among others', async () => {
    const deps = { random: randomBytes };
    const host = '127.0.0.1';
    const others = Array.from({ length: 20 }, (_, index) =>
      announceOnLan(
        { type: 'qtchat', port: 20_000 + index, say: (name) => ({ id: lanTag(alice.trustAnchor, name, 'carol') }) },
        deps,
        { host },
      ),
    );
    const say = (name: string) => ({ id: lanTag(alice.trustAnchor, name, 'alice') });
    const withdraw = announceOnLan({ type: 'qtchat', port: 17_590, say }, deps, { host });
    try {
      const found = await findOnLan({
        ...{ type: 'qtchat', timeMs: 60_000, host, signal: new AbortController().signal },
        isMeant: ({ name, said }) => isTagOf(said.id, alice.trustAnchor, name, 'alice'),
      });
      expect(found).toMatchObject([{ address: host, port: 17_590 }]);
    } finally {
      for (const end of [...others, withdraw]) await end();
    }
  });
});

describe("a member in the Auto CA's directory", () => {
  let host: TestHost;
  let members: Map<string, Identity>;

  beforeAll(async () => {
    host = await TestHost.start({ hellosPerSecond: 1000, helloBurst: 1000 }, realDeps, { tlsPort: 0 });
    const autoCa = { addresses: ['127.0.0.1'], port: host.members.port };
    members = new Map();
    for (const member of ['ann', 'ben', 'cid']) {
      const { enrolled } = await enrollInMemory(await host.invite({ member }), { localKey: true });
      members.set(member, { ...enrolled.identity, autoCa });
    }
  });
  afterAll(() => host.stop());

  const memberOf = (name: string): Identity => {
    const identity = members.get(name);
    if (identity?.autoCa === undefined) throw new Error('no such member');
    return identity;
  };
  const listed = (name: string) => {
    const cid = memberOf('cid');
    return askDirectory(cid.autoCa ?? { addresses: [], port: 0 }, name, cid);
  };

  it('is found by a name that we have never met, and not listed any more once it has gone', async () => {
    const a = await (await meeting.at('ann')).open(memberOf('ann'), { announce: true });
    expect(await a.event('announced')).toMatchObject({ onLan: false, inDirectory: true });
    expect(await listed('ann')).toEqual([{ host: '127.0.0.1', port: portOf(a) }]);
    const b = await (await meeting.at('ben')).open(memberOf('ben'), { who: 'ann' });
    await b.event('connected', ({ peer }) => peer.member === 'ann');
    expect(await listed('ben')).toEqual([]);
    await a.door.close();
    expect(await listed('ann')).toEqual([]);
  });

  it('is not believed to be where another member listens', async () => {
    const c = await (await meeting.at('cid')).open(memberOf('cid'));
    const ann = memberOf('ann');
    // Ann says that she is where cid is: nobody else could say it of her.
    const say = (...hosts: string[]) =>
      tellDirectory(ann.autoCa ?? { addresses: [], port: 0 }, { port: portOf(c), hosts }, ann);
    await say('127.0.0.1');
    const b = await (await meeting.at('ben')).open(memberOf('ben'), { who: 'ann' });
    await c.event('refused');
    expect(b.events.filter(({ type }) => type === 'connected')).toEqual([]);
    expect(b.door.targetMember).toBeUndefined();
    await say();
  });

  it('is followed to other networks', async () => {
    const controller = new AbortController();
    let hosts = ['192.168.1.7'];
    const states: AnnouncedState[] = [];
    const ann = memberOf('ann');
    const announced = announce({
      ...{ home: { folder: tmpdir() }, identity: () => ann, lan, host: undefined, port: 17_590, intervalMs: 5 },
      signal: controller.signal,
      onState: (state) => states.push(state),
      reachable: () => hosts,
    });
    while ((await listed('ann')).length === 0) await new Promise((resolve) => setImmediate(resolve));
    const [first] = [...lan.announced];
    hosts = ['10.0.0.7', 'fd00::7'];
    while ((await listed('ann'))[0]?.host !== '10.0.0.7') await new Promise((resolve) => setImmediate(resolve));
    const [second, ...others] = [...lan.announced];
    expect(others).toEqual([]);
    expect(second?.name).not.toBe(first?.name);
    controller.abort();
    await announced;
    expect(states).toEqual([{ onLan: true, inDirectory: true }]);
    expect(await listed('ann')).toEqual([]);
    expect(lan.announced.size).toBe(0);
  });

  it('is dialled where it was while the Auto CA takes its time', async () => {
    const asked: Socket[] = [];
    const silent = createServer((socket) => asked.push(socket.on('error', () => {}).resume())).listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const port = await deadPort();
    const b = await meeting.at('ben');
    const known = { member: 'ann', circleId: memberOf('ann').circleId, addresses: [{ host: '127.0.0.1', port }] };
    await saveContact({ folder: b.home }, known, { clock: () => new Date() });
    const autoCa = { addresses: ['127.0.0.1'], port: (silent.address() as AddressInfo).port };
    await b.open({ ...memberOf('ben'), autoCa }, { who: 'ann' });
    try {
      await b.event('waiting', ({ reason }) => reason !== undefined);
      if (asked.length === 0) await once(silent, 'connection');
      await (await meeting.at('ann')).open(memberOf('ann'), { listen: { host: '127.0.0.1', ports: [port] } });
      await b.event('connected');
      expect(asked.map(({ destroyed }) => destroyed)).toEqual([false]);
    } finally {
      await b.door.close();
      for (const socket of asked) socket.destroy();
      silent.close();
    }
  });

  it('is waited for where the Auto CA is away', async () => {
    const autoCa = { addresses: ['127.0.0.1'], port: await deadPort() };
    const a = await (await meeting.at('ann')).open({ ...memberOf('ann'), autoCa }, { lan, announce: true });
    expect(await a.event('announced')).toMatchObject({ onLan: true, inDirectory: false, error: expect.anything() });
    const b = await (await meeting.at('ben')).open({ ...memberOf('ben'), autoCa }, { lan, who: 'ann' });
    await b.event('connected');
  });
});

describe('qtchat', () => {
  const commands = new RunningCommands();
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'qtchat-by-name-'));
    for (const identity of [alice, bob]) {
      const home = { folder: join(folder, identity.member) };
      await saveIdentity(home, identity, { replace: false });
      await speakAs(home, identity.member);
    }
  });
  afterEach(async () => {
    await commands.end();
    await rm(folder, { recursive: true, force: true });
  });

  it('sends to a name, and says where one can be found', async () => {
    const argv = ['listen', '--save', join(folder, 'inbox'), '--listen', '127.0.0.1:0', '--announce'];
    const listening = commands.start(argv, join(folder, 'alice'), { lan });
    await listening.saw(/^members find you by name on this network$/m);
    const sent = await runCommand(['send', 'alice', 'ahoy'], { home: join(folder, 'bob'), lan });
    expect(sent).toMatchObject({ exitCode: 0, stdout: 'alice has the message\n' });
    await listening.saw(/^bob: ahoy$/m);
  });

  it('gives up on a name that nobody has', async () => {
    const sent = await runCommand(['send', 'nobody-here', 'ahoy', '--timeout', '1'], {
      home: join(folder, 'bob'),
      lan,
    });
    expect(sent).toMatchObject({ exitCode: 6, stdout: '' });
    expect(sent.stderr).toMatch(/no contact is called so/);
  });

  describeWith('ip', 'on two hosts of one network', () => {
    it('finds a member by mDNS, whom it has never met', async () => {
      const network = new TestNetwork();
      const [here, there] = network.pair('10.98.0.1', '10.98.0.2');
      const worldOf = (member: string, namespace: string) => ({
        ...{ home: folder, namespace },
        env: { QTCHAT_HOME: join(folder, member) },
      });
      const listening = new Program(['listen', '--save', join(folder, 'inbox'), '--announce'], worldOf('alice', here));
      try {
        await listening.waitFor(/members find you by name on this network/);
        const sent = await runProgram(['send', 'alice', 'ahoy'], worldOf('bob', there));
        expect(sent).toMatchObject({ exitCode: 0, stdout: 'alice has the message\n' });
        await listening.waitFor(/bob: ahoy/);
        expect(await listening.stop()).toBe(0);
      } finally {
        await listening.stop('SIGKILL');
        network.remove();
      }
    }, 60_000);
  });
});
