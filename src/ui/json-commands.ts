/**
 * Commands of programs, one JSON object a line, and how they are carried out on the conversation. docs/JSONL.md
 * describes them; what happens because of them comes as events.
 */
import { basename } from 'node:path';
import * as v from 'valibot';
import type { OpenMedia } from '../calls/media.js';
import type { Conversation } from '../conversation/conversation.js';
import { QTChatError } from '../errors.js';
import type { HistoryEntry } from '../store/history.js';
import { historyToJson } from './json-history.js';
import { isPeopleCommand, peopleSchemas, runPeopleCommand } from './json-people.js';
import { type CommandOf, refSchema as ref } from './read-command.js';

const id = v.pipe(v.string(), v.regex(/^[0-9a-f-]{8,36}$/));
const text = v.string();
const limit = v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(200)), 20);
/** Whom it concerns: whatever names a contact; where it is left out, the one whom the chat is with. */
const common = { ref, member: v.optional(v.string()) };
const offer = { ref, id: v.optional(v.string()) };

/** Of a microphone or speaker: null is the system's choice. */
const device = v.optional(v.nullable(v.pipe(v.string(), v.minLength(1), v.maxLength(256))));

/** Every command and its fields. */
export const commandSchemas = {
  send: v.strictObject({ command: v.literal('send'), ...common, text, replyTo: v.optional(id) }),
  edit: v.strictObject({ command: v.literal('edit'), ...common, id, text }),
  delete: v.strictObject({ command: v.literal('delete'), ...common, id }),
  react: v.strictObject({ command: v.literal('react'), ...common, id, emoji: v.string() }),
  read: v.strictObject({ command: v.literal('read'), ...common, id }),
  typing: v.strictObject({ command: v.literal('typing'), ...common }),
  file: v.strictObject({ command: v.literal('file'), ...common, path: v.pipe(v.string(), v.minLength(1)) }),
  accept: v.strictObject({ command: v.literal('accept'), ...offer }),
  decline: v.strictObject({ command: v.literal('decline'), ...offer }),
  pause: v.strictObject({ command: v.literal('pause'), ...common, name: v.optional(v.string()) }),
  resume: v.strictObject({ command: v.literal('resume'), ...common, name: v.optional(v.string()) }),
  cancel: v.strictObject({ command: v.literal('cancel'), ...common, name: v.optional(v.string()) }),
  history: v.strictObject({ command: v.literal('history'), ...common, limit, before: v.optional(v.string()) }),
  search: v.strictObject({ command: v.literal('search'), ...common, text: v.pipe(v.string(), v.minLength(1)), limit }),
  ...peopleSchemas,
  call: v.strictObject({ command: v.literal('call'), ...common }),
  answer: v.strictObject({ command: v.literal('answer'), ref }),
  reject: v.strictObject({ command: v.literal('reject'), ref }),
  hangup: v.strictObject({ command: v.literal('hangup'), ref }),
  mute: v.strictObject({ command: v.literal('mute'), ref, isOn: v.boolean() }),
  devices: v.strictObject({ command: v.literal('devices'), ref, input: device, output: device }),
  quit: v.strictObject({ command: v.literal('quit'), ref }),
} as const;

/** One command. */
export type JsonCommand = CommandOf<typeof commandSchemas>;

const concernNobody: readonly JsonCommand['command'][] = [
  ...(['contacts', 'accept', 'decline', 'answer', 'reject', 'hangup', 'mute', 'devices', 'quit'] as const),
];

/** Tells whether a command cannot be carried out before it is known whom the chat is with. */
export function needsRecipient(command: JsonCommand): boolean {
  return !concernNobody.includes(command.command) && !('member' in command && command.member !== undefined);
}

/**
 * Carries a command out; `quit` is up to the caller.
 *
 * @param member - whom it concerns
 * @param openMedia - what opens the sound of a call; as the conversation does when left out
 * @returns the fields of the answer
 * @throws {QTChatError} what the conversation throws
 */
export async function runCommand(
  command: JsonCommand,
  conversation: Conversation,
  member: string,
  openMedia?: OpenMedia,
): Promise<object> {
  if (isPeopleCommand(command)) return runPeopleCommand(command, conversation, member);
  const { messages, calls } = conversation;
  const toJson = (entry: HistoryEntry): object => historyToJson(entry, { self: conversation.self, peer: member });
  const find = (start: string): Promise<string> => messages.find(member, start, 'in');
  switch (command.command) {
    case 'send': {
      const { text, replyTo } = command;
      return { member, id: await messages.send(member, text, replyTo === undefined ? undefined : await find(replyTo)) };
    }
    case 'edit':
      return { member, id: await messages.edit(member, await find(command.id), command.text) };
    case 'delete':
      return { member, id: await messages.delete(member, await find(command.id)) };
    case 'react':
      return { member, id: await messages.react(member, await find(command.id), command.emoji) };
    case 'read':
      await messages.markSeen(member, await find(command.id));
      return { member };
    case 'typing':
      await messages.tellTyping(member);
      return { member };
    case 'file':
      await conversation.files.send(member, command.path);
      return { member, name: basename(command.path) };
    case 'accept':
    case 'decline':
      if (conversation.files.answer(command.command, command.id)) return {};
      throw new QTChatError('ERR_USAGE', 'no such file is offered now');
    case 'pause':
    case 'resume':
      return { member, count: conversation.files.pause(member, command.command === 'pause', command.name) };
    case 'cancel':
      return { member, count: conversation.files.cancel(member, command.name) };
    case 'history': {
      const { limit, before } = command;
      const entries = await (before === undefined
        ? messages.recent(member, limit)
        : messages.before(member, { id: before }, limit));
      return { member, messages: entries.map(toJson) };
    }
    case 'search': {
      const found: HistoryEntry[] = [];
      for await (const entry of messages.search(member, command.text)) {
        found.push(entry);
        if (found.length > command.limit) found.shift();
      }
      return { member, messages: found.map(toJson) };
    }
    case 'call':
      return { member, id: await calls.call(member, openMedia) };
    case 'answer':
      calls.answer(openMedia);
      return {};
    case 'reject':
      calls.reject();
      return {};
    case 'hangup':
      calls.hangUp();
      return {};
    case 'mute':
      calls.mute(command.isOn);
      return {};
    case 'devices': {
      const { input, output } = command;
      const chosen = (name: string | null): string | undefined => name ?? undefined;
      await calls.useDevices({
        ...(input !== undefined && { input: chosen(input) }),
        ...(output !== undefined && { output: chosen(output) }),
      });
      const { devices } = calls;
      return { input: devices.input ?? null, output: devices.output ?? null };
    }
    case 'quit':
      return {};
  }
}
