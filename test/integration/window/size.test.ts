/** What the chat window costs: octets on their way to the browser, elements in it, and time, which is printed and judged by bench/window.mjs. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from '@jest/globals';
import { packageRoot } from '../../../src/package-root.js';
import { describeWindow } from '../../helpers/describe-window.js';
import { message } from '../../helpers/fake-bridge.js';

describe('the built page', () => {
  const sizeOf = (name: string): number => gzipSync(readFileSync(join(packageRoot(), 'dist/web', name))).length;

  it('has no more than 60 kB of JavaScript, compressed', () => {
    expect(sizeOf('main.js')).toBeLessThanOrEqual(60_000);
  });

  it('names nothing outside of its folder, and has nothing inline', () => {
    const html = readFileSync(join(packageRoot(), 'dist/web/index.html'), 'utf8');
    expect([...html.matchAll(/(?:src|href)="([^"]*)"/g)].filter(([, url = '']) => /^\/|:/.test(url))).toEqual([]);
    expect(html).not.toMatch(/<style|style=|<script>|\son\w+=/);
  });
});

describeWindow('a long conversation', (open) => {
  it('can be used, and says after how long', async () => {
    const { page } = await open({ hash: '#bob', world: { history: { bob: [message('1', 'hello')] } } });
    await page.getByText('hello').first().waitFor();
    const readyMs = Math.round(await page.evaluate<number>('performance.now()'));
    // Which depends on what else this computer does: bench/window.mjs judges it.
    process.stdout.write(`the window was ready after ${readyMs} ms\n`);
  });

  it('has few elements in the page however long it is, wherever one is in it', async () => {
    const all = Array.from({ length: 10_000 }, (_, index) => message(`m${index}`, `message number ${index}`));
    const { page, bridge } = await open({ hash: '#bob', world: { history: { bob: all } } });
    await page.getByText('message number 9999').waitFor();
    const most = `Math.max(window.most ?? 0, document.querySelectorAll('.scroller *').length)`;
    const asked = (): number => bridge.commands.filter(({ command }) => command === 'history').length;
    // Up to the very beginning: 50 pages of the history.
    while (!(await page.getByText('This is where the conversation begins').isVisible())) {
      await page.evaluate(`document.querySelector('.scroller').scrollTop = 0; window.most = ${most}`);
      const before = asked();
      await page.waitForTimeout(0);
      if (asked() === before) await page.evaluate('new Promise(requestAnimationFrame)');
    }
    await page.getByText('message number 0').first().waitFor();
    expect(await page.evaluate(most)).toBeLessThan(2_000);
    expect(asked()).toBeGreaterThan(49);
    await page.getByRole('button', { name: 'To the newest message' }).click();
    await page.getByText('message number 9999').waitFor();
    expect(await page.evaluate(most)).toBeLessThan(2_000);
  });
});
