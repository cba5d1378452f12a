import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { RateLimit } from '../../../ca-server/rate-limit.js';

describe('the rate limit', () => {
  let limit: RateLimit;

  beforeEach(() => {
    jest.useFakeTimers({ now: 100_000 });
    limit = new RateLimit({ perSecond: 2, burst: 3 });
  });
  afterEach(() => void jest.useRealTimers());

  async function takes(count: number, address = '10.0.0.1'): Promise<boolean[]> {
    const taken: boolean[] = [];
    for (let number = 0; number < count; number += 1) taken.push(await limit.take(address));
    return taken;
  }

  it('allows so many at once, and as many again in the time in which the average makes them', async () => {
    expect(await takes(4)).toEqual([true, true, true, false]);
    jest.advanceTimersByTime(1_400);
    expect(await takes(1)).toEqual([false]);
    jest.advanceTimersByTime(200);
    expect(await takes(4)).toEqual([true, true, true, false]);
  });

  it('allows no more to who asks all at once', async () => {
    const answers = await Promise.all(Array.from({ length: 20 }, () => limit.take('10.0.0.1')));
    expect(answers.filter((answer) => answer)).toHaveLength(3);
  });

  it('does not lock out for longer who goes on asking', async () => {
    await takes(1000);
    jest.advanceTimersByTime(1_600);
    expect(await takes(1)).toEqual([true]);
  });

  it('counts each IPv4 address, and each /64 of IPv6, by itself', async () => {
    await takes(3, '2001:db8::1');
    expect(await limit.take('2001:db8:0:0:ffff::2')).toBe(false);
    expect(await limit.take('2001:db8:0:1::1')).toBe(true);
    await takes(3);
    expect(await limit.take('10.0.0.1')).toBe(false);
    expect(await limit.take('10.0.0.2')).toBe(true);
  });

  it('is not reset by a clock that goes back', async () => {
    await takes(3);
    jest.setSystemTime(0);
    expect(await takes(1)).toEqual([false]);
  });

  it('remembers a bounded number of addresses', async () => {
    await takes(3);
    for (let count = 0; count < 5000; count += 1) await limit.take(`10.1.${count >> 8}.${count & 255}`);
    expect(jest.getTimerCount()).toBe(4096);
    expect(await takes(1)).toEqual([true]);
  });
});
