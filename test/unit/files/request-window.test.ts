import { describe, expect, it } from '@jest/globals';
import { RequestWindow } from '../../../src/files/request-window.js';

const MiB = 1024 * 1024;

function windowAfter(times: number, elapsedMs: number, window = new RequestWindow()): RequestWindow {
  for (let count = 0; count < times; count += 1) window.note(elapsedMs);
  return window;
}

describe('how much is asked for ahead', () => {
  it('grows while answers come quickly, to 16 MiB and no further', () => {
    expect(windowAfter(4, 20).bytes).toBeGreaterThan(new RequestWindow().bytes);
    expect(windowAfter(1_000, 20).bytes).toBe(16 * MiB);
  });

  it('shrinks while answers wait long, to 2 MiB and no further', () => {
    const window = windowAfter(1, 20);
    expect(windowAfter(1_000, 2_000, window).bytes).toBe(2 * MiB);
  });

  it('grows on a line where every answer is long on its way', () => {
    expect(windowAfter(1_000, 700).bytes).toBe(16 * MiB);
  });

  it('is little where several connections share a file, and as ever again afterwards', () => {
    const window = new RequestWindow();
    window.refine(true);
    expect(window.bytes).toBe(MiB / 2);
    expect(windowAfter(1_000, 2_000, windowAfter(1, 20, window)).bytes).toBe(MiB / 2);
    window.refine(false);
    expect(window.bytes).toBe(new RequestWindow().bytes);
  });
});
