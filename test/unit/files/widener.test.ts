import { beforeEach, describe, expect, it } from '@jest/globals';
import type { ConnectionDecision, ConnectionSample } from '../../../src/files/connection-judge.js';
import { Widener, type WideningFile } from '../../../src/files/widener.js';
import { ManualTimers } from '../../helpers/manual-timers.js';

/** Says what the test wants, and keeps what it was told. */
class Decision implements ConnectionDecision {
  readonly samples: ConnectionSample[] = [];
  restarts = 0;
  failures = 0;
  verdict: 'open' | 'close' | undefined;

  note(sample: ConnectionSample): 'open' | 'close' | undefined {
    this.samples.push(sample);
    const { verdict } = this;
    this.verdict = undefined;
    return verdict;
  }

  restart(): void {
    this.restarts += 1;
  }

  failed(): void {
    this.failures += 1;
  }
}

class FakeFile implements WideningFile {
  isCounted = true;
  isOpenable = true;
  readonly crew = {
    connections: 1,
    receivedBytes: 0,
    hasMore: true,
    open: async () => {
      if (this.isOpenable) this.crew.connections += 1;
      return this.isOpenable;
    },
    closeLast: () => {
      this.crew.connections = Math.max(this.crew.connections - 1, 1);
    },
  };
  counts = (): boolean => this.isCounted;
}

let time: ManualTimers;
let decision: Decision;
let widener: Widener;

beforeEach(() => {
  time = new ManualTimers();
  decision = new Decision();
  widener = new Widener(time, decision);
});

/** Lets the next look at things happen, and what it leads to. */
async function look(verdict?: 'open' | 'close'): Promise<void> {
  decision.verdict = verdict;
  time.pass(250);
  await new Promise((resolve) => setImmediate(resolve));
}

function add(connections = 1): FakeFile {
  const file = new FakeFile();
  file.crew.connections = connections;
  widener.add(file);
  return file;
}

describe('the connections of a session', () => {
  it('are judged by all that arrives', async () => {
    const [one, other] = [add(), add()];
    await look();
    one.crew.receivedBytes = 7;
    other.crew.receivedBytes = 8;
    await look();
    expect(decision.samples).toEqual([{ nowMs: 500, receivedBytes: 15, connections: 2, mayOpen: true }]);
  });

  it('are opened where there are fewest, and closed where one was opened last', async () => {
    const [one, other] = [add(2), add()];
    await look();
    await look('open');
    expect([one.crew.connections, other.crew.connections]).toEqual([2, 2]);
    await look('close');
    expect([one.crew.connections, other.crew.connections]).toEqual([2, 1]);
  });

  it('are shared when another file comes', async () => {
    const one = add(4);
    await look();
    add();
    await look();
    expect(one.crew.connections).toBe(2);
    add();
    await look();
    expect(one.crew.connections).toBe(1);
    // However many files there are, each has one.
    for (let more = 0; more < 5; more += 1) add();
    await look();
    expect(one.crew.connections).toBe(1);
  });

  it('are not more where all have their share, or have asked for everything', async () => {
    const one = add(4);
    await look();
    await look();
    one.crew.connections = 2;
    one.crew.hasMore = false;
    await look();
    expect(decision.samples.map(({ mayOpen }) => mayOpen)).toEqual([false, false]);
  });

  it('are judged anew when files come, go, or are paused, and not at all while none moves', async () => {
    const one = add();
    const leave = widener.add(new FakeFile());
    await look();
    leave();
    await look();
    one.isCounted = false;
    await look();
    await look();
    expect([decision.restarts, decision.samples]).toEqual([3, []]);
    one.isCounted = true;
    await look();
    await look();
    expect([decision.restarts, decision.samples.length]).toEqual([4, 1]);
  });

  it('are not judged while one is being opened; one that cannot be is told of', async () => {
    const file = add();
    let answer: (isOpen: boolean) => void = () => {};
    file.crew.open = () => new Promise((resolve) => (answer = resolve));
    await look();
    await look('open');
    await look();
    expect(decision.samples).toHaveLength(1);
    answer(false);
    for (let times = 0; times < 2; times += 1) await look();
    expect([decision.samples.length, decision.failures]).toEqual([2, 1]);
  });

  it('are not looked at when there is no file', async () => {
    const leave = widener.add(new FakeFile());
    leave();
    await look();
    await look();
    expect([decision.restarts, decision.samples]).toEqual([0, []]);
  });
});
