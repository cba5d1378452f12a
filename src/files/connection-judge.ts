/**
 * Decides over how many connections files come. Where a path loses packets, TCP slows every connection down by itself, and
 * several bring several times as much; everywhere else a second one brings nothing. A line that is full runs evenly, and is left
 * alone; on any other it is tried: another connection stays only where more comes with it. Pure: is told the time.
 */

/** The most file connections of a session, as long as no more than so many files move. */
export const maximumConnections = 4;

/** What was seen. */
export interface ConnectionSample {
  readonly nowMs: number;
  /** Octets of the files that move, all that have come so far. */
  readonly receivedBytes: number;
  /** The connections that they come over. */
  readonly connections: number;
  /** Whether another one could be opened. */
  readonly mayOpen: boolean;
}

/** Over how many connections files come. */
export interface ConnectionDecision {
  /**
   * Notes what was seen; a few times a second.
   *
   * @returns `open` another connection, `close` the one that was opened last, or leave it at that
   */
  note(sample: ConnectionSample): 'open' | 'close' | undefined;
  /** What was seen before does not count any more: other files move now. */
  restart(nowMs: number): void;
  /** No other connection could be opened. */
  failed(nowMs: number): void;
}

/** A connection needs so long to find its speed. */
const settleMs = 1_000;
const measureMs = 3_000;
/** After one that brought nothing; twice as long each time. */
const firstPauseMs = 60_000;
const longestPauseMs = 600_000;
/** What comes so fast is not held up by loss. */
const fastBytesPerSecond = 30e6;
/** Of what comes within a quarter of a second or so, the standard deviation over the mean: below, the line is full. */
const evenness = 0.05;
/** Of what one more connection would bring if each went at a speed of its own, so much must come. */
const leastGain = 0.5;

/** By trial. */
export class ConnectionJudge implements ConnectionDecision {
  #connections: number | undefined;
  /** What came without the connection that is tried. */
  #trial: { readonly bytesPerSecond: number; readonly connections: number } | undefined;
  #isTrialVoid = false;
  #settledAtMs = 0;
  /** Those of the measurement that is going on. */
  #samples: ConnectionSample[] = [];
  #pauseMs = firstPauseMs;
  #notBeforeMs = Number.NEGATIVE_INFINITY;

  note(sample: ConnectionSample): 'open' | 'close' | undefined {
    const { nowMs, connections } = sample;
    this.#connections ??= connections;
    if (connections !== this.#connections) {
      this.#connections = connections;
      this.#settle(nowMs);
      if (this.#trial !== undefined && this.#trial.connections !== connections) this.failed(nowMs);
      return undefined;
    }
    if (this.#isTrialVoid) {
      this.#isTrialVoid = false;
      this.#trial = undefined;
      return 'close';
    }
    if (nowMs < this.#settledAtMs) return undefined;
    this.#samples.push(sample);
    const [first = sample] = this.#samples;
    if (nowMs - first.nowMs < measureMs) return undefined;
    const bytesPerSecond = rateOf(first, sample);
    const isEven = unevenness(this.#samples) < evenness;
    this.#samples = [sample];
    if (!this.#endTrial(nowMs, bytesPerSecond)) return 'close';
    return isEven ? undefined : this.#beginTrial(sample, bytesPerSecond);
  }

  restart(nowMs: number): void {
    this.#settle(nowMs);
    this.#connections = undefined;
    this.#isTrialVoid = this.#trial !== undefined;
  }

  failed(nowMs: number): void {
    this.#trial = undefined;
    this.#isTrialVoid = false;
    this.#notBeforeMs = nowMs + this.#pauseMs;
    this.#pauseMs = Math.min(2 * this.#pauseMs, longestPauseMs);
  }

  #settle(nowMs: number): void {
    this.#settledAtMs = nowMs + settleMs;
    this.#samples = [];
  }

  /** @returns false where a connection was tried that brought nothing */
  #endTrial(nowMs: number, bytesPerSecond: number): boolean {
    if (this.#trial === undefined) return true;
    const expected = 1 + leastGain / (this.#trial.connections - 1);
    if (bytesPerSecond < this.#trial.bytesPerSecond * expected) {
      this.failed(nowMs);
      return false;
    }
    this.#trial = undefined;
    this.#pauseMs = firstPauseMs;
    return true;
  }

  #beginTrial({ nowMs, connections, mayOpen }: ConnectionSample, bytesPerSecond: number): 'open' | undefined {
    if (!mayOpen || connections >= maximumConnections || nowMs < this.#notBeforeMs) return undefined;
    if (bytesPerSecond >= fastBytesPerSecond) return undefined;
    this.#trial = { bytesPerSecond, connections: connections + 1 };
    return 'open';
  }
}

function rateOf(begin: ConnectionSample, end: ConnectionSample): number {
  return ((end.receivedBytes - begin.receivedBytes) * 1000) / (end.nowMs - begin.nowMs);
}

function unevenness(samples: readonly ConnectionSample[]): number {
  const rates = samples.slice(1).map((sample, at) => rateOf(samples[at] as ConnectionSample, sample));
  const mean = rates.reduce((sum, rate) => sum + rate, 0) / rates.length;
  // Where nothing comes, nothing is known of the line.
  if (mean === 0) return 0;
  const variance = rates.reduce((sum, rate) => sum + (rate - mean) ** 2, 0) / rates.length;
  return Math.sqrt(variance) / mean;
}
