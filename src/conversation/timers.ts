/** Time that passes while we wait: the system's, or a test's. What time it is, the clock says. */

/** Timers; their delays are milliseconds, at most 24 days. */
export interface Timers {
  /** Milliseconds since some moment; never put back. */
  now(): number;
  /** Calls `action` once after the delay; returns what calls it off. */
  after(delayMs: number, action: () => void): () => void;
}

/** The system's. */
export const systemTimers: Timers = {
  now: () => performance.now(),
  after: (delayMs, action) => {
    const timer = setTimeout(action, delayMs);
    return () => clearTimeout(timer);
  },
};
