/** Talking in the chat window, in a real browser: what comes, what goes, and what happens to it. */
import { expect, it } from '@jest/globals';
import type { Locator } from 'playwright-core';
import { describeWindow } from '../../helpers/describe-window.js';
import { contact, message, now } from '../../helpers/fake-bridge.js';

/** Resolves as soon as a field holds that. */
async function expectValue(field: Locator, value: string): Promise<void> {
  const handle = await field.elementHandle();
  await field
    .page()
    .waitForFunction(([element, text]) => (element as { value?: string }).value === text, [handle, value] as const);
}

describeWindow('the chat window', (open) => {
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
    await expectValue(field, '');
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

  it('answers, changes, deletes and reacts to messages', async () => {
    const world = {
      history: { bob: [message('b1', 'when is the tide?'), message('a1', 'at ten', { direction: 'out' })] },
    };
    const { page, bridge } = await open({ hash: '#bob', world });
    const field = page.getByRole('textbox', { name: 'Message to bob' });

    await page.getByText('when is the tide?').hover();
    await page.getByRole('button', { name: 'Answer' }).click();
    await page.getByText('Answering').waitFor();
    await field.fill('at nine');
    await field.press('Enter');
    expect(await bridge.command('send')).toMatchObject({ text: 'at nine', replyTo: 'b1' });

    await page.getByText('at ten').hover();
    await page.getByRole('button', { name: 'Change', exact: true }).click();
    await expectValue(field, 'at ten');
    await field.fill('at nine sharp');
    await field.press('Enter');
    expect(await bridge.command('edit')).toMatchObject({ id: 'a1', text: 'at nine sharp' });
    await page.getByText('edited').waitFor();

    await page.getByText('when is the tide?').first().hover();
    await page.getByRole('button', { name: 'React', exact: true }).click();
    await page.getByRole('button', { name: 'React with 👍' }).click();
    expect(await bridge.command('react')).toMatchObject({ id: 'b1', emoji: '👍' });
    await page.getByRole('button', { name: '👍 by you' }).click();
    expect(await bridge.command('react', ({ emoji }) => emoji === '')).toMatchObject({ id: 'b1' });

    await page.getByText('at nine sharp').hover();
    await page.getByRole('button', { name: 'Delete' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
    expect(await bridge.command('delete')).toMatchObject({ id: 'a1' });
    await page.getByText('This message was deleted').waitFor();
  });

  it('does all of that by the keyboard', async () => {
    const world = {
      history: { bob: [message('b1', 'one'), message('b2', 'two'), message('a1', 'three', { direction: 'out' })] },
    };
    const { page, bridge } = await open({ hash: '#bob', world });
    const field = page.getByRole('textbox', { name: 'Message to bob' });
    await field.waitFor();
    await page.keyboard.press('ArrowUp');
    await expectValue(field, 'three');
    await page.keyboard.press('Escape');
    await expectValue(field, '');

    await page.getByRole('region', { name: 'Messages' }).focus();
    await page.keyboard.press('ArrowUp');
    await page.keyboard.press('ArrowUp');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await page.getByText('Answering').waitFor();
    await page.keyboard.type('to the second');
    await page.keyboard.press('Enter');
    expect(await bridge.command('send')).toMatchObject({ replyTo: 'b2' });

    await page.keyboard.press('Control+f');
    await page.getByRole('searchbox', { name: 'Search' }).waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('searchbox').waitFor({ state: 'detached' });
  });

  it('keeps what was typed for each conversation, and goes from one to another', async () => {
    const { page } = await open({ hash: '#bob', world: { contacts: [contact('bob'), contact('carol')] } });
    await page.getByRole('textbox', { name: 'Message to bob' }).fill('half a thought');
    await page.keyboard.press('Alt+ArrowDown');
    const carol = page.getByRole('textbox', { name: 'Message to carol' });
    expect(await carol.inputValue()).toBe('');
    await carol.fill('another');
    await page.goBack();
    expect(await page.getByRole('textbox', { name: 'Message to bob' }).inputValue()).toBe('half a thought');
    await page.getByRole('link', { name: 'carol' }).click();
    expect(await carol.inputValue()).toBe('another');
  });

  it('says that something was seen once somebody has looked at it, and marks where it began', async () => {
    const { page, bridge } = await open({
      hash: '#carol',
      world: {
        contacts: [contact('bob', { unread: 1 }), contact('carol')],
        history: { bob: [message('b1', 'old'), message('b2', 'new')] },
      },
    });
    await page.getByRole('textbox', { name: 'Message to carol' }).waitFor();
    bridge.emit({ event: 'message', member: 'bob', id: 'b3', text: 'newer', sentAt: now });
    bridge.world.history.bob?.push(message('b3', 'newer'));
    await page.waitForFunction("document.title === '(2) qtchat'");
    expect(bridge.commands.filter(({ command }) => command === 'read')).toEqual([]);
    await page.getByRole('link', { name: 'bob' }).click();
    expect(await bridge.command('read')).toMatchObject({ member: 'bob', id: 'b3' });
    await page.waitForFunction("document.title === 'qtchat'");
    expect(await page.locator('.scroller li').allTextContents()).toEqual([
      ...[expect.stringContaining('begins'), expect.any(String), expect.stringContaining('old')],
      ...['New', expect.stringContaining('new'), expect.stringContaining('newer')],
    ]);
    bridge.emit({ event: 'message', member: 'bob', id: 'b4', text: 'and more', sentAt: now });
    await bridge.command('read', ({ id }) => id === 'b4');
  });

  it('finds a message of long ago, and reads the history up to there', async () => {
    const all = Array.from({ length: 700 }, (_, index) => message(`m${index}`, `message number ${index}`));
    const { page, bridge } = await open({ hash: '#bob', world: { history: { bob: all } } });
    await page.getByText('message number 699').waitFor();
    await page.getByRole('button', { name: 'Search this conversation' }).click();
    await page.getByRole('searchbox').fill('NUMBER 7');
    await page
      .getByText('13 messages')
      .or(page.getByText(/\d+ messages/))
      .first()
      .waitFor();
    await page.getByRole('searchbox').fill('number 7');
    await page.locator('.found button').last().click();
    await page.locator('.is-sought', { hasText: /^message number 7\d\d:\d\d/ }).waitFor();
    expect(bridge.commands.filter(({ command }) => command === 'history').length).toBeGreaterThan(2);
    await page.getByRole('button', { name: 'To the newest message' }).click();
    await page.getByText('message number 699').waitFor();
  });

  it('does not move what one reads when something comes', async () => {
    const all = Array.from({ length: 60 }, (_, index) => message(`m${index}`, `message number ${index}`));
    const { page, bridge } = await open({ hash: '#bob', world: { history: { bob: all } } });
    await page.getByText('message number 59').waitFor();
    await page.locator('.scroller').hover();
    await page.mouse.wheel(0, -900);
    await page.getByRole('button', { name: 'To the newest message' }).waitFor();
    const first = page.locator('.entry').nth(8);
    const label = await first.textContent();
    const before = await first.boundingBox();
    bridge.emit({ event: 'message', member: 'bob', id: 'late', text: 'something new', sentAt: now });
    await page.locator('.to-end .badge', { hasText: '1' }).waitFor();
    const same = page.locator('.entry', { hasText: String(label).slice(0, 17) });
    expect((await same.boundingBox())?.y).toBeCloseTo(before?.y ?? 0, 0);
    expect(bridge.commands.some(({ command, id }) => command === 'read' && id === 'late')).toBe(false);
  });

  it('does not move what one reads when older messages come above it', async () => {
    const sentAt = (index: number): string => new Date(Date.UTC(2026, 0, 1) + index * 600_000).toISOString();
    const all = Array.from({ length: 400 }, (_, index) =>
      message(`m${index}`, `number ${index}:`, { sentAt: sentAt(index) }),
    );
    const { page, bridge } = await open({ hash: '#bob', world: { history: { bob: all } } });
    await page.getByText('number 399:').waitFor();
    // The upper edge stands on the line of a day, which will stand elsewhere.
    await page.evaluate("document.querySelector('.scroller').scrollTop = 3");
    await bridge.command('history', ({ before }) => before === 'm340');
    await page.getByText('number 340:').waitFor();
    const { top, height } = (await page.evaluate(`({
      top: document.querySelector('.scroller').scrollTop, height: document.querySelector('.scroller').scrollHeight,
    })`)) as { top: number; height: number };
    expect(top).toBeLessThan(height * 0.9);
    expect(await page.getByText('number 340:').isVisible()).toBe(true);
  });

  it('notifies while one is elsewhere, where that was allowed', async () => {
    const { page, bridge } = await open({ world: { contacts: [contact('bob'), contact('carol')] }, hash: '#carol' });
    await page.context().grantPermissions(['notifications']);
    await page.reload();
    await page.getByRole('link', { name: 'bob' }).waitFor();
    await page.evaluate(`window.shown = []; window.Notification = class {
      static permission = 'granted';
      constructor(title, { body }) { shown.push([title, body]); this.close = () => {}; window.last = this; }
    }`);
    bridge.emit({ event: 'message', member: 'bob', id: 'b1', text: 'are you \u202ethere?', sentAt: now });
    await page.waitForFunction('shown.length === 1');
    expect(await page.evaluate('shown')).toEqual([['bob', 'are you \\u{202e}there?']]);
    await page.evaluate('last.onclick()');
    await page.getByRole('textbox', { name: 'Message to bob' }).waitFor();
  });
});
