/** What to say of a command that does not exist: the one that was probably meant, or where they are listed. */
import { Config } from '@oclif/core';
import { QTChatError, quote } from '../errors.js';

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
  const meant = names.find((name) => distance(name, typed) <= 2);
  const place = topics.some(({ name }) => name === first) ? `qtchat ${first} --help` : 'qtchat --help';
  const hint = meant === undefined ? `See ${place}` : `Did you mean qtchat ${meant}? See ${place}`;
  return new QTChatError('ERR_USAGE', `there is no command ${quote(typed)}`, { hint });
}

/** How many letters have to be changed, added or taken away to come from one text to the other. */
function distance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (const [index, letter] of [...from].entries()) {
    const next = [index + 1];
    for (const [column, other] of [...to].entries()) {
      const changed = (row[column] ?? 0) + (letter === other ? 0 : 1);
      next.push(Math.min(changed, (row[column + 1] ?? 0) + 1, (next[column] ?? 0) + 1));
    }
    row = next;
  }
  return row[to.length] ?? 0;
}
