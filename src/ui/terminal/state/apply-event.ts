/** What events of a conversation change in what the screen shows. */
import type { ConversationEvent } from '../../../conversation/events.js';
import { describeError } from '../../text/describe-error.js';
import { describeEvent } from '../../text/describe-event.js';
import { showChange, showSent } from '../own-actions.js';
import type { ChatState } from './chat-state.js';
import type { Talk } from './talk.js';

/** A member who has not written for so long has stopped. */
const typingMs = 5_000;

/** Changes the state by an event. */
export function applyEvent(state: ChatState, event: ConversationEvent, now: Date): void {
  switch (event.type) {
    case 'target': {
      const talk = state.talkWith(event.member);
      if (state.current === state.lobby) leaveLobby(state, talk);
      return;
    }
    case 'waiting':
      state.waiting.set(event.who, event.reason?.message);
      return;
    case 'connected': {
      const talk = state.talkWith(event.peer.member);
      talk.peer = event.peer;
      talk.absence = undefined;
      state.waiting.delete(event.peer.member);
      tell(state, event, talk);
      return;
    }
    case 'disconnected': {
      const talk = state.talkWith(event.member);
      talk.peer = undefined;
      talk.absence = event.reason;
      talk.typingUntilMs = 0;
      tell(state, event, talk);
      return;
    }
    case 'message': {
      const { id, sentAt, text, replyTo, quoted, member } = event;
      const talk = state.talkWith(member);
      talk.typingUntilMs = 0;
      if (!state.isSeen(talk)) {
        talk.unread++;
        talk.firstUnreadId ??= id;
      }
      const reply = { isReply: replyTo !== undefined, quoted };
      const rest = { isEdited: false, state: 'received', reactions: {} } as const;
      state.add(talk, { kind: 'message', id, direction: 'in', at: sentAt, text, ...reply, ...rest });
      return;
    }
    case 'seen':
      state.talkWith(event.member).unread = 0;
      return;
    case 'outgoing':
      showSent(state, state.talkWith(event.member), event, event.sentAt);
      return;
    case 'outgoingChange':
      showChange(state.talkWith(event.member), event);
      return;
    case 'outgoingFile':
      state.putFile(state.talkWith(event.member), state.files.noteOutgoing(event), now);
      return;
    case 'edited':
      state.talkWith(event.member).items.changeMessage(event.id, 'in', () => ({ text: event.text, isEdited: true }));
      return;
    case 'deleted':
      state.talkWith(event.member).items.changeMessage(event.id, 'in', () => ({ text: undefined, reactions: {} }));
      return;
    case 'reaction':
      state.talkWith(event.member).items.changeMessage(event.id, undefined, ({ reactions }) => ({
        reactions: { ...reactions, in: event.emoji },
      }));
      return;
    case 'sent':
    case 'delivered':
    case 'read':
      state.talkWith(event.member).noteState(event.id, event.type);
      return;
    case 'typing':
      state.talkWith(event.member).typingUntilMs = now.getTime() + typingMs;
      return;
    case 'fileOffered':
    case 'fileStarted':
    case 'fileProgress':
    case 'filePaused':
    case 'fileResumed':
    case 'fileInterrupted':
    case 'fileDone':
    case 'fileDeclined':
    case 'fileFailed':
      state.putFile(state.talkWith(event.member), state.files.note(event), now);
      return;
    case 'callEnded': {
      const { member, id, direction, reason, durationMs, missed, error } = event;
      const talk = state.talkWith(member);
      if (missed && !state.isSeen(talk)) talk.unread++;
      state.add(talk, { kind: 'call', id, direction, at: now, outcome: { reason, durationMs, missed } });
      if (error !== undefined) state.say(describeError(error), true, talk);
      return;
    }
    case 'stopped':
    case 'outgoingFileOver':
      return;
    default:
      tell(state, event, 'member' in event ? state.talkWith(event.member) : state.current);
  }
}

function tell(state: ChatState, event: ConversationEvent, talk: Talk): void {
  const line = describeEvent(event);
  if (line !== undefined) state.say(line.text, false, talk);
}

/** Shows the first conversation, and what was told before it began: a link to the window is told only once. */
function leaveLobby(state: ChatState, talk: Talk): void {
  state.show(talk);
  for (const item of state.lobby.items.all) if (item.kind === 'notice') state.add(talk, item);
}
