/** A timer for a moment that may be months away. */

// Longer delays overflow the timer of Node, which then fires at once.
const longestDelayMs = 24 * 60 * 60 * 1000;

/**
 * Calls `action` at `moment` by `clock`, or soon when it has passed.
 *
 * @returns a function that calls it off
 */
export function callAt(moment: Date, clock: () => Date, action: () => void): () => void {
  let timer: NodeJS.Timeout;
  const arm = (): void => {
    const leftMs = moment.getTime() - clock().getTime();
    timer = leftMs <= 0 ? setTimeout(action, 0) : setTimeout(arm, Math.min(leftMs, longestDelayMs));
  };
  arm();
  return () => clearTimeout(timer);
}
