/** Time in calls: what measures it, and how long things may take. */

/** What tells and measures time; milliseconds. */
export interface CallTimers {
  /** Since some moment; never put back. */
  now(): number;
  /** Calls `action` once after the delay; returns what calls it off. */
  after(delayMs: number, action: () => void): () => void;
}

/** Those of the system. */
export const systemTimers: CallTimers = {
  now: () => performance.now(),
  after: (delayMs, action) => {
    const timer = setTimeout(action, delayMs);
    return () => clearTimeout(timer);
  },
};

/** How long a call rings. */
export const ringingMs = 45_000;
/** How long it may take from an answer to sound. */
export const connectingMs = 15_000;
/** How long a call that was connected waits to be so again. */
export const reconnectingMs = 60_000;
/** How long a call rings on whose caller has got lost. */
export const lostCallerMs = 10_000;
