/** What becomes of messages between members, on real sockets: states, answers, changes, and who may not make them. */
import { randomUUID } from 'node:crypto';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { encodeFrame, FrameReader } from '../../src/protocol/frame.js';
import { encodeMessage, type Hello, type Message, parseMessage } from '../../src/protocol/messages.js';
import type { Identity } from '../../src/store/identities.js';
import { controlProtocol, secureContextOptions } from '../../src/transport/tls-options.js';
import { makeCircle, type TestCircle } from '../helpers/certificates.js';
import { Meeting, type TestConversation } from '../helpers/conversations.js';
import { makeIdentity } from '../helpers/identity.js';

const meeting = new Meeting();
const sockets: TLSSocket[] = [];
let circle: TestCircle;
let alice: Identity;
let bob: Identity;
let mallory: Identity;

beforeAll(async () => {
  circle = await makeCircle();
  alice = await makeIdentity(circle, { member: 'alice', ips: ['127.0.0.1'] });
  bob = await makeIdentity(circle, { member: 'bob', ips: ['127.0.0.1'] });
  mallory = await makeIdentity(circle, { member: 'mallory' });
});

afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await meeting.end();
});

/** Alice and bob, both here. */
async function meet(): Promise<{ a: TestConversation; b: TestConversation }> {
  const a = await (await meeting.at('a')).open(alice);
  const b = await (await meeting.at('b')).open(bob, { who: a.who });
  await Promise.all([a.event('connected'), b.event('connected')]);
  return { a, b };
}

const typesOf = ({ events }: TestConversation, id: string): string[] =>
  events.flatMap((event) => ('id' in event && event.id === id ? [event.type] : []));

const textsWith = async (at: TestConversation, member: string): Promise<(string | undefined)[]> =>
  (await at.door.messages.recent(member, 20)).map(({ text }) => text);

