/** What every event and every deed of the user makes of what the window knows. Pure. */
import { isVoicemail } from '../text/file-names.js';
import type { WireContact, WireEvent, WireMessage } from '../wire.js';
import {
  type AppState,
  type Contact,
  conversationWith,
  initialState,
  type Notice,
  putContact,
  putConversation,
  putNotice,
} from './app-state.js';
import { empty } from './by-name.js';
import { callBegun, callOf, isCallEvent, reduceCall } from './call.js';
import { emptyConversation, withChanged, withEntry, withHistory, withOlder } from './conversation.js';
import type { FileEntry } from './entries.js';
import { fileEntryOf } from './file-entry.js';
import { isFileEvent, noteOutgoing, reduceFile } from './files.js';
import { isMessageEvent, reduceMessage } from './messages.js';

/** What the user or the page does. */
export type Deed =
  | { readonly deed: 'historyAsked'; readonly member: string }
  | {
      readonly deed: 'historyCame';
      readonly member: string;
      readonly messages: readonly WireMessage[];
      readonly limit: number;
    }
  | {
      readonly deed: 'olderCame';
      readonly member: string;
      readonly messages: readonly WireMessage[];
      readonly limit: number;
    }
  | { readonly deed: 'historyFailed'; readonly member: string }
  | { readonly deed: 'seen'; readonly member: string }
  | { readonly deed: 'left'; readonly member: string }
  | { readonly deed: 'typingOver'; readonly member: string }
  | { readonly deed: 'contactsCame'; readonly contacts: readonly WireContact[] }
  | { readonly deed: 'uploadBegan'; readonly member: string; readonly entry: FileEntry }
  | {
      readonly deed: 'uploadChanged';
      readonly member: string;
      readonly key: string;
      readonly changes: Partial<FileEntry>;
    }
  | { readonly deed: 'uploadGone'; readonly member: string; readonly key: string }
  | { readonly deed: 'callBegan'; readonly member: string; readonly id: string }
  | { readonly deed: 'muted'; readonly isOn: boolean }
  | { readonly deed: 'callClosed' }
  | { readonly deed: 'noticed'; readonly notice: Omit<Notice, 'id'> }
  | { readonly deed: 'noticeClosed'; readonly id: number };

/** What an event is judged by. */
export interface Circumstances {
  readonly nowMs: number;
  /** Whose conversation somebody looks at, to its end. */
  readonly watched: string | undefined;
}

/** What an event makes of it. */
export function reduceEvent(state: AppState, event: WireEvent, { nowMs, watched }: Circumstances): AppState {
  if (isCallEvent(event)) return reduceCallEvent(state, event, nowMs);
  if (isFileEvent(event)) return reduceFileEvent(state, event, watched);
  if (isMessageEvent(event)) return reduceMessageEvent(state, event, watched);
  switch (event.event) {
    case 'hello':
      return hello(state, event, nowMs);
    case 'contact':
      return putContact(state, event.member, contactOf(event, state.contacts[event.member]));
    case 'connected':
      return putContact(state, event.member, { isHere: true, whyAway: null, standing: 'good' });
    case 'disconnected':
      return putContact(state, event.member, { isHere: false, whyAway: event.reason, lastSeenAt: event.at });
    case 'typing':
      return putConversation(state, event.member, { ...conversationWith(state, event.member), typingAtMs: nowMs });
    case 'outgoingFile': {
      const next = putContact(state, event.member, {
        last: null,
        lastText: fileText(event.name),
        lastAtMs: Date.parse(event.at),
      });
      return putConversation(next, event.member, noteOutgoing(conversationWith(next, event.member), event));
    }
    case 'listening':
      return { ...state, port: event.port };
    case 'waiting':
      return { ...state, waiting: { who: event.who, reason: event.reason?.message ?? null } };
    case 'target':
      return { ...state, waiting: null };
    case 'renewed':
      return state.self === null ? state : { ...state, self: { ...state.self, notAfter: event.notAfter } };
    case 'renewalFailed':
      return putNotice(state, {
        kind: 'error',
        text: `Your certificate ends on ${event.notAfter.slice(0, 10)} and could not be renewed`,
        hint: event.reason.message,
      });
    case 'refused':
      return putNotice(state, {
        kind: 'info',
        text: `Somebody was not let in: ${event.reason.message}`,
        hint: event.reason.hint,
      });
    case 'notice':
      return putNotice(state, { kind: 'info', text: event.text, hint: null });
    case 'question': {
      const others = state.questions.filter(({ id }) => id !== event.id);
      const { id, text } = event;
      return { ...state, questions: text === null ? others : [...others, { id, text }] };
    }
    case 'revocation':
    case 'announced':
    case 'changeRefused':
      return state;
  }
  // An event of a newer program than this page.
  return state;
}

