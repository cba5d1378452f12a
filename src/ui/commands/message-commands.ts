/** Commands that concern messages. An id may be left out where the last message is meant. */
import { QTChatError, quote } from '../../errors.js';
import { historyLine } from '../text/describe-history.js';
import type { ChatCommand, CommandContext } from './command.js';

const shownEntries = 20;

// The first eight digits of an id, as shown, or all of it.
const typedId = /^([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{8})(?:\s+|$)/;

/** Commands that concern messages. */
export const messageCommands: readonly ChatCommand[] = [
  {
    name: 'reply',
    usage: '[ID] TEXT',
    summary: 'answer a message; without ID, their last one',
    argument: 'message',
    needsMember: true,
    async run({ conversation: { messages }, did }, rest, member) {
      const { start, text } = parse('reply', rest, 'a text');
      const replyTo = await messages.find(member, start, 'in');
      did({ type: 'message', id: await messages.send(member, text, replyTo), text, replyTo });
    },
  },
  {
    name: 'edit',
    usage: '[ID] TEXT',
    summary: 'put another text in place of yours; without ID, your last one',
    argument: 'message',
    needsMember: true,
    async run({ conversation: { messages }, did }, rest, member) {
      const { start, text } = parse('edit', rest, 'a text');
      const id = await messages.find(member, start, 'out');
      await messages.edit(member, id, text);
      did({ type: 'edited', id, text });
    },
  },
  {
    name: 'delete',
    usage: '[ID]',
    summary: 'delete a message of yours on both sides; without ID, your last one',
    argument: 'message',
    needsMember: true,
    async run({ conversation: { messages }, did }, rest, member) {
      const { start, text } = split(rest);
      if (text !== '')
        throw new QTChatError('ERR_USAGE', `${quote(rest)} is no id of a message`, { hint: 'See /history' });
      const id = await messages.find(member, start, 'out');
      await messages.delete(member, id);
      did({ type: 'deleted', id });
    },
  },
  {
    name: 'react',
    usage: '[ID] EMOJI',
    summary: 'say what you think of a message; without ID, of their last one; - takes it back',
    argument: 'message',
    needsMember: true,
    async run({ conversation: { messages }, did }, rest, member) {
      const { start, text } = parse('react', rest, 'an emoji');
      const emoji = text === '-' ? '' : text;
      const id = await messages.find(member, start, 'in');
      await messages.react(member, id, emoji);
      did({ type: 'reaction', id, emoji });
    },
  },
  {
    name: 'history',
    usage: '',
    summary: 'the last messages with their ids',
    argument: 'none',
    needsMember: true,
    async run(context, _rest, member) {
      printEntries(context, member, await context.conversation.messages.recent(member, shownEntries));
    },
  },
  {
    name: 'search',
    usage: 'TEXT',
    summary: 'the last messages that hold a text, whatever the case',
    argument: 'text',
    needsMember: true,
    async run(context, rest, member) {
      if (rest.trim() === '') throw new QTChatError('ERR_USAGE', '/search needs a text', { hint: 'See /help' });
      const found = [];
      let count = 0;
      for await (const entry of context.conversation.messages.search(member, rest.trim())) {
        count++;
        found.push(entry);
        if (found.length > shownEntries) found.shift();
      }
      printEntries(context, member, found);
      const which = count > found.length ? `, the last ${found.length} above` : '';
      context.print(
        `${count === 0 ? 'no' : count} message${count === 1 ? '' : 's'} with ${quote(rest.trim())}${which}`,
      );
    },
  },
];

type Entries = Awaited<ReturnType<CommandContext['conversation']['messages']['recent']>>;

function printEntries({ conversation, print }: CommandContext, peer: string, entries: Entries): void {
  for (const entry of entries) print(historyLine(entry, { self: conversation.self, peer }));
}

function split(rest: string): { start: string | undefined; text: string } {
  const start = typedId.exec(rest)?.[1];
  return { start, text: start === undefined ? rest : rest.slice(start.length).trimStart() };
}

function parse(name: string, rest: string, what: string): { start: string | undefined; text: string } {
  const parts = split(rest);
  if (parts.text !== '') return parts;
  throw new QTChatError('ERR_USAGE', `/${name} needs ${what}`, { hint: 'See /help' });
}
