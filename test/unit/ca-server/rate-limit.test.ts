import { describe, expect, it } from '@jest/globals';
import { RateLimit } from '../../../ca-server/rate-limit.js';

function limitAt(start: number) {
  const time = { now: start };
  return { time, limit: new RateLimit({ perSecond: 2, burst: 3 }, () => new Date(time.now)) };
}

describe('the rate limit', () => {
  it('allows a burst, then so many a second', () => {
    const { limit, time } = limitAt(0);
    expect([1, 2, 3, 4].map(() => limit.take('10.0.0.1'))).toEqual([true, true, true, false]);
    time.now += 500;
    expect([1, 2].map(() => limit.take('10.0.0.1'))).toEqual([true, false]);
    time.now += 60_000;
    expect([1, 2, 3, 4].map(() => limit.take('10.0.0.1'))).toEqual([true, true, true, false]);
  });

  it('counts each IPv4 address, and each /64 of IPv6, by itself', () => {
    const { limit } = limitAt(0);
    for (let count = 0; count < 3; count += 1) limit.take('2001:db8::1');
    expect(limit.take('2001:db8:0:0:ffff::2')).toBe(false);
    expect(limit.take('2001:db8:0:1::1')).toBe(true);
    for (let count = 0; count < 3; count += 1) limit.take('10.0.0.1');
    expect(limit.take('10.0.0.1')).toBe(false);
    expect(limit.take('10.0.0.2')).toBe(true);
  });

  it('is not reset by a clock that goes back', () => {
    const { limit, time } = limitAt(100_000);
    for (let count = 0; count < 3; count += 1) limit.take('10.0.0.1');
    time.now = 0;
    expect(limit.take('10.0.0.1')).toBe(false);
  });

  it('remembers a bounded number of addresses', () => {
    const { limit } = limitAt(0);
    for (let count = 0; count < 3; count += 1) limit.take('10.0.0.1');
    for (let count = 0; count < 5000; count += 1) limit.take(`10.1.${count >> 8}.${count & 255}`);
    expect(limit.take('10.0.0.1')).toBe(true);
  });
});
