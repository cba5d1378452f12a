/**
 * A browser as people have one, steered by tests: Debian's Chromium without a screen, in a profile of its own that is gone
 * afterwards. Its microphone is a sound card of the test, or none; who it is asked for it is allowed.
 */
import { afterEach } from '@jest/globals';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';

/** The program that is used. */
export const browserPath = '/usr/bin/chromium';

/** How a browser is. */
export interface BrowserOptions {
  /** Where its sound cards are: without them it has one that beeps, and one that nobody hears. */
  readonly sound?: Readonly<Record<string, string>>;
  /** Whether pages may use the microphone; they may when left out. */
  readonly mayListen?: boolean;
}

/** A page that looks alike everywhere. */
const look = { viewport: { width: 1_100, height: 800 }, locale: 'en-GB', timezoneId: 'UTC' } as const;

/** One browser, with as many people as ask for a profile. */
export class TestBrowser {
  readonly #browser: Browser;
  /** What pages complained of: errors that nobody caught, and what their policy kept from them. */
  readonly complaints: string[] = [];

  private constructor(browser: Browser) {
    this.#browser = browser;
  }

  static async start({ sound, mayListen = true }: BrowserOptions = {}): Promise<TestBrowser> {
    const args = [
      '--allow-loopback-in-peer-connection',
      ...['--disable-gpu', '--disable-quic', '--no-first-run', '--disable-component-update', '--disable-sync'],
      ...(mayListen ? ['--use-fake-ui-for-media-stream'] : ['--deny-permission-prompts']),
      ...(sound === undefined ? ['--use-fake-device-for-media-stream'] : []),
    ];
    const browser = await chromium.launch({
      executablePath: browserPath,
      // Whoever runs tests may be root.
      chromiumSandbox: false,
      args,
      ignoreDefaultArgs: ['--mute-audio'],
      ...(sound !== undefined && { env: { ...sound } }),
    });
    return new TestBrowser(browser);
  }

  /** A page of somebody who has never been here; further ones of the same person are opened from its `context`. */
  async page(): Promise<Page> {
    const context = await this.#browser.newContext(look);
    return this.pageIn(context);
  }

  /** One more page of the same person. */
  async pageIn(context: BrowserContext): Promise<Page> {
    const page = await context.newPage();
    page.on('pageerror', (error) => this.complaints.push(error.message));
    page.on('console', (message) => {
      // Of a page without an icon Chromium asks for one anyway.
      if (message.type() === 'error' && !message.location().url.endsWith('/favicon.ico'))
        this.complaints.push(`${message.text()} ${message.location().url}`);
    });
    return page;
  }

  async close(): Promise<void> {
    await this.#browser.close();
  }
}

const started: TestBrowser[] = [];

/** Starts one that is closed after the test. */
export async function startBrowser(options: BrowserOptions = {}): Promise<TestBrowser> {
  const browser = await TestBrowser.start(options);
  started.push(browser);
  return browser;
}

/** Closes what the tests of a file have started, after each of them. */
export function closeBrowsers(): void {
  afterEach(async () => {
    await Promise.all(started.splice(0).map((browser) => browser.close()));
  });
}
