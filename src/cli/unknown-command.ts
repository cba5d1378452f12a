/** What to say of a command that does not exist: the one that was probably meant, or where they are listed. */
import { Config } from '@oclif/core';
import { QTChatError, quote } from '../errors.js';
import { nearest } from '../ui/text/nearest.js';

/**
 * Turns oclif's complaint about an unknown command into an error of ours.
 *
 * @param error - whatever was thrown
 * @param url - from where oclif finds the package
 * @returns undefined when `error` is something else
 */
export async function unknownCommand(error: unknown, url: string): Promise<QTChatError | undefined> {
  // oclif names a command by its id, with colons; people type it with spaces.
  const id = error instanceof Error ? /^command (\S+) not found\.?$/i.exec(error.message)?.[1] : undefined;
  if (id === undefined) return undefined;
  const typed = id.replaceAll(':', ' ');
  const [first = '', ...rest] = typed.split(' ');
  if (first === 'chat') {
    const message = `chat takes no argument, but ${quote(rest.join(' '))} was given`;
    return new QTChatError('ERR_USAGE', message, { hint: `To talk to someone: qtchat chat --peer ${rest[0]}` });
  }
  const { commandIDs, topics } = await Config.load(url);
  const names = commandIDs.map((one) => one.replaceAll(':', ' '));
  const meant = nearest(typed, names);
  const place = topics.some(({ name }) => name === first) ? `qtchat ${first} --help` : 'qtchat --help';
  const hint = meant === undefined ? `See ${place}` : `Did you mean qtchat ${meant}? See ${place}`;
  return new QTChatError('ERR_USAGE', `there is no command ${quote(typed)}`, { hint });
}
