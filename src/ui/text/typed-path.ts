/** Paths as people type them or drop them onto a terminal. */
import { homedir } from 'node:os';
import { join } from 'node:path';

/**
 * Reads a typed path as shells do: ~/ is the home of the user, and quotes around the whole do not
 * belong to it.
 */
export function typedPath(text: string): string {
  const path = text.trim().replace(/^(['"])(.*)\1$/s, '$2');
  return path.startsWith('~/') ? join(homedir(), path.slice(2)) : path;
}
