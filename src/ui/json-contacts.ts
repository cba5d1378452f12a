/** Contacts as JSON objects: the stable form for programs. */
import type { Conversation } from '../conversation/conversation.js';
import type { Contact } from '../store/contacts.js';
import { historyToJson } from './json-history.js';

/** All of them. */
export async function contactsToJson(conversation: Conversation): Promise<object[]> {
  const [contacts, meetings] = await Promise.all([conversation.contacts.list(), conversation.contacts.lastMeetings()]);
  return Promise.all(contacts.map((contact) => contactSummary(conversation, contact, meetings)));
}

/** One of them; undefined where that member is none. */
export async function contactToJsonOf(conversation: Conversation, member: string): Promise<object | undefined> {
  const { contacts } = conversation;
  const [contact, meetings] = await Promise.all([contacts.find(member), contacts.lastMeetings()]);
  return contact && contactSummary(conversation, contact, meetings);
}

async function contactSummary(
  conversation: Conversation,
  contact: Contact,
  meetings: ReadonlyMap<string, Date>,
): Promise<object> {
  const { member, nick = null } = contact;
  const { messages, self } = conversation;
  const [unread, [last], others] = await Promise.all([
    messages.countUnread(member),
    messages.recent(member, 1),
    conversation.contacts.shownKeys(contact),
  ]);
  return {
    member,
    name: nick,
    isHere: conversation.isHere(member),
    standing: standingOf(contact, others.length > 0),
    lastSeenAt: meetings.get(member)?.toISOString() ?? null,
    unread,
    last: last === undefined ? null : historyToJson(last, { self, peer: member }),
  };
}

function standingOf({ blocked, spkiSha256 }: Contact, hasShownAnother: boolean): string {
  if (blocked) return 'blocked';
  if (hasShownAnother) return 'changed';
  return spkiSha256 === undefined ? 'new' : 'good';
}
