import { describe, expect, it } from '@jest/globals';
import { RequestWindow } from '../../../src/files/request-window.js';

const KiB = 1024;
const MiB = 1024 * KiB;

/** A line that brings so many octets in a millisecond, each `wayMs` late. */
interface FakeLine {
  readonly bytesPerMs: number;
  readonly wayMs: number;
}

/** What the window is after some seconds, in which as much was asked for as it allowed. */
function settle(window: RequestWindow, { bytesPerMs, wayMs }: FakeLine, seconds = 60): RequestWindow {
  const asked: { sizeBytes: number; atMs: number; comesMs: number }[] = [];
  let freeMs = 0;
  for (let nowMs = 0; nowMs < seconds * 1000; nowMs = asked[0]?.comesMs ?? nowMs) {
    for (let first = asked[0]; first !== undefined && first.comesMs <= nowMs; first = asked[0]) {
      asked.shift();
      window.note(first.sizeBytes, first.atMs, nowMs - first.sizeBytes / bytesPerMs, nowMs);
    }
    let askedBytes = asked.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
    while (askedBytes < window.bytes) {
      const sizeBytes = Math.min(Math.max(window.rangeBytes, 256 * KiB), MiB);
      freeMs = Math.max(freeMs, nowMs) + sizeBytes / bytesPerMs;
      asked.push({ sizeBytes, atMs: nowMs, comesMs: freeMs + wayMs });
      askedBytes += sizeBytes;
    }
  }
  return window;
}

describe('how much is asked for ahead', () => {
  it('is little at first, so that whoever jumps at once need not wait', () => {
    expect(new RequestWindow().bytes).toBe(256 * KiB);
  });

  it('is 16 MiB on a fast line, and no more', () => {
    expect(settle(new RequestWindow(), { bytesPerMs: 100_000, wayMs: 0.1 }, 1).bytes).toBe(16 * MiB);
  });

  it('is what a line brings in half a second', () => {
    const { bytes } = settle(new RequestWindow(), { bytesPerMs: 2_500, wayMs: 5 });
    expect(bytes).toBeGreaterThan(1.2e6);
    expect(bytes).toBeLessThan(1.6e6);
  });

  it('stays little on a slow line', () => {
    expect(settle(new RequestWindow(), { bytesPerMs: 500, wayMs: 5 }).bytes).toBe(256 * KiB);
  });

  it('fills a line on which every answer is long on its way', () => {
    const wayMs = 700;
    const bytesPerMs = 10_000;
    expect(settle(new RequestWindow(), { bytesPerMs, wayMs }).bytes).toBeGreaterThan(bytesPerMs * wayMs);
  });

  it('shrinks when a line becomes slow', () => {
    const window = settle(new RequestWindow(), { bytesPerMs: 100_000, wayMs: 0.1 }, 1);
    expect(settle(window, { bytesPerMs: 500, wayMs: 5 }, 300).bytes).toBe(256 * KiB);
  });

  it('is little again where the line is shared from now on', () => {
    const window = settle(new RequestWindow(), { bytesPerMs: 100_000, wayMs: 0.1 }, 1);
    window.reset();
    expect(window.bytes).toBe(256 * KiB);
  });
});
