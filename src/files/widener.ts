/**
 * Watches what the arriving files of one session bring, all of them together, and opens and closes further connections as is
 * decided. The connections that there may be are shared: who has several gives some up when others come.
 */
import { type ConnectionDecision, maximumConnections } from './connection-judge.js';
import type { FetchCrew } from './fetch-crew.js';

/** Timers; milliseconds. */
export interface WidenerTimers {
  now(): number;
  after(delayMs: number, action: () => void): () => void;
}

/** A file that arrives. */
export interface WideningFile {
  readonly crew: Pick<FetchCrew, 'connections' | 'hasMore' | 'receivedBytes' | 'open' | 'closeLast'>;
  /** Whether it moves, and long enough to count. */
  readonly counts: () => boolean;
}

const intervalMs = 250;

/** The connections of the files that arrive over one session. */
export class Widener {
  readonly #timers: WidenerTimers;
  readonly #decision: ConnectionDecision;
  readonly #files = new Set<WideningFile>();
  /** Those that counted when they were looked at. */
  #counted: readonly WideningFile[] = [];
  #tried: WideningFile | undefined;
  #isOpening = false;
  #stop: (() => void) | undefined;

  constructor(timers: WidenerTimers, decision: ConnectionDecision) {
    this.#timers = timers;
    this.#decision = decision;
  }

  /** Takes a file. @returns what ends that */
  add(file: WideningFile): () => void {
    this.#files.add(file);
    this.#stop ??= this.#timers.after(intervalMs, () => this.#look());
    return () => {
      this.#files.delete(file);
      if (this.#files.size > 0) return;
      this.#stop?.();
      this.#stop = undefined;
    };
  }

  #look(): void {
    this.#stop = this.#timers.after(intervalMs, () => this.#look());
    const counted = [...this.#files].filter((file) => file.counts());
    const share = Math.max(1, Math.floor(maximumConnections / counted.length));
    for (const { crew } of counted) {
      for (let count = crew.connections; count > share; count -= 1) crew.closeLast();
    }
    const isSame = counted.length === this.#counted.length && counted.every((file, at) => file === this.#counted[at]);
    this.#counted = counted;
    if (!isSame) this.#decision.restart(this.#timers.now());
    else if (counted.length > 0 && !this.#isOpening) this.#decide(counted, share);
  }

  #decide(files: readonly WideningFile[], share: number): void {
    const sum = (of: (file: WideningFile) => number): number => files.reduce((all, file) => all + of(file), 0);
    const [narrowest] = files
      .filter(({ crew }) => crew.hasMore && crew.connections < share)
      .toSorted((one, other) => one.crew.connections - other.crew.connections);
    const verdict = this.#decision.note({
      nowMs: this.#timers.now(),
      receivedBytes: sum(({ crew }) => crew.receivedBytes),
      connections: sum(({ crew }) => crew.connections),
      mayOpen: narrowest !== undefined,
    });
    if (verdict === 'close') this.#tried?.crew.closeLast();
    if (verdict === 'open' && narrowest !== undefined) void this.#open(narrowest);
  }

  async #open(file: WideningFile): Promise<void> {
    this.#tried = file;
    this.#isOpening = true;
    const isOpen = await file.crew.open();
    this.#isOpening = false;
    if (!isOpen) this.#decision.failed(this.#timers.now());
  }
}
