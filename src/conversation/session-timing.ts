/** How long the parts of a session may take. */

/** Durations of a session, in milliseconds. */
export interface SessionTiming {
  readonly helloTimeoutMs: number;
  readonly pingIntervalMs: number;
  readonly silenceTimeoutMs: number;
  readonly closeTimeoutMs: number;
  /** How long the receiver of a file may compare and store before it asks on, or says that all is on its disk. */
  readonly fileReceiverTimeoutMs: number;
  /** What lies between two reports of a file's progress, at least. */
  readonly fileProgressIntervalMs: number;
}

/** As everybody has them but tests. */
export const defaultTiming: SessionTiming = {
  helloTimeoutMs: 10_000,
  pingIntervalMs: 5_000,
  silenceTimeoutMs: 12_000,
  closeTimeoutMs: 2_000,
  fileReceiverTimeoutMs: 300_000,
  fileProgressIntervalMs: 100,
};
