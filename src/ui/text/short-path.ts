/** Paths as people read them. */
import { homedir } from 'node:os';
import { isAbsolute, relative, sep } from 'node:path';

/** A path with `~` for the user's own folder, as shells understand it. */
export function shortPath(path: string): string {
  const below = relative(homedir(), path);
  const isOutside = below === '..' || below.startsWith(`..${sep}`) || isAbsolute(below);
  return below === '' || isOutside ? path : `~${sep}${below}`;
}
