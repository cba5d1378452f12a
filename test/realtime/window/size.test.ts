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

  it('stays at its end while a long text is written below, and in a narrower window', async () => {
    const all = Array.from({ length: 100 }, (_, index) => message(`m${index}`, `message number ${index}`));
    const { page } = await open({ hash: '#bob', world: { history: { bob: all } } });
    // A few frames later, when what was drawn is measured too.
    const isAtEnd = `(async () => {
      for (let frame = 0; frame < 3; frame += 1) await new Promise(requestAnimationFrame);
      const { scrollTop, clientHeight, scrollHeight } = document.querySelector('.scroller');
      return scrollTop + clientHeight >= scrollHeight - 2;
    })()`;
    await page.getByText('message number 99').waitFor();
    expect(await page.evaluate(isAtEnd)).toBe(true);
    await page.getByRole('textbox', { name: 'Message to bob' }).pressSequentially('many long words '.repeat(20));
    expect(await page.evaluate(isAtEnd)).toBe(true);
    await page.setViewportSize({ width: 400, height: 500 });
    expect(await page.evaluate(isAtEnd)).toBe(true);
    expect(await page.getByRole('button', { name: 'To the newest message' }).isVisible()).toBe(false);
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
