/** Messages of one conversation. Pure. */
import type { JsonEvent, OwnEvent } from '../wire.js';
import { type Conversation, further, withEntry, withMessage } from './conversation.js';
import type { MessageEntry, Reaction } from './entries.js';

/** The events about messages. */
export type MessageEvent = Extract<
  JsonEvent | OwnEvent,
  {
    event:
      | 'message'
      | 'edited'
      | 'deleted'
      | 'reaction'
      | 'sent'
      | 'delivered'
      | 'read'
      | 'outgoing'
      | 'outgoingChange';
  }
>;

const names: readonly string[] = [
  ...(['message', 'edited', 'deleted', 'reaction'] as const),
  ...(['sent', 'delivered', 'read', 'outgoing', 'outgoingChange'] as const),
];

/** Whether an event is about a message. */
export function isMessageEvent(event: { readonly event: string }): event is MessageEvent {
  return names.includes(event.event);
}

/** What becomes of the messages; `self` is what we are called. */
export function reduceMessage(conversation: Conversation, event: MessageEvent, self: string): Conversation {
  const { id } = event;
  const change = (changes: (entry: MessageEntry) => Partial<MessageEntry>): Conversation =>
    withMessage(conversation, id, (entry) => ({ ...entry, ...changes(entry) }));
  switch (event.event) {
    case 'message':
      return { ...withEntry(conversation, messageEntry(event, 'in', 'received')), typingAtMs: 0 };
    case 'outgoing': {
      const { [id]: progress = 'queued', ...early } = conversation.early;
      // Whoever answers has seen what is above.
      return { ...withEntry(conversation, messageEntry(event, 'out', progress)), early, firstUnread: null };
    }
    case 'edited':
      return change(({ direction }) => (direction === 'in' ? { text: event.text, isEdited: true } : {}));
    case 'deleted':
      return change(({ direction }) => (direction === 'in' ? deleted : {}));
    case 'reaction':
      return change(({ reactions }) => ({ reactions: withReaction(reactions, event.member, event.emoji) }));
    case 'outgoingChange':
      switch (event.kind) {
        case 'edit':
          return change(() => ({ text: event.text ?? '', isEdited: true }));
        case 'delete':
          return change(() => deleted);
        case 'reaction':
          return change(({ reactions }) => ({ reactions: withReaction(reactions, self, event.emoji ?? '') }));
      }
      return conversation;
    case 'sent':
    case 'delivered':
    case 'read': {
      const isHere = conversation.entries.some((entry) => entry.type === 'message' && entry.id === id);
      if (isHere) return change(({ progress }) => ({ progress: further(progress, event.event) }));
      const known = conversation.early[id] ?? 'queued';
      // While nothing of the history is here, it says that itself.
      if (conversation.history === 'none') return conversation;
      return { ...conversation, early: { ...conversation.early, [id]: further(known, event.event) } };
    }
  }
}

const deleted = { text: null, reactions: [] } as const;

function messageEntry(
  { id, text, sentAt, replyTo }: { id: string; text: string; sentAt: string; replyTo?: string },
  direction: 'in' | 'out',
  progress: MessageEntry['progress'],
): MessageEntry {
  const atMs = Date.parse(sentAt);
  const answered = replyTo ?? null;
  return {
    type: 'message',
    key: id,
    id,
    direction,
    atMs,
    text,
    replyTo: answered,
    isEdited: false,
    reactions: [],
    progress,
  };
}

function withReaction(reactions: readonly Reaction[], from: string, emoji: string): readonly Reaction[] {
  const others = reactions.filter((one) => one.from !== from);
  return emoji === '' ? others : [...others, { from, emoji }];
}
