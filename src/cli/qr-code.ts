/** QR codes on the terminal, for a camera that is held in front of it. */
import type { Deps } from './deps.js';

/**
 * Shows a text as a QR code on stderr, beside the result; only where somebody can see it, unless forced.
 *
 * @param force - also without a terminal
 * @returns false when it was not shown: nobody is there, or the terminal is too narrow for it
 */
export async function showQrCode(text: string, deps: Pick<Deps, 'stderr' | 'env'>, force = false): Promise<boolean> {
  const { stderr, env } = deps;
  if (stderr.isTTY !== true && !force) return false;
  const { renderUnicodeCompact } = await import('uqr');
  const lines = renderUnicodeCompact(text, { border: 2 }).split('\n');
  const width = Math.max(...lines.map((line) => line.length));
  // Zero: a terminal that does not know how wide it is.
  if (!force && stderr.columns && stderr.columns < width) return false;
  // White on black whatever the terminal's own colors are: cameras want the code as it was meant.
  const colored = stderr.isTTY === true && !env.NO_COLOR;
  for (const line of lines) stderr.write(colored ? `\x1b[97;40m${line}\x1b[0m\n` : `${line}\n`);
  return true;
}
