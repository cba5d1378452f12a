/** A sign of life on stderr while something takes long: on a terminal only, and only after half a second. */
import type { Deps } from './deps.js';

const frames = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'] as const;
const frameMs = 80;
/** Back to the first column; clear the line. */
const clearLine = '\r\u001b[K';

/**
 * Does `work`; if it is not done after `delayMs`, a turning sign with `label` stands on the last
 * line of the terminal until it is. Nothing of it stays.
 *
 * @param label - what takes so long, e.g. `Encrypting`
 */
export async function withSpinner<Result>(
  label: string,
  { stderr }: Pick<Deps, 'stderr'>,
  work: () => Promise<Result>,
  delayMs = 500,
): Promise<Result> {
  if (stderr.isTTY !== true) return work();
  let shown = 0;
  const show = (): void => {
    stderr.write(`${clearLine}${frames[shown % frames.length]} ${label}`);
    shown += 1;
  };
  let ticking: NodeJS.Timeout | undefined;
  const waiting = setTimeout(() => {
    show();
    ticking = setInterval(show, frameMs);
  }, delayMs);
  try {
    return await work();
  } finally {
    clearTimeout(waiting);
    clearInterval(ticking);
    if (shown > 0) stderr.write(clearLine);
  }
}