/** What a deed makes of it. */
export function reduceDeed(state: AppState, deed: Deed): AppState {
  switch (deed.deed) {
    case 'historyAsked':
      return putConversation(state, deed.member, { ...conversationWith(state, deed.member), history: 'loading' });
    case 'historyFailed':
      return putConversation(state, deed.member, { ...conversationWith(state, deed.member), history: 'none' });
    case 'historyCame': {
      const { member, messages, limit } = deed;
      const unread = state.contacts[member]?.unread ?? 0;
      return putConversation(state, member, withHistory(conversationWith(state, member), messages, { limit, unread }));
    }
    case 'olderCame':
      return putConversation(
        state,
        deed.member,
        withOlder(conversationWith(state, deed.member), deed.messages, deed.limit),
      );
    case 'seen':
      return state.contacts[deed.member]?.unread ? putContact(state, deed.member, { unread: 0 }) : state;
    case 'left':
      return putConversation(state, deed.member, { ...conversationWith(state, deed.member), firstUnread: null });
    case 'typingOver':
      return putConversation(state, deed.member, { ...conversationWith(state, deed.member), typingAtMs: 0 });
    case 'contactsCame':
      return deed.contacts.reduce<AppState>(
        (all, contact) => putContact(all, contact.member, contactOf(contact, all.contacts[contact.member])),
        { ...state, contacts: empty },
      );
    case 'uploadBegan':
      return putConversation(state, deed.member, withEntry(conversationWith(state, deed.member), deed.entry));
    case 'uploadChanged':
      return putConversation(
        state,
        deed.member,
        withChanged(
          conversationWith(state, deed.member),
          // Once the transfer has begun, the program says how it stands.
          (entry) => entry.key === deed.key && entry.type === 'file' && entry.state === 'uploading',
          (entry) => (entry.type === 'file' ? { ...entry, ...deed.changes } : entry),
        ),
      );
    case 'uploadGone': {
      const conversation = conversationWith(state, deed.member);
      const entries = conversation.entries.filter(({ key }) => key !== deed.key);
      return putConversation(state, deed.member, { ...conversation, entries });
    }
    case 'callBegan':
      return state.call?.id === deed.id ? state : { ...state, call: callBegun(deed.member, deed.id) };
    case 'muted':
      return state.call === null ? state : { ...state, call: { ...state.call, isMuted: deed.isOn } };
    case 'callClosed':
      return state.call?.phase === 'ended' ? { ...state, call: null } : state;
    case 'noticed':
      return putNotice(state, deed.notice);
    case 'noticeClosed':
      return { ...state, notices: state.notices.filter(({ id }) => id !== deed.id) };
  }
}

function hello(state: AppState, event: Extract<WireEvent, { event: 'hello' }>, nowMs: number): AppState {
  const { self, contacts, files, call, settings = {} } = event;
  const { notices, noticeCount } = state;
  let next: AppState = { ...initialState, isReady: true, self, settings, notices, noticeCount };
  // What this tab still reads for the program is known to nobody else.
  for (const [member, { entries }] of Object.entries(state.conversations)) {
    const kept = entries.filter((entry) => entry.type === 'file' && entry.state === 'uploading');
    if (kept.length > 0) next = putConversation(next, member, { ...emptyConversation, entries: kept });
  }
  for (const contact of contacts) next = putContact(next, contact.member, contactOf(contact, undefined));
  for (const file of files) {
    const conversation = conversationWith(next, file.member);
    next = putConversation(next, file.member, withEntry(conversation, fileEntryOf(file, nowMs)));
  }
  return { ...next, call: call === null ? null : callOf(call, nowMs) };
}

