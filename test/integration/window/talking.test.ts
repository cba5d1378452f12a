/** Talking in the chat window, in a real browser: what comes, what goes, and what happens to it. */
import { afterAll, afterEach, beforeAll, expect, it } from '@jest/globals';
import type { Browser } from 'playwright-core';
import { contact, message, now } from '../../helpers/fake-bridge.js';
import { describeWith } from '../../helpers/require-program.js';
import { type OpenWindow, openWindow, startChromium, type WindowOptions } from '../../helpers/window.js';

describeWith('chromium', 'the chat window', () => {
  let browser: Browser;
  let opened: OpenWindow | undefined;
  beforeAll(async () => {
    browser = await startChromium();
  });
  afterEach(async () => {
    const faults = opened?.faults;
    await opened?.close();
    opened = undefined;
    expect(faults ?? []).toEqual([]);
  });
  afterAll(() => browser?.close());

  async function open(options: WindowOptions = {}): Promise<OpenWindow> {
    opened = await openWindow(browser, options);
    return opened;
  }

  it('shows who is here, what was said last, and how much of it nobody has seen', async () => {
    const { page } = await open({
      world: {
        contacts: [
          contact('bob', { unread: 3, last: message('1', 'are you there?') }),
          contact('carol', { isHere: false, name: 'Caro' }),
        ],
      },
    });
    const bob = page.getByRole('link', { name: 'bob' });
    expect(await bob.textContent()).toMatch(/here now.*are you there\?.*3 unread/);
    expect(await page.getByRole('link', { name: 'Caro' }).textContent()).toContain('not here');
    expect(await page.title()).toBe('(3) qtchat');
  });

  it('sends what is typed at Enter, shows how far it comes, and takes an answer', async () => {
    const { page, bridge } = await open({ hash: '#bob' });
    const field = page.getByRole('textbox', { name: 'Message to bob' });
    await field.fill('the tide is at nine');
    await field.press('Shift+Enter');
    await field.pressSequentially('bring a coat');
    await field.press('Enter');
    const sent = await bridge.command('send');
    expect(sent).toMatchObject({ member: 'bob', text: 'the tide is at nine\nbring a coat' });
    const own = page.getByRole('article', { name: /^You/ });
    await own.getByRole('img', { name: 'waits here' }).waitFor();
    expect(await field.inputValue()).toBe('');
    const id = await page.locator('.entry-row.is-out').getAttribute('data-key');
    bridge.emit({ event: 'sent', member: 'bob', id: String(id) });
    bridge.emit({ event: 'delivered', member: 'bob', id: String(id) });
    await own.getByRole('img', { name: 'on their disk' }).waitFor();
    bridge.emit({ event: 'read', member: 'bob', id: String(id) });
    await own.getByRole('img', { name: 'seen' }).waitFor();

    bridge.emit({ event: 'typing', member: 'bob' });
    await page.locator('.typing', { hasText: 'bob is writing' }).waitFor();
    bridge.emit({ event: 'message', member: 'bob', id: 'b1', text: 'at nine it is', sentAt: now, replyTo: String(id) });
    const answer = page.getByRole('article', { name: /^bob/ });
    await answer.getByText('at nine it is').waitFor();
    expect(await answer.locator('.quote').textContent()).toContain('the tide is at nine');
    expect(await page.locator('.typing').textContent()).toBe('');
  });
});
