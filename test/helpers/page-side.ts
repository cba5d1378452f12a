/** The page's half of calls by itself, in a real browser: a blank page with nothing but web/calls, and a tab's half of the bridge. */
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { build } from 'esbuild';
import type { Page } from 'playwright-core';
import { packageRoot } from '../../src/package-root.js';
import { TabMedia } from '../../src/ui/web-bridge/page-media.js';
import { MediaEnd } from './calls.js';

/** The window's own policy, as far as it concerns calls. */
const policy = "default-src 'none'; script-src 'self'";

/** A server of that page. */
export class CallPage {
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
  }

  static async serve(): Promise<CallPage> {
    const { outputFiles } = await build({
      stdin: {
        contents:
          "import { createCallSound } from './call-sound.ts'; window.calls = createCallSound({ send: (command) => window.toProgram(command) });",
        resolveDir: join(packageRoot(), 'web/calls'),
      },
      bundle: true,
      format: 'esm',
      write: false,
    });
    const script = outputFiles[0]?.text ?? '';
    const server = createServer(({ url }, response) => {
      response.setHeader('Content-Security-Policy', policy);
      response.setHeader('Content-Type', url === '/calls.js' ? 'text/javascript' : 'text/html');
      response.end(
        url === '/calls.js' ? script : '<!doctype html><title>calls</title><script type=module src=/calls.js></script>',
      );
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new CallPage(server);
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/`;
  }

  async close(): Promise<void> {
    this.#server.close();
    this.#server.closeAllConnections();
    await once(this.#server, 'close');
  }
}

interface Device {
  readonly id: string;
  readonly label: string;
}

interface PageGlobals {
  readonly calls: {
    onEvent(task: unknown): void;
    choose(kind: 'input' | 'output', id: string): void;
    readonly inputs: { readonly value: Device[] };
    readonly outputs: { readonly value: Device[] };
    readonly problem: { readonly value: string | undefined };
  };
}

/** One end of a call in that page. */
export class PageSide extends MediaEnd {
  readonly page: Page;
  readonly tab: TabMedia;

  private constructor(page: Page) {
    super();
    this.page = page;
    this.tab = new TabMedia((task) => void this.in((calls, given) => calls.onEvent(given), task).catch(() => {}));
  }

  static async open(page: Page, url: string): Promise<PageSide> {
    const side = new PageSide(page);
    await page.exposeFunction('toProgram', (command: unknown) => side.tab.handle(command));
    await page.goto(url);
    await page.waitForFunction(() => 'calls' in globalThis);
    await side.open(side.tab.open);
    return side;
  }

  /** Does something in the page. */
  async in<Given, Result>(
    action: (calls: PageGlobals['calls'], given: Given) => Result,
    given: Given,
  ): Promise<Awaited<Result>> {
    const calls = await this.page.evaluateHandle(() => (globalThis as unknown as PageGlobals).calls);
    return (await calls.evaluate(action as never, given as never)) as Awaited<Result>;
  }
}
