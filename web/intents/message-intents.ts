/** What the user does with messages. */
import { conversationWith } from '../state/app-state.js';
import { oldestId } from '../state/conversation.js';
import type { MessageEntry } from '../state/entries.js';
import type { Store } from '../store.js';
import { stopComposing } from './compose-intents.js';

const firstPage = 60;
const page = 200;
const typingEveryMs = 3_000;
/** The longest text, in octets of UTF-8, as the protocol has it. */
const maximumTextBytes = 64 * 1024;

/** Sends a text, or puts it in place of the one that is being changed; whether that worked. */
export async function sendText(store: Store, member: string, text: string): Promise<boolean> {
  if (new TextEncoder().encode(text).length > maximumTextBytes) {
    store.fail(new Error('This is too long for one message: send it as a file, or in parts'));
    return false;
  }
  const composing = store.composing.peek();
  try {
    if (composing?.mode === 'edit') {
      const { id } = composing.entry;
      if (text !== composing.entry.text) await store.connection.run('edit', { member, id, text });
    } else {
      const replyTo = composing?.entry.id;
      await store.connection.run('send', { member, text, ...(replyTo !== undefined && { replyTo }) });
    }
    if (composing !== undefined && store.composing.peek() === composing) stopComposing(store, member);
    return true;
  } catch (error) {
    store.fail(error);
    return false;
  }
}

/** Takes a message back, on both sides, after a question. */
export function deleteMessage(store: Store, member: string, { id }: MessageEntry): void {
  store.asked.value = {
    title: 'Delete this message?',
    text: 'It is deleted here and on the other side. Who has read it may remember it.',
    yes: 'Delete',
    isDangerous: true,
    onYes: () => {
      store.connection.run('delete', { member, id }).catch((error) => store.fail(error));
    },
  };
}

/** Says what we think of a message; the same again takes it back. */
export function react(store: Store, member: string, entry: MessageEntry, emoji: string): void {
  const self = store.self.peek()?.member;
  const isTakenBack = entry.reactions.some((one) => one.from === self && one.emoji === emoji);
  store.connection
    .run('react', { member, id: entry.id, emoji: isTakenBack ? '' : emoji })
    .catch((error) => store.fail(error));
}

/** Says that somebody is writing, seldom enough. */
export function tellTyping(store: Store, member: string): void {
  if (Date.now() - store.toldTypingAtMs < typingEveryMs || !store.state.peek().contacts[member]?.isHere) return;
  store.toldTypingAtMs = Date.now();
  store.connection.send({ command: 'typing', member });
}

/** Reads the newest part of the history, unless it is here. */
export async function loadHistory(store: Store, member: string): Promise<void> {
  if (conversationWith(store.state.peek(), member).history !== 'none') return;
  store.do({ deed: 'historyAsked', member });
  try {
    const { messages } = await store.connection.run('history', { member, limit: firstPage });
    store.do({ deed: 'historyCame', member, messages, limit: firstPage });
  } catch (error) {
    store.do({ deed: 'historyFailed', member });
    store.fail(error);
  }
}

/** Reads older messages, where there are any; whether some came. Whoever asks meanwhile waits for the same. */
export function loadOlder(store: Store, member: string): Promise<boolean> {
  const known = store.olderLoads.get(member);
  if (known !== undefined) return known;
  const work = readOlder(store, member).finally(() => store.olderLoads.delete(member));
  store.olderLoads.set(member, work);
  return work;
}

async function readOlder(store: Store, member: string): Promise<boolean> {
  const conversation = conversationWith(store.state.peek(), member);
  const before = oldestId(conversation);
  if (!conversation.hasOlder || before === undefined) return false;
  try {
    const { messages } = await store.connection.run('history', { member, limit: page, before });
    store.do({ deed: 'olderCame', member, messages, limit: page });
    return messages.length > 0;
  } catch (error) {
    store.fail(error);
    return false;
  }
}

/** Shows a message, wherever in the history it is. */
export async function seekMessage(store: Store, member: string, id: string): Promise<void> {
  for (;;) {
    const entry = conversationWith(store.state.peek(), member).entries.find((one) => one.id === id);
    if (entry !== undefined) {
      store.sought.value = entry.key;
      return;
    }
    if (!(await loadOlder(store, member))) {
      store.tell('That message is not here any more');
      return;
    }
  }
}

/** Says that everything in the conversation that is looked at was seen. */
export function markSeen(store: Store, member: string): void {
  const { entries, history } = conversationWith(store.state.peek(), member);
  if (history !== 'loaded') return;
  const last = entries.findLast((entry) => entry.type === 'message' && entry.direction === 'in');
  if (last !== undefined) store.connection.send({ command: 'read', member, id: last.id });
  store.do({ deed: 'seen', member });
}