describe('a message', () => {
  it('is sent, delivered and read, in this order, and the history says so', async () => {
    const { a, b } = await meet();
    const id = await b.door.messages.send('alice', 'ahoj');
    await a.event('message');
    await b.event('delivered');
    expect((await b.door.messages.recent('alice', 1))[0]).toMatchObject({ state: 'delivered' });
    await a.door.messages.markSeen('bob', id);
    await b.event('read');
    expect(typesOf(b, id)).toEqual(['outgoing', 'sent', 'delivered', 'read']);
    expect((await b.door.messages.recent('alice', 1))[0]).toMatchObject({ id, state: 'read' });
  });

  it('of many at once arrives once, in order, and none is lost where one of them may not be sent', async () => {
    const { a, b } = await meet();
    const nowhere = b.door.messages.send('alice', 'an answer', randomUUID());
    const sending = Array.from({ length: 1000 }, (_, index) => b.door.messages.send('alice', `text ${index}`));
    await expect(nowhere).rejects.toMatchObject({ code: 'ERR_MESSAGE_NOT_FOUND' });
    const ids = await Promise.all(sending);
    await a.event('message', ({ text }) => text === 'text 999');
    await b.event('delivered', ({ id }) => id === ids.at(-1));
    const idsOf = (at: TestConversation, type: string): string[] =>
      at.events.flatMap((event) => (event.type === type && 'id' in event ? [event.id] : []));
    expect(idsOf(a, 'message')).toEqual(ids);
    expect(idsOf(b, 'delivered')).toEqual(ids);
    expect(await b.door.countPending('alice')).toBe(0);
  });

  it('that was read while its author was away is known as read when they are back', async () => {
    const { a, b } = await meet();
    const id = await b.door.messages.send('alice', 'ahoj');
    await a.event('message');
    await b.event('delivered');
    await b.door.close();
    await a.event('disconnected');
    await a.door.messages.markSeen('bob', id);
    const again = await (await meeting.at('b')).open(bob, { who: a.who });
    expect(await again.event('read')).toMatchObject({ member: 'alice', id });
  });

  it('is answered, and the answer names it', async () => {
    const { a, b } = await meet();
    const id = await b.door.messages.send('alice', 'when is the tide?');
    await a.event('message');
    await a.door.messages.send('bob', 'at nine', id);
    expect(await b.event('message')).toMatchObject({ text: 'at nine', replyTo: id, quoted: 'when is the tide?' });
  });

  it('is not answered where it does not exist', async () => {
    const { a } = await meet();
    await expect(a.door.messages.send('bob', 'at nine', randomUUID())).rejects.toMatchObject({
      code: 'ERR_MESSAGE_NOT_FOUND',
      exitCode: 3,
    });
    expect(await a.door.countPending('bob')).toBe(0);
  });

  it('is edited and deleted by its author, on both sides, also while the other is away, and once', async () => {
    const { a, b } = await meet();
    const [first, second] = [
      await b.door.messages.send('alice', 'teh tide'),
      await b.door.messages.send('alice', 'a slip'),
    ];
    await a.event('message', ({ id }) => id === second);
    await b.event('delivered', ({ id }) => id === second);
    const port = a.door.listeningPort ?? 0;
    await a.door.close();
    await b.event('disconnected');
    await b.door.messages.edit('alice', first, 'the tide');
    await b.door.messages.delete('alice', second);
    const again = await (await meeting.at('a')).open(alice, { listen: { host: '127.0.0.1', ports: [port] } });
    expect(await again.event('edited')).toMatchObject({ member: 'bob', id: first, text: 'the tide' });
    expect(await again.event('deleted')).toMatchObject({ member: 'bob', id: second });
    expect(await textsWith(again, 'bob')).toEqual(['the tide', undefined]);
    expect(await textsWith(b, 'alice')).toEqual(['the tide', undefined]);
    expect(again.events.filter(({ type }) => type === 'message')).toEqual([]);
  });

  it('is reacted to by either side, and that is taken back', async () => {
    const { a, b } = await meet();
    const id = await b.door.messages.send('alice', 'ahoj');
    await a.event('message');
    await a.door.messages.react('bob', id, '👍');
    expect(await b.event('reaction')).toMatchObject({ member: 'alice', id, emoji: '👍', quoted: 'ahoj' });
    await b.door.messages.react('alice', id, '🎉');
    await a.event('reaction');
    await a.door.messages.react('bob', id, '');
    await b.event('reaction', ({ emoji }) => emoji === '');
    const [entry] = await b.door.messages.recent('alice', 1);
    expect(entry?.reactions).toMatchObject([{ author: 'out', emoji: '🎉' }]);
  });

  it('of the other is neither edited nor deleted, and they hear nothing of it', async () => {
    const { a, b } = await meet();
    const id = await b.door.messages.send('alice', 'mine');
    await a.event('message');
    for (const change of [a.door.messages.edit('bob', id, 'x'), a.door.messages.delete('bob', id)]) {
      await expect(change).rejects.toMatchObject({ code: 'ERR_MESSAGE_NOT_YOURS', exitCode: 7 });
    }
    expect(await a.door.countPending('bob')).toBe(0);
  });

  it.each(['', ' ', 'a b', '\u001b', 'x'.repeat(65)])('is not reacted to by %j', async (emoji) => {
    const { a, b } = await meet();
    const id = await b.door.messages.send('alice', 'ahoj');
    await a.event('message');
    if (emoji === '') await a.door.messages.react('bob', id, emoji);
    else await expect(a.door.messages.react('bob', id, emoji)).rejects.toMatchObject({ code: 'ERR_USAGE' });
  });
});

describe('typing', () => {
  it('is told to one who is here, not at every key, and leaves nothing behind', async () => {
    const { a, b } = await meet();
    for (let key = 0; key < 50; key += 1) await b.door.messages.tellTyping('alice');
    await b.door.messages.send('alice', 'done');
    await a.event('message');
    expect(a.events.filter(({ type }) => type === 'typing')).toEqual([{ type: 'typing', member: 'bob' }]);
    expect(await textsWith(a, 'bob')).toEqual(['done']);
    expect(await b.door.countPending('alice')).toBeLessThanOrEqual(1);
  });
});

const hello: Hello = {
  type: 'hello',
  version: 1,
  session: 'ab'.repeat(16),
  capabilities: ['text'],
  keyOrigin: 'local',
  port: 0,
  epoch: 'cd'.repeat(16),
  cursors: [],
};

/** A member with a certificate and no manners. */
function rogue(at: TestConversation): {
  say: (...messages: Message[]) => void;
  hears: (type: string) => Promise<void>;
} {
  const socket = connectTls({
    host: '127.0.0.1',
    port: at.door.listeningPort ?? 0,
    ...secureContextOptions(mallory),
    ALPNProtocols: [controlProtocol],
    checkServerIdentity: () => undefined,
  });
  sockets.push(socket.on('error', () => {}));
  const heard: string[] = [];
  let wake = (): void => {};
  const frames = new FrameReader();
  socket.on('data', (chunk: Buffer) => {
    for (const payload of frames.push(chunk)) heard.push(parseMessage(payload).type);
    wake();
  });
  return {
    say: (...messages) => {
      for (const message of messages) socket.write(encodeFrame(encodeMessage(message)));
    },
    hears: async (type) => {
      while (!heard.includes(type)) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    },
  };
}

