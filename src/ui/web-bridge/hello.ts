/** How everything stands at the moment when a tab comes: the first thing that it is told. */
import type { Conversation } from '../../conversation/conversation.js';
import type { BookedFile, FileBook } from '../commands/file-book.js';
import type { Settings } from '../commands/settings.js';
import { contactsToJson } from '../json-contacts.js';

/** What a tab is told where there is no identity yet. */
export const helloOfNobody = { event: 'hello', self: null, contacts: [], files: [], call: null, settings: {} } as const;

/** What it is told where there is one. */
export async function helloOf(conversation: Conversation, files: FileBook, settings: Settings): Promise<object> {
  const contacts = await contactsToJson(conversation);
  const { self: member, circleId, notAfter, ownKey = null, calls, targetMember } = conversation;
  return {
    event: 'hello',
    self: { member, circleId, notAfter: notAfter.toISOString(), ownKey },
    contacts,
    target: targetMember ?? null,
    files: files.open.map(fileToJson),
    call: callToJson(calls.current),
    settings: settings.shown,
  };
}

function fileToJson(file: BookedFile): object {
  const { member, id, direction, name, sizeBytes, isFolder, doneBytes } = file;
  return {
    ...{ member, id: id ?? null, direction, name, sizeBytes: sizeBytes ?? null, doneBytes, state: stateOf(file) },
    ...(isFolder && { isFolder }),
  };
}

function stateOf({ state, direction }: BookedFile): string {
  if (state === 'interrupted' || (state === 'offered' && direction === 'out')) return 'waiting';
  return state === 'cancelled' ? 'failed' : state;
}

function callToJson(call: Conversation['calls']['current']): object | null {
  if (call === undefined) return null;
  const { member, id, direction, state, isMuted, durationMs = null } = call;
  return { member, id, direction, state, isMuted, durationMs };
}
