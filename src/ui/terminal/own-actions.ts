/** What the user did, as the screen shows it. */
import type { OwnAction } from '../commands/command.js';
import type { ChatState } from './state/chat-state.js';
import type { NewItem } from './state/items.js';
import type { Talk } from './state/talk.js';

/** Shows a message that was sent. */
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
  // Who writes wants to see it.
  talk.scroll = undefined;
  talk.firstUnreadId = undefined;
  talk.unread = 0;
}

/** Shows what a command did. */
export function showOwn(state: ChatState, talk: Talk, action: OwnAction, now: Date): void {
  switch (action.type) {
    case 'message':
      showSent(state, talk, action, now);
      return;
    case 'edited':
      talk.items.changeMessage(action.id, 'out', () => ({ text: action.text, isEdited: true }));
      return;
    case 'deleted':
      talk.items.changeMessage(action.id, 'out', () => ({ text: undefined, reactions: {} }));
      return;
    case 'reaction':
      talk.items.changeMessage(action.id, undefined, ({ reactions }) => ({
        reactions: { ...reactions, out: action.emoji },
      }));
      return;
    case 'file': {
      // It may have gone far meanwhile.
      state.putFile(talk, state.files.asItIs(action.file), now);
    }
  }
}
