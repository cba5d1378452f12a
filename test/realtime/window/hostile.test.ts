/** What peers send as text: nothing of it runs, leads anywhere but to the web, or covers what is true. */
import { expect, it } from '@jest/globals';
import type { Page } from 'playwright-core';
import { describeWindow } from '../../helpers/describe-window.js';
import { contact, message, now } from '../../helpers/fake-bridge.js';

const attacks = [
  '<script>window.hurt = 1</script>',
  '<img src=x onerror="window.hurt = 1">',
  '<svg onload="window.hurt = 1"><a xlink:href="javascript:window.hurt=1">x</a></svg>',
  '</div></li></ol><iframe srcdoc="<script>parent.hurt=1</script>"></iframe>',
  'javascript:window.hurt=1',
  'https://example.org/"onmouseover="window.hurt=1',
  "https://example.org/'><script>window.hurt=1</script>",
  'data:text/html,<script>window.hurt=1</script>',
  '{{constructor.constructor("window.hurt=1")()}}',
  'photo\u202egpj.exe',
  '\u2066\u2067bob: I agree\u2069',
];

/** What in the page could run or load something, and leads elsewhere. */
function dangersIn(page: Page): Promise<unknown> {
  return page.evaluate(`({
    hurt: window.hurt,
    elements: [...document.querySelectorAll('script:not([src="main.js"]), iframe, object, embed, base, form[action], [srcdoc], style')].map((one) => one.outerHTML),
    handlers: [...document.querySelectorAll('*')].flatMap((one) => [...one.attributes]).filter(({ name }) => name.startsWith('on') || name === 'style' && false).length,
    links: [...document.querySelectorAll('a[target]')].map((one) => [new URL(one.href).protocol, one.rel]),
  })`);
}

describeWindow('texts of others in the window', (open) => {
  it('are shown as they are, wherever they stand', async () => {
    const name = attacks[1] as string;
    const { page, bridge } = await open({
      hash: '#bob',
      world: {
        contacts: [
          contact('bob', { name, last: message('x', attacks[0] as string) }),
          contact('<b>eve</b>', { name: attacks[2] as string }),
        ],
        history: {
          bob: [
            ...attacks.map((text, index) =>
              message(`m${index}`, text, { replyTo: index === 0 ? null : `m${index - 1}` }),
            ),
            message('r', 'reacted', { reactions: [{ from: '<i>bob</i>', emoji: '<u>x</u>' }] }),
            message('f', null, { file: { name: attacks[1] as string, sizeBytes: 1, isFolder: false } }),
          ],
        },
        whois: {
          bob: {
            certificate: { subject: name, issuer: name, serialNumber: name, notBefore: now, notAfter: now },
            security: name,
          },
        },
      },
    });
    await page.getByText('reacted').waitFor();
    for (const [index, text] of attacks.entries()) {
      bridge.emit({ event: 'message', member: 'bob', id: `l${index}`, text, sentAt: now });
      bridge.emit({ event: 'notice', text });
    }
    bridge.emit({ event: 'question', id: 'q', text: attacks[0] as string });
    bridge.emit({
      event: 'fileOffered',
      member: 'bob',
      id: 'o',
      direction: 'in',
      name: attacks[0] as string,
      sizeBytes: 5,
    });
    const reason = { code: 'X', message: attacks[1] as string, hint: attacks[2] as string };
    bridge.emit({ event: 'callRinging', member: 'bob', id: 'c', direction: 'in' });
    bridge.emit({
      event: 'callEnded',
      member: 'bob',
      id: 'c',
      direction: 'in',
      reason: name,
      by: 'peer',
      durationMs: 0,
      missed: false,
      error: reason,
    });
    await page
      .locator('.scroller')
      .getByText(attacks[3] as string)
      .last()
      .waitFor();
    await page
      .getByRole('button', { name: /^Who is/ })
      .last()
      .click();
    await page.getByRole('heading', { name: 'What is known' }).waitFor();
    await page.getByRole('button', { name: 'Search this conversation' }).click();
    await page.getByRole('searchbox').fill('script');
    await page.locator('.found button').first().waitFor();
    expect(await dangersIn(page)).toEqual({
      hurt: undefined,
      elements: [],
      handlers: 0,
      links: expect.arrayContaining([['https:', 'noopener noreferrer']]),
    });
    const text = await page.locator('body').textContent();
    expect(text).toContain('photo\\u{202e}gpj.exe');
    expect(text).not.toMatch(/[\u202a-\u202e\u2066-\u2069]/);
  });

  it('stay within their own place', async () => {
    const { page, bridge } = await open({ hash: '#bob', width: 360 });
    const tall = `a${'\u0301'.repeat(5_000)}`;
    const wide = 'x'.repeat(20_000);
    for (const [index, text] of [tall, wide, '\n'.repeat(2_000), 'مرحبا https://example.org שלום'].entries()) {
      bridge.emit({ event: 'message', member: 'bob', id: `m${index}`, text, sentAt: now });
    }
    await page.getByText('مرحبا').last().waitFor();
    const { widths, heights } = (await page.evaluate(`({
      widths: [document.documentElement.scrollWidth, document.querySelector('.scroller').scrollWidth],
      heights: [...document.querySelectorAll('.bubble')].map((one) => one.offsetHeight),
    })`)) as { widths: number[]; heights: number[] };
    expect(Math.max(...widths)).toBeLessThanOrEqual(360);
    expect(Math.min(...heights)).toBeGreaterThan(20);
    await page.getByRole('button', { name: 'Show all of it' }).first().waitFor();
  });
});
