/** One conversation as the window knows it, and how its entries change. Pure. */
import type { WireMessage } from '../wire.js';
import type { Entry, MessageEntry, MessageProgress } from './entries.js';
import { arrivedEntry } from './file-entry.js';

/** One conversation. */
export interface Conversation {
  /** The oldest first. */
  readonly entries: readonly Entry[];
  /** Whether the newest part of the history is here. */
  readonly history: 'none' | 'loading' | 'loaded';
  readonly hasOlder: boolean;
  /** The key of the first entry that came while nobody looked. */
  readonly firstUnread: string | null;
  /** When the member was last known to be writing; 0 for not. */
  readonly typingAtMs: number;
  /** How far messages have come that are not here yet. */
  readonly early: Readonly<Record<string, MessageProgress>>;
}

/** One of which nothing was read yet. */
export const emptyConversation: Conversation = {
  entries: [],
  history: 'none',
  hasOlder: false,
  firstUnread: null,
  typingAtMs: 0,
  early: {},
};

const order: readonly MessageProgress[] = ['queued', 'sent', 'delivered', 'read'];

/** The further one of two. */
export function further(one: MessageProgress, other: MessageProgress): MessageProgress {
  return order.indexOf(other) > order.indexOf(one) ? other : one;
}

/** An entry of the history. */
export function entryOf(message: WireMessage): Entry {
  const { id, direction, text, replyTo, editedAt, reactions, state, call, file } = message;
  const common = { key: id, id, direction, atMs: Date.parse(message.sentAt) };
  if (call !== null) return { type: 'call', ...common, outcome: call };
  if (file) return arrivedEntry(message, file);
  return { type: 'message', ...common, text, replyTo, isEdited: editedAt !== null, reactions, progress: state };
}

/** Puts an entry last; nothing changes where one of that id is here. */
export function withEntry(conversation: Conversation, entry: Entry): Conversation {
  if (findLast(conversation.entries, (one) => one.key === entry.key) >= 0) return conversation;
  return { ...conversation, entries: [...conversation.entries, entry] };
}

/** Changes the newest entry for which `isIt` is true. */
export function withChanged(
  conversation: Conversation,
  isIt: (entry: Entry) => boolean,
  change: (entry: Entry) => Entry,
): Conversation {
  const index = findLast(conversation.entries, isIt);
  const entry = conversation.entries[index];
  if (entry === undefined) return conversation;
  const changed = change(entry);
  return changed === entry ? conversation : { ...conversation, entries: conversation.entries.with(index, changed) };
}

/** Changes a message, where it is here. */
export function withMessage(
  conversation: Conversation,
  id: string,
  change: (entry: MessageEntry) => MessageEntry,
): Conversation {
  return withChanged(
    conversation,
    (entry) => entry.type === 'message' && entry.id === id,
    (entry) => (entry.type === 'message' ? change(entry) : entry),
  );
}

/** Puts the newest part of the history below what came meanwhile. */
export function withHistory(
  conversation: Conversation,
  messages: readonly WireMessage[],
  { limit, unread }: { limit: number; unread: number },
): Conversation {
  const loaded = messages.map(entryOf);
  const known = new Map(conversation.entries.map((entry) => [entry.key, entry]));
  // What came live is newer than what was read of the disk meanwhile.
  const merged = loaded.map((entry) => known.get(entry.key) ?? entry);
  const keys = new Set(loaded.map(({ key }) => key));
  const rest = conversation.entries.filter(({ key }) => !keys.has(key));
  // Files on their way are in no history: they go where their time is.
  const entries = [...merged];
  for (const entry of rest) entries.splice(placeFor(entries, entry), 0, entry);
  const firstUnread = conversation.firstUnread ?? nthUnread(entries, unread);
  return { ...conversation, entries, history: 'loaded', hasOlder: messages.length >= limit, firstUnread };
}

/** Puts older messages above the others. */
export function withOlder(conversation: Conversation, messages: readonly WireMessage[], limit: number): Conversation {
  const known = new Set(conversation.entries.map(({ key }) => key));
  const older = messages.map(entryOf).filter(({ key }) => !known.has(key));
  return { ...conversation, entries: [...older, ...conversation.entries], hasOlder: messages.length >= limit };
}

/** The oldest entry of the history: what older ones are asked for by. */
export function oldestId({ entries }: Conversation): string | undefined {
  // A file is in the history once it has arrived.
  return entries.find((entry) => entry.type !== 'file' || entry.state === 'done')?.id;
}

function placeFor(entries: readonly Entry[], { atMs }: Entry): number {
  return findLast(entries, (one) => one.atMs <= atMs) + 1;
}

function nthUnread(entries: readonly Entry[], unread: number): string | null {
  let left = unread;
  for (let index = entries.length - 1; index >= 0 && left > 0; index -= 1) {
    const entry = entries[index];
    if (entry?.type !== 'message' || entry.direction !== 'in') continue;
    left -= 1;
    if (left === 0) return entry.key;
  }
  return null;
}

function findLast(entries: readonly Entry[], isIt: (entry: Entry) => boolean): number {
  return entries.findLastIndex(isIt);
}
