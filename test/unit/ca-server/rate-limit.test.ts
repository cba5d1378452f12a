import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { RateLimit } from '../../../ca-server/rate-limit.js';

describe('the rate limit', () => {
  let limit: RateLimit;

  beforeEach(() => {
    jest.useFakeTimers({ now: 100_000 });
    limit = new RateLimit({ perSecond: 2, burst: 3 });
  });
  afterEach(() => void jest.useRealTimers());

  function takes(count: number, address = '10.0.0.1'): boolean[] {
    return Array.from({ length: count }, () => limit.take(address));
  }

  const allowed = (answers: readonly boolean[]): number => answers.filter((answer) => answer).length;

  it('allows so many at once, and then one whenever the average makes one', () => {
    expect(takes(4)).toEqual([true, true, true, false]);
    jest.advanceTimersByTime(499);
    expect(takes(1)).toEqual([false]);
    jest.advanceTimersByTime(1);
    expect(takes(2)).toEqual([true, false]);
    jest.advanceTimersByTime(1_000);
    expect(takes(3)).toEqual([true, true, false]);
  });

  it('allows no more than the burst after a pause, however long it was', () => {
    takes(1);
    for (const pauseMs of [1_499, 1_500, 1_501, 86_400_000]) {
      jest.advanceTimersByTime(pauseMs);
      expect(allowed(takes(10))).toBeLessThanOrEqual(3);
    }
    expect(allowed(takes(10))).toBe(0);
  });

  it.each([1, 7, 100, 333, 500, 1_400, 1_499, 1_501])(
    'never allows more than the burst and what the average adds, asked every %d ms',
    (everyMs) => {
      const takenAtMs: number[] = [];
      for (let nowMs = 0; nowMs < 10_000; nowMs += everyMs) {
        takenAtMs.push(...takes(10).flatMap((isAllowed) => (isAllowed ? [nowMs] : [])));
        jest.advanceTimersByTime(everyMs);
      }
      takenAtMs.forEach((first, index) => {
        takenAtMs.slice(index).forEach((last, further) => {
          expect(further + 1).toBeLessThanOrEqual(3 + ((last - first) / 1000) * 2);
        });
      });
    },
  );

  it('allows the average to who never pauses', () => {
    let count = 0;
    for (let nowMs = 0; nowMs < 60_000; nowMs += 10) {
      count += allowed(takes(1));
      jest.advanceTimersByTime(10);
    }
    expect(count).toBe(3 + 60 * 2 - 1);
  });

  it('does not lock out for longer who goes on asking', () => {
    takes(1000);
    jest.advanceTimersByTime(500);
    expect(takes(1)).toEqual([true]);
  });

  it('counts each IPv4 address, and each /64 of IPv6, by itself', () => {
    takes(3, '2001:db8::1');
    expect(limit.take('2001:db8:0:0:ffff::2')).toBe(false);
    expect(limit.take('2001:db8:0:1::1')).toBe(true);
    takes(3);
    expect(limit.take('10.0.0.1')).toBe(false);
    expect(limit.take('10.0.0.2')).toBe(true);
  });

  it('remembers a bounded number of addresses, and forgets the one that was quiet longest', () => {
    takes(3);
    takes(3, '10.0.0.2');
    takes(1);
    for (let count = 0; count < 4095; count += 1) limit.take(`10.1.${count >> 8}.${count & 255}`);
    expect(takes(1)).toEqual([false]);
    expect(takes(1, '10.0.0.2')).toEqual([true]);
  });
});

describe('the rate limit by its own clock', () => {
  beforeEach(() => void jest.useFakeTimers({ now: 100_000 }));
  afterEach(() => void jest.useRealTimers());

  it('is not reset, and locks nobody out, when the time of day is put back or forward', () => {
    const limit = new RateLimit({ perSecond: 1, burst: 1 });
    expect(limit.take('10.0.0.1')).toBe(true);
    for (const now of [0, 200_000]) {
      jest.setSystemTime(now);
      expect(limit.take('10.0.0.1')).toBe(false);
    }
    jest.setSystemTime(0);
    jest.advanceTimersByTime(1_000);
    expect(limit.take('10.0.0.1')).toBe(true);
  });
});
