import { randomUUID } from 'node:crypto';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { type ChatEvent, ChatSession } from '../../../src/chat/chat-session.js';
import { type Message, maximumSequence } from '../../../src/protocol/messages.js';
import type { Numbered } from '../../../src/store/message-record.js';
import type { MessageStore, Receipt } from '../../../src/store/messages.js';

/** The promises of a MessageStore, in memory, with a note of the order of things. */
class FakeStore {
  readonly queued: Numbered[] = [];
  readonly log: string[] = [];
  cursor = 0;
  seen = 0;

  async queuedAfter(sequence: number, limit: number): Promise<Numbered[]> {
    return this.queued.filter((one) => one.sequence > sequence).slice(0, limit);
  }

  async delivered(sequence: number): Promise<{ ids: string[]; cursor: number }> {
    const ids = this.queued.filter((one) => one.sequence <= sequence).map(({ id }) => id);
    this.queued.splice(0, ids.length);
    return { ids, cursor: sequence };
  }

  async seenUpTo(): Promise<number> {
    return this.seen;
  }

  async receive(_: string, messages: readonly Numbered[]): Promise<Receipt[]> {
    this.log.push(`stored ${messages.map(({ sequence }) => sequence).join(' ')}`);
    return messages.map(({ sequence }) => {
      const isNew = sequence > this.cursor;
      this.cursor = Math.max(this.cursor, sequence);
      return isNew ? 'done' : 'known';
    });
  }

  add(...sequences: number[]): void {
    this.addTexts('x', ...sequences);
  }

  addTexts(text: string, ...sequences: number[]): void {
    for (const sequence of sequences) {
      this.queued.push({ id: randomUUID(), sequence, sentAt: new Date(1), kind: 'text', text });
    }
  }
}

let store: FakeStore;
let sent: Message[];
let events: ChatEvent[];

beforeEach(() => {
  store = new FakeStore();
  sent = [];
  events = [];
});

const peerEpoch = 'ee'.repeat(16);

function session(peerTakesText = true, receivedUpTo = 0): ChatSession {
  return new ChatSession({
    store: store as unknown as MessageStore,
    peerEpoch,
    receivedUpTo,
    peerTakesText,
    send: (...messages) => {
      store.log.push(...messages.map(({ type }) => `sent ${type}`));
      sent.push(...messages);
    },
    emit: (event) => events.push(event),
  });
}

const sequences = (): number[] => sent.flatMap((message) => (message.type === 'text' ? [message.sequence] : []));
const text = (sequence: number) => ({ type: 'text', id: randomUUID(), sequence, sentAt: 1, text: 'ahoj' }) as const;

describe('a chat session', () => {
  it('sends what waits behind the cursor of the peer, and reports what was delivered before', async () => {
    store.add(1, 2, 3);
    await session().start(1);
    expect(sequences()).toEqual([2, 3]);
    expect(events.map(({ type }) => type)).toEqual(['delivered', 'sent', 'sent']);
  });

  it('sends nothing twice, however often and concurrently it is asked', async () => {
    const chat = session();
    await chat.start(0);
    store.add(1, 2);
    await Promise.all([chat.flush(), chat.flush(), chat.flush()]);
    expect(sequences()).toEqual([1, 2]);
  });

  it('keeps at most 512 messages on the way, and goes on as they arrive', async () => {
    store.add(...Array.from({ length: 1000 }, (_, index) => index + 1));
    const chat = session();
    await chat.start(0);
    expect(sequences()).toHaveLength(512);
    await chat.handleDelivered(10);
    expect(sequences()).toHaveLength(522);
    await chat.handleDelivered(522);
    expect(sequences()).toEqual(Array.from({ length: 1000 }, (_, index) => index + 1));
  });

  it('keeps some 2 MiB of long messages on the way, and goes on as they arrive', async () => {
    store.addTexts('x'.repeat(64 * 1024), ...Array.from({ length: 100 }, (_, index) => index + 1));
    const chat = session();
    await chat.start(0);
    expect(sequences()).toHaveLength(32);
    await chat.handleDelivered(2);
    expect(sequences()).toHaveLength(34);
  });

  it('sends nothing to a peer that takes no texts', async () => {
    store.add(1);
    await session(false).start(0);
    expect(sent).toEqual([]);
  });

  it('stores before it acknowledges, and shows after both', async () => {
    await session().receive([text(1)]);
    expect(store.log).toEqual(['stored 1', 'sent delivered']);
    expect(events).toEqual([expect.objectContaining({ type: 'message', text: 'ahoj' })]);
  });

  it('stores together what came together, acknowledges all of it at once, and shows it in order', async () => {
    await session().receive([text(1), text(2), text(2), text(3)]);
    expect(store.log).toEqual(['stored 1 2 2 3', 'sent delivered']);
    expect(sent).toEqual([{ type: 'delivered', sequence: 3 }]);
    expect(events).toHaveLength(3);
  });

  it('acknowledges a duplicate, and no more than was sent here, and does not show it again', async () => {
    const chat = session();
    await chat.receive([text(5)]);
    await chat.receive([text(5)]);
    await chat.receive([text(3)]);
    expect(sent).toEqual([5, 5, 3].map((sequence) => ({ type: 'delivered', sequence })));
    expect(events).toHaveLength(1);
  });

  it('acknowledges nothing that could not be stored', async () => {
    store.receive = () => Promise.reject(new Error('disk full'));
    await expect(session().receive([text(1)])).rejects.toThrow('disk full');
    expect(sent).toEqual([]);
  });

  it('refuses to hear of a message that was never sent', async () => {
    store.add(1);
    const chat = session();
    await chat.start(0);
    await expect(chat.handleDelivered(2)).rejects.toMatchObject({
      code: 'ERR_PROTOCOL',
    });
    expect(store.queued).toHaveLength(1);
  });

  it('refuses a cursor behind which no numbers are left', async () => {
    store.add(1);
    await expect(session().start(maximumSequence)).rejects.toMatchObject({ code: 'ERR_PROTOCOL' });
    expect(store.queued).toHaveLength(1);
    expect(sent).toEqual([]);
  });

  it('tells the peer what was seen while it was away, no further than its hello knows', async () => {
    store.seen = 9;
    await session(true, 7).start(0);
    expect(sent).toEqual([{ type: 'read', sequence: 7 }]);
  });

  it('tells what was seen once, and nothing of what came over another session or of another epoch', async () => {
    const chat = session();
    await chat.start(0);
    await chat.receive([text(5)]);
    for (const sequence of [5, 4, 5, 8]) chat.tellSeen({ epoch: peerEpoch, sequence });
    chat.tellSeen({ epoch: 'ff'.repeat(16), sequence: 9 });
    expect(sent.filter(({ type }) => type === 'read')).toEqual([{ type: 'read', sequence: 5 }]);
  });

  it('refuses to hear that a message was read that was never sent', async () => {
    store.add(1);
    const chat = session();
    await chat.start(0);
    await expect(chat.handleRead(2)).rejects.toMatchObject({ code: 'ERR_PROTOCOL' });
  });
});
