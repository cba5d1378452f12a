import { describe, expect, it } from '@jest/globals';
import { ConnectionJudge, maximumConnections } from '../../../src/files/connection-judge.js';

/** As what loss slows down comes. */
const swings = [0.7, 1.3, 0.9, 1.1];

/** A path on which files come at the speed that the number of connections allows, and the judge that watches it. */
class Path {
  readonly judge = new ConnectionJudge();
  readonly verdicts: string[] = [];
  connections = 1;
  mayOpen = true;
  isEven = false;
  nowMs = 0;
  readonly #bytesPerSecond: (connections: number) => number;
  #receivedBytes = 0;

  constructor(bytesPerSecond: (connections: number) => number) {
    this.#bytesPerSecond = bytesPerSecond;
    this.judge.restart(0);
  }

  /** Lets so many seconds pass; what is said is done. */
  pass(seconds: number): this {
    for (const end = this.nowMs + seconds * 1000; this.nowMs < end; ) {
      this.nowMs += 250;
      const swing = this.isEven ? 1 : (swings[(this.nowMs / 250) % swings.length] ?? 1);
      this.#receivedBytes += (this.#bytesPerSecond(this.connections) / 4) * swing;
      const verdict = this.judge.note({
        nowMs: this.nowMs,
        receivedBytes: this.#receivedBytes,
        connections: this.connections,
        mayOpen: this.mayOpen && this.connections < maximumConnections,
      });
      if (verdict === undefined) continue;
      this.verdicts.push(verdict);
      this.connections += verdict === 'open' ? 1 : -1;
    }
    return this;
  }
}

const lossy = (connections: number): number => 400_000 * connections;
const full = (): number => 12_500_000;

describe('over how many connections files come', () => {
  it('is one for some seconds', () => {
    expect(new Path(lossy).pass(3.75).verdicts).toEqual([]);
  });

  it('grows to four, one after the other, where each has a speed of its own', () => {
    const path = new Path(lossy).pass(5);
    expect(path.connections).toBe(2);
    expect(path.pass(5).connections).toBe(3);
    expect(path.pass(60).verdicts).toEqual(['open', 'open', 'open']);
  });

  it('stays one where the line is full, since what comes then comes evenly', () => {
    const path = new Path(full);
    path.isEven = true;
    expect(path.pass(600).verdicts).toEqual([]);
  });

  it('is one again where the line was full before, uneven as it is', () => {
    const path = new Path(full).pass(10);
    expect(path.verdicts).toEqual(['open', 'close']);
    expect(path.connections).toBe(1);
  });

  it('is what fills the line', () => {
    const path = new Path((connections) => Math.min(4_000_000 * connections, 8_500_000)).pass(50);
    expect(path.verdicts).toEqual(['open', 'open', 'close']);
    expect(path.connections).toBe(2);
  });

  it('stays one where another only takes its share from somebody else', () => {
    // One of two that share a line, then two of three.
    const path = new Path((connections) => (12_500_000 * connections) / (connections + 1)).pass(50);
    expect(path.verdicts).toEqual(['open', 'close']);
  });

  it('stays one where files come fast', () => {
    expect(new Path((connections) => 30_000_000 * connections).pass(600).verdicts).toEqual([]);
  });

  it('stays one where nothing comes', () => {
    expect(new Path(() => 0).pass(600).verdicts).toEqual([]);
  });

  it('stays one where there may be no other', () => {
    const path = new Path(lossy);
    path.mayOpen = false;
    expect(path.pass(600).verdicts).toEqual([]);
  });

  it('is tried again in vain after a minute, two, four, and at last every ten', () => {
    const path = new Path(full);
    const opened: number[] = [];
    for (let minute = 0; minute < 60; minute += 0.25) {
      const before = path.verdicts.filter((verdict) => verdict === 'open').length;
      path.pass(15);
      if (path.verdicts.filter((verdict) => verdict === 'open').length > before) opened.push(minute);
    }
    const pauses = opened.slice(1).map((minute, at) => Math.round(minute - (opened[at] ?? 0)));
    expect(pauses).toEqual([1, 2, 4, 8, 10, 10, 10, 10]);
  });

  it('is tried again soon after a connection broke that had paid', () => {
    const path = new Path(lossy).pass(60);
    expect(path.connections).toBe(4);
    path.connections = 3;
    expect(path.pass(5).connections).toBe(4);
  });

  it('is not tried for a minute after none could be opened', () => {
    const path = new Path(lossy).pass(4.5);
    expect(path.verdicts).toEqual(['open']);
    path.connections = 1;
    path.judge.failed(path.nowMs);
    expect(path.pass(55).verdicts).toEqual(['open']);
    expect(path.pass(10).verdicts).toEqual(['open', 'open']);
  });

  it('is not tried for a minute after the one that was tried broke', () => {
    const path = new Path(lossy).pass(4.5);
    expect(path.connections).toBe(2);
    path.pass(1).connections = 1;
    expect(path.pass(55).verdicts).toEqual(['open']);
  });

  it('is left as before where other files come meanwhile, and tried again soon', () => {
    const path = new Path(lossy).pass(4.5);
    expect(path.connections).toBe(2);
    path.judge.restart(path.nowMs);
    expect(path.pass(0.25).verdicts).toEqual(['open', 'close']);
    expect(path.pass(5).verdicts).toEqual(['open', 'close', 'open']);
  });
});
