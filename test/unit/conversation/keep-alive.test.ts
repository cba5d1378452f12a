/** How long a peer takes to answer, as far as pings tell. */
import { beforeEach, describe, expect, it } from '@jest/globals';
import { KeepAlive } from '../../../src/conversation/keep-alive.js';
import { TimerGroup } from '../../../src/conversation/timers.js';
import { ManualTimers } from '../../helpers/manual-timers.js';

let timers: ManualTimers;
let alive: KeepAlive;
let pings: number;

beforeEach(() => {
  [timers, pings] = [new ManualTimers(), 0];
  alive = new KeepAlive({
    pingIntervalMs: 5_000,
    silenceTimeoutMs: 60_000,
    timers: new TimerGroup(timers),
    ping: () => {
      pings += 1;
    },
    onDead: () => {},
  });
  alive.start();
});

describe('the way to a peer and back', () => {
  it('is not known before a ping is answered', () => {
    timers.pass(5_000);
    expect([pings, alive.roundTripMs]).toEqual([1, undefined]);
  });

  it('is as long as the answer took', () => {
    timers.pass(5_000);
    timers.pass(80);
    alive.notePong();
    expect(alive.roundTripMs).toBe(80);
  });

  it('is not shortened by answers that nobody asked for', () => {
    alive.notePong();
    timers.pass(5_000);
    timers.pass(80);
    alive.notePong();
    timers.pass(1);
    alive.notePong();
    expect(alive.roundTripMs).toBe(80);
  });

  it('counts from the first ping that has no answer, however many follow', () => {
    timers.pass(12_000);
    alive.notePong();
    expect([pings, alive.roundTripMs]).toEqual([2, 7_000]);
  });
});
