/**
 * Splits the value of `--exec` into a program and its fixed arguments. Words end at spaces, and `'…'` and `"…"` keep
 * them together; that is all of a shell that there is. What a shell would do more with is refused, never passed on
 * as it stands: whoever typed it expected something else.
 */
import { QTChatError, quote } from '../../errors.js';

/** A program as typed, and what it is given each time. */
export interface FixedCommand {
  readonly program: string;
  readonly words: readonly string[];
}

// In order: literal in single quotes, in double quotes what a shell would leave alone there, and plain characters.
const piece = /'([^']*)'|"([^"$`\\!]*)"|([^\s'"\\$`|&;<>()*?[\]{}~#!]+)/y;

/**
 * Reads the value of `--exec`.
 *
 * @throws {QTChatError} `ERR_USAGE` for what only a shell could do, an open quote, or no program
 */
export function splitCommand(text: string): FixedCommand {
  const words: string[] = [];
  let position = 0;
  while (position < text.length) {
    const spaces = /\s*/y;
    spaces.lastIndex = position;
    spaces.exec(text);
    position = spaces.lastIndex;
    if (position >= text.length) break;
    let word = '';
    while (position < text.length && !/\s/.test(text.charAt(position))) {
      piece.lastIndex = position;
      const [, single, double, plain] = piece.exec(text) ?? refuse(text, position);
      word += single ?? double ?? plain ?? '';
      position = piece.lastIndex;
    }
    words.push(word);
  }
  const [program = '', ...rest] = words;
  if (program === '') throw new QTChatError('ERR_USAGE', '--exec names no program');
  if (/^[A-Za-z_]\w*=/.test(text.trimStart())) throw needsShell(program);
  return { program, words: rest };
}

function refuse(text: string, position: number): never {
  const found = text.charAt(position);
  const end = text.indexOf(found, position + 1);
  if (found === "'" || (found === '"' && end === -1)) {
    throw new QTChatError('ERR_USAGE', `--exec has a ${found} that is not closed: ${quote(text.slice(position))}`);
  }
  throw needsShell(found === '"' ? text.slice(position, end + 1) : found);
}

function needsShell(what: string): QTChatError {
  return new QTChatError('ERR_USAGE', `--exec runs a program without a shell, which ${quote(what)} would need`, {
    hint: "Name a script instead, which finds the path in $QTCHAT_FILE; or write it in '…' if it is meant as it stands",
  });
}
