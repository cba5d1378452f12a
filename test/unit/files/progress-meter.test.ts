import { describe, expect, it } from '@jest/globals';
import { ProgressMeter } from '../../../src/files/progress-meter.js';

const MB = 1_000_000;

describe('the progress of a file', () => {
  it('is told ten times a second at most, and always at the end', () => {
    const meter = new ProgressMeter(100 * MB, 0, 0, 100);
    const told = Array.from({ length: 1_000 }, (_, ms) => meter.note(ms * 1_000, ms)).filter(
      (one) => one !== undefined,
    );
    expect(told).toHaveLength(10);
    expect(meter.note(100 * MB, 901)).toMatchObject({ doneBytes: 100 * MB });
  });

  it('is told no oftener where somebody gets again and again to the end', () => {
    const meter = new ProgressMeter(100 * MB, 0, 0, 100);
    const told = Array.from({ length: 1_000 }, (_, ms) => meter.note(100 * MB, ms)).filter((one) => one !== undefined);
    expect(told).toHaveLength(10);
  });

  it('says how fast it goes and how long it will take, of the last seconds', () => {
    const meter = new ProgressMeter(1_000 * MB, 0, 0, 100);
    for (let ms = 100; ms <= 10_000; ms += 100) meter.note(ms * 100, ms);
    for (let ms = 10_100; ms <= 15_000; ms += 100) meter.note(MB + (ms - 10_000) * 10_000, ms);
    expect(meter.note(MB + 51 * MB, 15_100)).toEqual({ doneBytes: 52 * MB, bytesPerSecond: 10 * MB, leftMs: 94_800 });
  });

  it('does not count what was there before as fast', () => {
    const meter = new ProgressMeter(1_000 * MB, 900 * MB, 0, 100);
    expect(meter.note(901 * MB, 1_000)).toEqual({ doneBytes: 901 * MB, bytesPerSecond: MB, leftMs: 99_000 });
  });

  it('promises nothing where nothing moves, or hardly anything has', () => {
    const meter = new ProgressMeter(10 * MB, 0, 0, 100);
    expect(meter.note(1 * MB, 10)).toEqual({ doneBytes: MB });
    expect(new ProgressMeter(10 * MB, MB, 0, 100).note(MB, 5_000)).toEqual({ doneBytes: MB, bytesPerSecond: 0 });
  });
});
