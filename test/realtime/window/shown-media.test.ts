/** Pictures of files in a real browser: what the server of the media says of them must let the window show them. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import sharp from 'sharp';
import { openStoredFile } from '../../../src/store/arriving-file.js';
import { MediaRoute } from '../../../src/ui/media-route/media-route.js';
import { answerHeaders } from '../../../src/ui/web-bridge/answer-headers.js';
import { closeBrowsers, startBrowser } from '../../helpers/browser.js';
import { describeWith } from '../../helpers/require-program.js';

describeWith('chromium', 'pictures of files', () => {
  closeBrowsers();

  it('are shown by a page of the other port', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'qtchat-shown-media-'));
    const route = await MediaRoute.start();
    const server = createServer();
    try {
      const path = join(folder, 'pier.png');
      const create = { width: 40, height: 30, channels: 3, background: '#336699' } as const;
      await writeFile(path, await sharp({ create }).png().toBuffer());
      const { url } = await route.add(() => openStoredFile(path));
      await new Promise<void>((resolve) => {
        server.listen(0, '127.0.0.1', resolve);
      });
      const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
      server.on('request', (_request, response) => {
        for (const [name, value] of Object.entries(answerHeaders(origin, route.origin)))
          response.setHeader(name, value);
        response.setHeader('Content-Type', 'text/html').end(`<!doctype html><img src="${url}">`);
      });
      const page = await (await startBrowser()).page();
      await page.goto(origin, { waitUntil: 'load' });
      expect(await page.evaluate('document.images[0].naturalWidth')).toBe(40);
    } finally {
      server.closeAllConnections();
      server.close();
      await route.close();
      await rm(folder, { recursive: true, force: true });
    }
  });
});
