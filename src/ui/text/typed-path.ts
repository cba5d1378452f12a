/** Paths as people type them or drop them onto a terminal, and as they are put in for them. */
import { homedir } from 'node:os';
import { join } from 'node:path';

/** In order: literal in single quotes, in double quotes, one escaped character, plain ones. */
const piece = /'([^']*)'|"((?:[^"\\]|\\.)*)"|\\(.)|([^'"\\]+)/sy;

/**
 * Reads a typed path as shells do: ~/ is the home of the user, and quotes around it and backslashes in it do not belong to
 * it. Spaces need none of them: nothing follows a path. On Windows backslashes part folders. A quote that is not
 * closed, or not at the beginning, belongs to the path.
 */
export function typedPath(text: string): string {
  const typed = trimmed(text);
  const path = unquoted(typed) ?? typed;
  return /^['"]?~\//.test(typed) ? join(homedir(), path.slice(2)) : path;
}

/** Without quotes and backslashes; undefined where a quote at the beginning is not closed. */
export function unquoted(typed: string): string | undefined {
  const isQuoted = /^['"]/.test(typed);
  if (process.platform === 'win32') {
    if (isQuoted && !(typed.length > 1 && typed.endsWith(typed.charAt(0)))) return undefined;
    return isQuoted ? typed.slice(1, -1) : typed;
  }
  if (!isQuoted) return typed.replace(/\\(.)/gs, '$1');
  let path = '';
  for (let at = 0; at < typed.length; at = piece.lastIndex) {
    piece.lastIndex = at;
    const found = piece.exec(typed);
    if (found === null) return undefined;
    const [, single, double, escaped, plain] = found;
    path += single ?? double?.replace(/\\(["\\$`])/g, '$1') ?? escaped ?? plain ?? '';
  }
  return path;
}

/** A path in the form that {@link typedPath} reads as it is. */
export function quotedPath(path: string): string {
  return process.platform === 'win32' ? path : path.replace(/[\s\\'"]|^~/g, '\\$&');
}

// A space behind a backslash is no space around.
function trimmed(text: string): string {
  const typed = text.trim();
  const isEscaped = process.platform !== 'win32' && /(?<!\\)(?:\\\\)*\\$/.test(typed) && !text.endsWith('\\');
  return isEscaped ? text.trimStart().slice(0, typed.length + 1) : typed;
}
