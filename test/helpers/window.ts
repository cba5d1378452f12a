/** A real Chromium that shows the chat window of a {@link FakeBridge}. */
import { type Browser, chromium, type Page } from 'playwright-core';
import { FakeBridge, type FakeWorld } from './fake-bridge.js';

const args = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--use-fake-ui-for-media-stream',
  '--use-fake-device-for-media-stream',
];

/** Starts Debian's Chromium. */
export async function startChromium(): Promise<Browser> {
  return chromium.launch({ executablePath: '/usr/bin/chromium', args });
}

/** A page, the program's side of it, and what went wrong in it. */
export interface OpenWindow {
  readonly bridge: FakeBridge;
  readonly page: Page;
  /** Errors of scripts, and what the security policy of the page forbade. */
  readonly faults: string[];
  close(): Promise<void>;
}

/** How a window is opened. */
export interface WindowOptions {
  readonly world?: Partial<FakeWorld>;
  readonly hash?: string;
  readonly width?: number;
  readonly height?: number;
  readonly theme?: 'light' | 'dark';
  /** What time it is in the page. */
  readonly now?: Date;
}

/** Opens the window; resolves when the page has been greeted. */
export async function openWindow(
  browser: Browser,
  { world = {}, hash = '', width = 1200, height = 800, theme = 'light', now }: WindowOptions = {},
): Promise<OpenWindow> {
  const bridge = await FakeBridge.start(world);
  const context = await browser.newContext({
    viewport: { width, height },
    colorScheme: theme,
    locale: 'en-GB',
    timezoneId: 'UTC',
    reducedMotion: 'reduce',
  });
  const page = await context.newPage();
  if (now !== undefined) await page.clock.setFixedTime(now);
  const faults: string[] = [];
  page.on('pageerror', (error) => faults.push(String(error)));
  page.on('console', (line) => {
    if (line.type() === 'error' && !/WebSocket connection to/.test(line.text())) faults.push(line.text());
  });
  await page.goto(`${bridge.url}${hash}`);
  await page.locator('.window, .first-run-card').first().waitFor();
  return {
    bridge,
    page,
    faults,
    async close() {
      await context.close();
      await bridge.close();
    },
  };
}
