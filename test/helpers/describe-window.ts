/** Suites of tests that open the chat window: one browser for all of them, and nothing may go wrong unseen in its pages. */
import { afterAll, afterEach, beforeAll, expect } from '@jest/globals';
import type { Browser } from 'playwright-core';
import { describeWith } from './require-program.js';
import { type OpenWindow, openWindow, startChromium, type WindowOptions } from './window.js';

/** Opens a window that is closed after the test. */
export type Open = (options?: WindowOptions) => Promise<OpenWindow>;

/** Describes a suite; each test fails where a page of it had an error, or did what its policy forbids. */
export function describeWindow(title: string, suite: (open: Open) => void): void {
  describeWith('chromium', title, () => {
    let browser: Browser;
    const opened: OpenWindow[] = [];

    beforeAll(async () => {
      browser = await startChromium();
    });
    afterEach(async () => {
      const windows = opened.splice(0);
      const faults = windows.flatMap((one) => [...one.faults, ...one.bridge.strays]);
      await Promise.all(windows.map((one) => one.close()));
      expect(faults).toEqual([]);
    });
    afterAll(() => browser?.close());

    suite(async (options) => {
      const one = await openWindow(browser, options);
      opened.push(one);
      return one;
    });
  });
}
