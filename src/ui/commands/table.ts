/** All commands of a chat: what they are called, their help, and how one is run. */
import { QTChatError, quote } from '../../errors.js';
import { nearest } from '../text/nearest.js';
import { callCommands } from './call-commands.js';
import type { ChatCommand, CommandContext } from './command.js';
import { deviceCommands } from './device-commands.js';
import { fileCommands } from './file-commands.js';
import { generalCommands } from './general-commands.js';
import { messageCommands } from './message-commands.js';
import { peopleCommands } from './people-commands.js';

const help: ChatCommand = {
  name: 'help',
  usage: '[COMMAND]',
  summary: 'show this',
  argument: 'command',
  run({ print }, rest) {
    const name = rest.replace(/^\//, '');
    const chosen = name === '' ? chatCommands : [commandNamed(name)];
    if (name === '') print('What you type goes to the peer; //TEXT sends a text that begins with a slash. Commands:');
    for (const line of helpLines(chosen)) print(line);
  },
};

/** All of them, in the order of the help. */
export const chatCommands: readonly ChatCommand[] = [
  ...fileCommands,
  ...messageCommands,
  ...callCommands,
  ...deviceCommands,
  ...peopleCommands,
  help,
  ...generalCommands,
];

/**
 * Runs a command.
 *
 * @param rest - what was typed behind the name
 * @throws {QTChatError} `ERR_USAGE` where there is no such command, or nobody whom it could concern; what it throws
 */
export async function runCommand(name: string, rest: string, context: CommandContext): Promise<void> {
  const command = commandNamed(name);
  const { member } = context;
  if (command.needsMember && member === undefined) {
    throw new QTChatError('ERR_USAGE', `/${name} concerns somebody, and nobody is here yet`);
  }
  await command.run(context, rest.trim(), member ?? '');
}

/**
 * The command of a name.
 *
 * @throws {QTChatError} `ERR_USAGE`, with the nearest one
 */
export function commandNamed(name: string): ChatCommand {
  const command = chatCommands.find((one) => one.name === name);
  if (command !== undefined) return command;
  const meant = nearest(
    name,
    chatCommands.map((one) => one.name),
  );
  const hint =
    meant === undefined ? 'See /help; //TEXT sends a text that begins with a slash' : `Did you mean /${meant}?`;
  throw new QTChatError('ERR_USAGE', `${quote(`/${name}`)} is no command`, { hint });
}

function helpLines(commands: readonly ChatCommand[]): string[] {
  const heads = commands.map(({ name, usage }) => `/${name} ${usage}`.trimEnd());
  const width = Math.max(...heads.map((head) => head.length));
  return commands.map(({ summary }, index) => `  ${(heads[index] ?? '').padEnd(width)}  ${summary}`);
}
