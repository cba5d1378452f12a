/** When messages are let gather, and when not. */
import { beforeEach, describe, expect, it } from '@jest/globals';
import { Gathering } from '../../../src/conversation/gathering.js';
import { TimerGroup } from '../../../src/conversation/timers.js';
import { ManualTimers } from '../../helpers/manual-timers.js';

let timers: ManualTimers;
let gathering: Gathering;

beforeEach(() => {
  timers = new ManualTimers();
  gathering = new Gathering(new TimerGroup(timers));
});

/** Reads so many messages together; tells whether the next reading has to wait, and lets that time pass. */
async function read(count: number): Promise<boolean> {
  let isDone = false;
  const resting = gathering.rest(count).then(() => {
    isDone = true;
  });
  await new Promise((resolve) => setImmediate(resolve));
  const hasToWait = !isDone;
  if (hasToWait) timers.pass(20);
  await resting;
  return hasToWait;
}

/** Readings of one message each, 5 ms apart; how many of them had to be waited behind. */
async function pour(readings: number, apartMs = 5): Promise<number> {
  let waits = 0;
  for (let count = 0; count < readings; count += 1) {
    timers.pass(apartMs);
    if (await read(1)) waits += 1;
  }
  return waits;
}

describe('messages that come one by one', () => {
  it('are read at once where few come', async () => {
    expect(await pour(100, 11)).toBe(0);
  });

  it('are not waited behind where what comes is not stored', async () => {
    for (let count = 0; count < 100; count += 1) expect(await read(0)).toBe(false);
  });

  it('gather where many come, as long as some do', async () => {
    expect(await pour(20)).toBe(1);
    for (let count = 0; count < 50; count += 1) expect(await read(4)).toBe(true);
    expect(await read(1)).toBe(false);
  });

  it('are not waited for by who answers each of them, but for a try that is made ever more seldom', async () => {
    // A minute of questions and answers.
    expect(await pour(12_000)).toBeLessThanOrEqual(7);
  });

  it('are read on at once where many have come together', async () => {
    await pour(20);
    expect(await read(16)).toBe(false);
    expect(await read(500)).toBe(false);
  });
});
