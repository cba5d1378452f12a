/** What is said and decided in the window, beside another face, and what is still there after a new start. */
import { afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { ConversationEvent } from '../../src/conversation/events.js';
import type { Face } from '../../src/ui/face.js';
import { FaceWithWindow } from '../../src/ui/face-with-window.js';
import { makeCircle, type TestCircle } from '../helpers/certificates.js';
import { Meeting } from '../helpers/conversations.js';
import { makeIdentity } from '../helpers/identity.js';
import { WindowClient } from '../helpers/window-client.js';
import { Windows } from '../helpers/windows.js';

const meeting = new Meeting();
const windows = new Windows(meeting);
let circle: TestCircle;

beforeAll(async () => {
  circle = await makeCircle();
});

afterEach(async () => {
  await windows.end();
  await meeting.end();
});

const meet = () => windows.pair(circle);

interface Entry {
  readonly id: string;
  readonly text: string | null;
}

describe('what was said', () => {
  it('is read page by page, and searched', async () => {
    const { bob } = await meet();
    for (let count = 1; count <= 25; count += 1) await bob.client.done('send', { text: `text ${count}` });
    const texts = (answer: object): (string | null)[] =>
      (answer as { messages: Entry[] }).messages.map(({ text }) => text);
    const last = await bob.client.done('history', { member: 'alice', limit: 10 });
    expect(texts(last)).toEqual(Array.from({ length: 10 }, (_, index) => `text ${16 + index}`));
    const [oldest] = last.messages as Entry[];
    const older = await bob.client.done('history', { member: 'alice', limit: 10, before: oldest?.id });
    expect(texts(older)).toEqual(Array.from({ length: 10 }, (_, index) => `text ${6 + index}`));
    expect(texts(await bob.client.done('history', { member: 'alice', before: 'nothing' }))).toEqual([]);
    const found = await bob.client.done('search', { member: 'alice', text: 'TEXT 2', limit: 3 });
    expect(texts(found)).toEqual(['text 23', 'text 24', 'text 25']);
  });

  it('is told of in every tab, in the order in which it happened', async () => {
    const { alice, bob } = await meet();
    const other = await bob.client.anotherTab();
    await other.event('hello');
    const { id } = await bob.client.done('send', { member: 'alice', text: 'one' });
    await other.event('delivered');
    const ofMessage = other.events.filter((event) => event.id === id).map(({ event }) => event);
    expect(ofMessage).toEqual(['outgoing', 'sent', 'delivered']);
    const answer = await alice.client.done('send', { member: 'bob', text: 'two', replyTo: id });
    expect(await other.event('message')).toMatchObject({ id: answer.id, text: 'two', replyTo: id });
    await other.done('react', { member: 'alice', id: answer.id, emoji: '👍' });
    expect(await bob.client.event('outgoingChange')).toMatchObject({ id: answer.id, kind: 'reaction', emoji: '👍' });
    expect(await alice.client.event('reaction')).toMatchObject({ id: answer.id, emoji: '👍' });
    other.close();
  });

  it('is there after a new start, files too, and can be shown', async () => {
    const { alice, bob } = await meet();
    const picture = Buffer.from('R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7', 'base64');
    await bob.client.ask('files?member=alice&name=sun.gif', { method: 'PUT', body: picture });
    await Promise.all([alice.client.event('fileDone'), bob.client.event('fileDone')]);
    await bob.client.done('send', { member: 'alice', text: 'look' });
    await alice.client.event('message');
    for (const { conversation, chat } of [alice, bob]) {
      await conversation.door.close();
      await chat.close();
    }
    const later = await windows.of(circle, 'bob');
    expect(later.client.events[0]).toMatchObject({
      contacts: [{ member: 'alice', isHere: false, standing: 'good', last: { text: 'look' } }],
    });
    const { messages } = (await later.client.done('history', { member: 'alice' })) as { messages: Entry[] };
    expect(messages).toMatchObject([{ file: { name: 'sun.gif', isFolder: false } }, { text: 'look' }]);
    expect(await later.client.done('media', { member: 'alice', id: messages[0]?.id })).toMatchObject({
      mediaType: 'image/gif',
    });
  });
});

describe('a contact, in the window', () => {
  it('is shown with what proves who it is', async () => {
    const { alice, bob } = await meet();
    const known = await bob.client.done('whois', { member: 'alice' });
    expect(known).toMatchObject({
      member: 'alice',
      name: null,
      isHere: true,
      blocked: false,
      otherKeys: [],
      spkiSha256: alice.conversation.door.ownKey,
      ownKey: bob.conversation.door.ownKey,
      keyOrigin: 'local',
      certificate: { notAfter: alice.conversation.door.notAfter.toISOString() },
    });
    expect(String(known.security)).toContain('TLSv1.3');
    await alice.conversation.door.close();
    await bob.client.event('disconnected');
    expect(await bob.client.done('whois', { member: 'alice' })).toMatchObject({ isHere: false, certificate: null });
  });

  it('is called otherwise, blocked and forgotten, which every tab hears', async () => {
    const { bob } = await meet();
    const tab = await bob.client.anotherTab();
    await tab.event('hello');
    await bob.client.done('rename', { member: 'alice', name: 'Ali' });
    expect(await tab.event('contact', ({ name }) => name === 'Ali')).toMatchObject({ member: 'alice', isHere: true });
    expect(await bob.client.answer('rename', { member: 'Ali', name: '../x' })).toMatchObject({ code: 'ERR_USAGE' });
    await bob.client.done('rename', { member: 'Ali', name: '' });
    await tab.event('contact', ({ name }) => name === null);
    expect(await bob.client.done('block', { member: 'alice' })).toMatchObject({ isChanged: true });
    await tab.event('contact', ({ standing }) => standing === 'blocked');
    expect(await bob.client.answer('send', { member: 'alice', text: 'x' })).toMatchObject({ code: 'ERR_PEER_BLOCKED' });
    expect(await bob.client.done('unblock', { member: 'alice' })).toMatchObject({ isChanged: true });
    await tab.event('contact', ({ standing }) => standing === 'good');
    expect(await bob.client.answer('trust', { member: 'alice' })).toMatchObject({ code: 'ERR_CONTACT_KEY_UNKNOWN' });
    await bob.conversation.door.close();
    tab.close();
  });
});

/** A face that writes down what it hears, and is asked without answering. */
class SilentFace implements Face {
  readonly heard: string[] = [];
  readonly questions: { readonly text: string; readonly signal: AbortSignal; answer: (isYes: boolean) => void }[] = [];
  openWindow: () => Promise<string> = async () => '';

  onEvent({ type }: ConversationEvent): void {
    this.heard.push(type);
  }

  tell(): void {}

  confirm(text: string, signal: AbortSignal): Promise<boolean> {
    return new Promise((answer) => this.questions.push({ text, signal, answer }));
  }

  async run(): Promise<void> {}

  close(): void {}
}

describe('a face with a window beside it', () => {
  it('asks in both, and goes by the first answer; in the other the question is over', async () => {
    const { alice } = await meet();
    const face = new SilentFace();
    const both = new FaceWithWindow(
      () => face,
      () => Promise.reject(),
      alice.chat,
    );
    const first = both.confirm('Is it you?', new AbortController().signal);
    const asked = await alice.client.event('question');
    expect(asked.text).toBe('Is it you?');
    const later = await alice.client.anotherTab();
    expect(await later.event('question')).toMatchObject({ id: asked.id });
    await alice.client.done('confirm', { id: asked.id, isYes: true });
    expect(await first).toBe(true);
    expect(face.questions[0]?.signal.aborted).toBe(true);
    expect(await later.event('question', ({ text }) => text === null)).toMatchObject({ id: asked.id });
    expect(await later.answer('confirm', { id: asked.id, isYes: false })).toMatchObject({ event: 'error' });
    const second = both.confirm('And now?', new AbortController().signal);
    const { id } = await later.event('question', ({ text }) => text === 'And now?');
    face.questions[1]?.answer(false);
    expect(await second).toBe(false);
    await later.event('question', (question) => question.id === id && question.text === null);
    later.close();
  });

  it('has it opened later, which then knows what is on its way', async () => {
    const conversation = await meeting.at('alice');
    const face = new SilentFace();
    const both = new FaceWithWindow(
      (openWindow) => Object.assign(face, { openWindow }),
      (files) => windows.alone(conversation.home, { files }),
    );
    await conversation.open(await makeIdentity(circle, { member: 'alice', ips: ['127.0.0.1'] }), {
      onEvent: (event) => both.onEvent(event),
    });
    both.onEvent({ type: 'outgoingFile', member: 'bob', name: 'film.mp4', path: '/films/film.mp4' });
    await both.run(conversation.door);
    const link = /http:\S+/.exec(await face.openWindow())?.[0] ?? '';
    const client = await (await WindowClient.enter(link)).open();
    expect(await client.event('hello')).toMatchObject({
      self: { member: 'alice' },
      files: [{ member: 'bob', name: 'film.mp4', state: 'waiting' }],
    });
    both.onEvent({ type: 'typing', member: 'bob' });
    await client.event('typing');
    expect(face.heard).toContain('typing');
    const another = /http:\S+/.exec(await face.openWindow())?.[0] ?? '';
    expect(new URL(another).port).toBe(new URL(link).port);
    client.close();
    await both.close();
  });
});