let sequence = 0;
const numbered = () => {
  sequence += 1;
  return { id: randomUUID(), sequence, sentAt: 1 };
};

describe('a member that breaks the rules', () => {
  it('changes nothing that it did not write: the reason is shown, once for the many times it tries', async () => {
    const a = await (await meeting.at('a')).open(alice);
    const m = rogue(a);
    m.say(hello);
    await a.event('connected');
    const target = await a.door.messages.send('mallory', 'I owe you 5');
    await m.hears('text');
    for (let one = 0; one < 20; one += 1) m.say({ type: 'edit', ...numbered(), target, text: 'I owe you 500' });
    m.say({ type: 'delete', ...numbered(), target });
    m.say({ type: 'edit', ...numbered(), target: randomUUID(), text: 'x' });
    m.say({ type: 'text', ...numbered(), text: 'the end' });
    await a.event('message');
    const refused = a.events.flatMap((event) => (event.type === 'changeRefused' ? [event] : []));
    expect(refused.map(({ kind, reason, count }) => [kind, reason, count])).toEqual([
      ['edit', 'not-author', 1],
      ['delete', 'not-author', 1],
      ['edit', 'unknown', 1],
    ]);
    expect(refused[0]).toMatchObject({ member: 'mallory', id: target });
    expect(await textsWith(a, 'mallory')).toEqual(['I owe you 5', 'the end']);
  });

  it('does not keep us from taking ours back by giving its own the same id', async () => {
    const a = await (await meeting.at('a')).open(alice);
    const m = rogue(a);
    m.say(hello);
    await a.event('connected');
    const id = await a.door.messages.send('mallory', 'never mind');
    await m.hears('text');
    m.say({ type: 'text', ...numbered(), id, text: 'mine' });
    await a.event('message');
    await a.door.messages.delete('mallory', await a.door.messages.find('mallory', id, 'out'));
    expect(await textsWith(a, 'mallory')).toEqual([undefined, 'mine']);
  });

  it('reaches no message of another conversation', async () => {
    const { a, b } = await meet();
    const target = await b.door.messages.send('alice', 'from bob');
    await a.event('message');
    const m = rogue(a);
    m.say(hello, { type: 'delete', ...numbered(), target }, { type: 'reaction', ...numbered(), target, emoji: '👎' });
    expect(await a.event('changeRefused')).toMatchObject({ member: 'mallory', kind: 'reaction', reason: 'unknown' });
    expect((await a.door.messages.recent('bob', 9))[0]).toMatchObject({ text: 'from bob', reactions: [] });
  });

  it.each<[string, () => Message, RegExp]>([
    ['has read what was never sent', () => ({ type: 'read', sequence: 9 }), /read a message that was never sent/],
    [
      'reacts with a line break',
      () => ({ type: 'reaction', ...numbered(), target: randomUUID(), emoji: '\n' }),
      /"emoji"/,
    ],
    ['edits to nothing', () => ({ type: 'edit', ...numbered(), target: randomUUID(), text: '' }), /"text"/],
  ])('is cut off when it %s', async (_, message, why) => {
    const a = await (await meeting.at('a')).open(alice);
    rogue(a).say(hello, message());
    expect((await a.event('disconnected')).reason).toMatch(why);
  });

  it.each<() => Message>([
    () => ({ type: 'edit', ...numbered(), target: randomUUID(), text: 'x' }),
    () => ({ type: 'typing' }),
  ])('is cut off when it says to one who takes no texts what concerns texts', async (message) => {
    const a = await (await meeting.at('a')).open(alice, { capabilities: [] });
    const m = rogue(a);
    m.say(hello, message());
    expect((await a.event('disconnected')).reason).toMatch(/where none is taken/);
  });

  it('that types without end is told of once', async () => {
    const now = new Date();
    const a = await (await meeting.at('a')).open(alice, { clock: () => now });
    const m = rogue(a);
    m.say(hello, ...Array.from({ length: 1_000 }, (): Message => ({ type: 'typing' })));
    m.say({ type: 'text', ...numbered(), text: 'the end' });
    await a.event('message');
    expect(a.events.filter(({ type }) => type === 'typing')).toHaveLength(1);
  });
});
