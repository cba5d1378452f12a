import { describe, expect, it } from '@jest/globals';
import { RefusalLimit } from '../../../src/conversation/refusal-limit.js';

describe('a refusal', () => {
  it('that repeats is told once a minute, with how often it came', () => {
    let now = 1_000_000;
    const limit = new RefusalLimit(() => new Date(now));
    expect(limit.count('10.0.0.9', 'expired')).toBe(1);
    for (let again = 0; again < 1_000; again += 1) {
      now += 50;
      expect(limit.count('10.0.0.9', 'expired')).toBeUndefined();
    }
    now += 60_000;
    expect(limit.count('10.0.0.9', 'expired')).toBe(1_001);
    expect(limit.count('10.0.0.9', 'expired')).toBeUndefined();
  });

  it('of another host or for another reason is told at once', () => {
    const limit = new RefusalLimit(() => new Date(0));
    expect(limit.count('10.0.0.9', 'expired')).toBe(1);
    expect(limit.count('10.0.0.8', 'expired')).toBe(1);
    expect(limit.count('10.0.0.9', 'another circle')).toBe(1);
    expect(limit.count(undefined, 'expired')).toBe(1);
  });

  it('under ever new hosts and reasons does not become a flood of lines either', () => {
    let now = 0;
    const limit = new RefusalLimit(() => new Date(now));
    let told = 0;
    for (let one = 0; one < 6_000; one += 1) {
      now += 100;
      if (limit.count(`fd00::${one}`, `a frame of ${one} octets`) !== undefined) told += 1;
    }
    // Ten minutes of it.
    expect(told).toBeLessThanOrEqual(10 * 17);
    expect(told).toBeGreaterThanOrEqual(10);
  });

  it('is told again when the clock was put back', () => {
    let now = 10_000_000;
    const limit = new RefusalLimit(() => new Date(now));
    limit.count('10.0.0.9', 'expired');
    now = 0;
    expect(limit.count('10.0.0.9', 'expired')).toBe(1);
  });
});
