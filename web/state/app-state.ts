/** Everything that the window knows. Types, and the state in which it begins. */
import type { WireContact, WireSelf } from '../wire.js';
import { type ByName, empty, withName } from './by-name.js';
import type { CallState } from './call.js';
import { type Conversation, emptyConversation } from './conversation.js';

/** A member we know, with what the list shows. */
export interface Contact extends Omit<WireContact, 'last'> {
  /** The newest text, and when it was written. */
  readonly lastText: string;
  /** Which message that is of; null for none, and where it is not known. */
  readonly last: { readonly id: string; readonly direction: 'in' | 'out' } | null;
  readonly lastAtMs: number;
  /** Why the member is not here, where that is known. */
  readonly whyAway: string | null;
}

/** Something to tell that belongs to no message. */
export interface Notice {
  readonly id: number;
  readonly kind: 'info' | 'error';
  readonly text: string;
  readonly hint: string | null;
}

/** A question that the program asks. */
export interface Question {
  readonly id: string;
  readonly text: string;
}

/** Everything that the window knows. */
export interface AppState {
  /** Whether the program has said who we are. */
  readonly isReady: boolean;
  /** Null where this home has no identity yet. */
  readonly self: WireSelf | null;
  readonly contacts: ByName<Contact>;
  readonly conversations: ByName<Conversation>;
  readonly call: CallState | null;
  readonly notices: readonly Notice[];
  /** How many notices there have been. */
  readonly noticeCount: number;
  readonly questions: readonly Question[];
  readonly settings: Readonly<Record<string, string>>;
  /** Where peers may call. */
  readonly port: number | null;
  /** Whom the conversation dials, and what the last attempt met. */
  readonly waiting: { readonly who: string; readonly reason: string | null } | null;
}

/** What is known before the program has said anything. */
export const initialState: AppState = {
  isReady: false,
  self: null,
  contacts: empty,
  conversations: empty,
  call: null,
  notices: [],
  noticeCount: 0,
  questions: [],
  settings: {},
  port: null,
  waiting: null,
};

/** The conversation with a member, empty where there was none. */
export function conversationWith(state: AppState, member: string): Conversation {
  return state.conversations[member] ?? emptyConversation;
}

/** The same state with another conversation. */
export function putConversation(state: AppState, member: string, conversation: Conversation): AppState {
  if (state.conversations[member] === conversation) return state;
  return { ...state, conversations: withName(state.conversations, member, conversation) };
}

/** The same state with a contact changed; one that is not known begins as somebody new. */
export function putContact(state: AppState, member: string, change: Partial<Contact>): AppState {
  const contact: Contact = state.contacts[member] ?? {
    member,
    isHere: false,
    standing: 'good',
    lastSeenAt: null,
    unread: 0,
    lastText: '',
    last: null,
    lastAtMs: 0,
    whyAway: null,
  };
  return { ...state, contacts: withName(state.contacts, member, { ...contact, ...change }) };
}

/** The same state with one more notice; the oldest goes where there are many. */
export function putNotice(state: AppState, notice: Omit<Notice, 'id'>): AppState {
  const id = state.noticeCount + 1;
  return { ...state, noticeCount: id, notices: [...state.notices.slice(-3), { id, ...notice }] };
}