function contactOf(contact: WireContact, known: Contact | undefined): Contact {
  const { last, ...rest } = contact;
  const named = last ? { id: last.id, direction: last.direction } : (known?.last ?? null);
  const lastText = last ? lastTextOf(last) : (known?.lastText ?? '');
  const lastAtMs = last ? Date.parse(last.sentAt) : (known?.lastAtMs ?? 0);
  // The program notes when they came; when they went, this page has seen.
  const lastSeenAt = [contact.lastSeenAt, known?.lastSeenAt].reduce<string | null>(
    (latest, one) => (one && (latest === null || Date.parse(one) > Date.parse(latest)) ? one : latest),
    null,
  );
  return {
    ...rest,
    lastSeenAt,
    last: named,
    lastText,
    lastAtMs,
    whyAway: contact.isHere ? null : (known?.whyAway ?? null),
  };
}

const deletedText = 'A deleted message';

function fileText(name: string): string {
  return isVoicemail(name) ? 'Voice message' : `File: ${name}`;
}

function callText(missed: boolean): string {
  return missed ? 'Missed call' : 'Call';
}

function lastTextOf({ text, call, file }: WireMessage): string {
  if (file) return fileText(file.name);
  if (call !== null) return callText(call.missed);
  return text ?? deletedText;
}

function reduceMessageEvent(
  state: AppState,
  event: Parameters<typeof reduceMessage>[1],
  watched: string | undefined,
): AppState {
  const { member } = event;
  const before = conversationWith(state, member);
  const after = reduceMessage(before, event, state.self?.member ?? '');
  let next = putConversation(state, member, after);
  if (event.event === 'message' || event.event === 'outgoing') {
    const last = { id: event.id, direction: event.event === 'message' ? 'in' : 'out' } as const;
    next = putContact(next, member, { last, lastText: event.text, lastAtMs: Date.parse(event.at) });
  }
  const text = changedText(event);
  const last = state.contacts[member]?.last;
  // Nobody is to read in the list what was taken back.
  if (
    text !== undefined &&
    last?.id === event.id &&
    last.direction === (event.event === 'outgoingChange' ? 'out' : 'in')
  ) {
    next = putContact(next, member, { lastText: text });
  }
  if (event.event === 'message' && after.entries !== before.entries) next = unseen(next, member, event.id, watched);
  return next;
}

/** What a message says from now on; undefined where the event does not change that. */
function changedText(event: Parameters<typeof reduceMessage>[1]): string | undefined {
  switch (event.event) {
    case 'edited':
      return event.text;
    case 'deleted':
      return deletedText;
    case 'outgoingChange':
      if (event.kind === 'reaction') return undefined;
      return event.kind === 'delete' ? deletedText : (event.text ?? '');
  }
  return undefined;
}

function reduceFileEvent(
  state: AppState,
  event: Parameters<typeof reduceFile>[1],
  watched: string | undefined,
): AppState {
  const { member, direction } = event;
  const before = conversationWith(state, member);
  const after = reduceFile(before, event);
  const next = putConversation(state, member, after);
  if (after.entries.length === before.entries.length || event.event === 'fileProgress') return next;
  const described = putContact(next, member, {
    last: null,
    lastText: fileText(event.name),
    lastAtMs: Date.parse(event.at),
  });
  const key = after.entries.at(-1)?.key;
  return direction === 'in' && key !== undefined ? unseen(described, member, key, watched) : described;
}

function unseen(state: AppState, member: string, key: string, watched: string | undefined): AppState {
  const conversation = conversationWith(state, member);
  const unread = (state.contacts[member]?.unread ?? 0) + 1;
  // What was not loaded yet finds its first unread message by their number.
  const isNew = member !== watched && conversation.history === 'loaded';
  const firstUnread = conversation.firstUnread ?? (isNew ? key : null);
  return putConversation(putContact(state, member, { unread }), member, { ...conversation, firstUnread });
}

function reduceCallEvent(state: AppState, event: Parameters<typeof reduceCall>[1], nowMs: number): AppState {
  const next = { ...state, call: reduceCall(state.call, event, nowMs) };
  if (event.event !== 'callEnded') return next;
  const { member, id, direction, reason, durationMs, missed } = event;
  const atMs = Date.parse(event.at) - durationMs;
  const entry = { type: 'call', key: id, id, direction, atMs, outcome: { reason, durationMs, missed } } as const;
  const described = putContact(next, member, {
    last: null,
    lastText: callText(missed),
    lastAtMs: Date.parse(event.at),
  });
  return putConversation(described, member, withEntry(conversationWith(described, member), entry));
}
