/** What we did, in whichever face, as the screen shows it. */
import type { ConversationEvent } from '../../conversation/events.js';
import type { ChatState } from './state/chat-state.js';
import type { NewItem } from './state/items.js';
import type { Talk } from './state/talk.js';

/** Shows a message of ours. */
export function showSent(
  state: ChatState,
  talk: Talk,
  { id, text, replyTo }: { readonly id: string; readonly text: string; readonly replyTo?: string },
  now: Date,
): void {
  const answered = talk.items.all.findLast((item) => item.kind === 'message' && item.id === replyTo);
  const quoted = answered?.kind === 'message' ? answered.text : undefined;
  const message: NewItem = {
    ...{ kind: 'message', id, direction: 'out', at: now, text, isReply: replyTo !== undefined, quoted },
    ...{ isEdited: false, state: talk.takeState(id), reactions: {} },
  };
  state.add(talk, message);
  // Who writes has seen what came before, and wants to see it.
  talk.scroll = undefined;
  talk.firstUnreadId = undefined;
  talk.unread = 0;
}

/** Shows what we made of a message. */
export function showChange(talk: Talk, change: Extract<ConversationEvent, { type: 'outgoingChange' }>): void {
  switch (change.kind) {
    case 'edit':
      talk.items.changeMessage(change.id, 'out', () => ({ text: change.text, isEdited: true }));
      return;
    case 'delete':
      talk.items.changeMessage(change.id, 'out', () => ({ text: undefined, reactions: {} }));
      return;
    case 'reaction':
      talk.items.changeMessage(change.id, undefined, ({ reactions }) => ({
        reactions: { ...reactions, out: change.emoji },
      }));
  }
}
