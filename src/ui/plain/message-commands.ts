/** The commands of a plain chat that concern messages. An id may be left out where the last message is meant. */
import type { Conversation } from '../../conversation/conversation.js';
import { QTChatError, quote } from '../../errors.js';
import { historyLine } from '../text/describe-history.js';

/** The commands, as /help shows them. */
export const messageHelp = [
  '  /reply [ID] TEXT   answer a message; without ID, their last one',
  '  /edit [ID] TEXT    put another text in place of yours; without ID, your last one',
  '  /delete [ID]       delete a message of yours on both sides; without ID, your last one',
  '  /react [ID] EMOJI  say what you think of a message; without ID, of their last one; - takes it back',
  '  /history           the last messages with their ids',
];

/** Their names. */
export const messageCommands: ReadonlySet<string> = new Set(['reply', 'edit', 'delete', 'react', 'history']);

/** What a command is given. */
export interface MessageCommandContext {
  readonly conversation: Conversation;
  /** Whom the chat is with. */
  readonly member: string;
  /** As whom. */
  readonly self: string;
  readonly print: (line: string) => void;
}

const shownEntries = 20;

// The first eight digits of an id, as shown, or all of it.
const typedId = /^([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{8})(?:\s+|$)/;

/**
 * Runs one of {@link messageCommands}.
 *
 * @param rest - what was typed behind it
 * @throws {QTChatError} `ERR_USAGE`, and what the conversation throws
 */
export async function runMessageCommand(
  name: string,
  rest: string,
  { conversation, member, self, print }: MessageCommandContext,
): Promise<void> {
  const { messages } = conversation;
  const start = typedId.exec(rest)?.[1];
  const text = start === undefined ? rest : rest.slice(start.length).trimStart();
  switch (name) {
    case 'reply': {
      requireText(name, text);
      await messages.send(member, text, await messages.find(member, start, 'in'));
      return;
    }
    case 'edit': {
      requireText(name, text);
      await messages.edit(member, await messages.find(member, start, 'out'), text);
      return;
    }
    case 'delete': {
      if (text !== '')
        throw new QTChatError('ERR_USAGE', `${quote(rest)} is no id of a message`, { hint: 'See /history' });
      await messages.delete(member, await messages.find(member, start, 'out'));
      return;
    }
    case 'react': {
      requireText(name, text);
      await messages.react(member, await messages.find(member, start, 'in'), text === '-' ? '' : text);
      return;
    }
    default: {
      for (const entry of await messages.recent(member, shownEntries))
        print(historyLine(entry, { self, peer: member }));
    }
  }
}

function requireText(name: string, text: string): void {
  if (text !== '') return;
  const what = name === 'react' ? 'an emoji' : 'a text';
  throw new QTChatError('ERR_USAGE', `/${name} needs ${what}`, { hint: 'See /help' });
}
