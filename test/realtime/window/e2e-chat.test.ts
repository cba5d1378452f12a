/** Two people, two programs, two browsers: what one does in the window, the other sees in theirs. */
import { expect, it } from '@jest/globals';
import type { Locator, Page } from 'playwright-core';
import { closeBrowsers } from '../../helpers/browser.js';
import { describeWith } from '../../helpers/require-program.js';
import { say, shown, talkWith, WindowChats, type WindowMember } from '../../helpers/window-chats.js';

const timeoutMs = 90_000;

describeWith('chromium', 'two windows', () => {
  const chats = new WindowChats();
  closeBrowsers();

  async function meet() {
    const met = await chats.meet();
    await Promise.all([talkWith(met.alice.page, 'bob'), talkWith(met.bob.page, 'alice')]);
    return met;
  }

  const fine = (...members: WindowMember[]): void => {
    expect(members.flatMap(({ browser }) => browser.complaints)).toEqual([]);
  };

  it(
    'chat both ways, and tell how far each message has come',
    async () => {
      const { alice, bob } = await meet();
      await say(alice.page, 'the tide is at nine');
      await shown(bob.page, 'the tide is at nine');
      await say(bob.page, 'I bring <b>coats</b> & lamps');
      await shown(alice.page, 'I bring <b>coats</b> & lamps');
      await alice.page.getByRole('article', { name: /^You/ }).getByRole('img', { name: 'seen' }).waitFor();
      fine(alice, bob);
    },
    timeoutMs,
  );

  it(
    'keep everything when a page is loaded anew',
    async () => {
      const { alice, bob } = await meet();
      await say(alice.page, 'one');
      await say(bob.page, 'two');
      await shown(alice.page, 'two');
      await shown(bob.page, 'one');
      await alice.page.reload();
      await shown(alice.page, 'one');
      await shown(alice.page, 'two');
      await say(alice.page, 'three');
      await shown(bob.page, 'three');
      fine(alice, bob);
    },
    timeoutMs,
  );

  it(
    'of the same person agree: messages, files, changes and reactions',
    async () => {
      const { alice, bob } = await meet();
      const second = await alice.browser.pageIn(alice.page.context());
      await second.goto(alice.page.url());
      await talkWith(second, 'bob');
      await say(alice.page, 'from the first');
      await shown(second, 'from the first');
      await say(second, 'from the second');
      await shown(alice.page, 'from the second');
      await say(bob.page, 'to both');
      await Promise.all([shown(alice.page, 'to both'), shown(second, 'to both')]);
      const note = { name: 'tides.txt', mimeType: 'text/plain', buffer: Buffer.from('at nine') };
      await second.getByLabel('Files', { exact: true }).setInputFiles(note);
      await Promise.all([alice.page, second, bob.page].map((page) => shown(page, 'tides.txt')));
      await use(second, 'to both', 'React');
      await second.getByRole('button', { name: 'React with 🎉' }).click();
      await Promise.all(
        [alice.page, bob.page].map((page) =>
          message(page, 'to both')
            .getByRole('button', { name: /^🎉 by / })
            .waitFor(),
        ),
      );
      await use(alice.page, 'from the first', 'Change');
      await say(alice.page, 'from the very first');
      await Promise.all([shown(second, 'from the very first'), shown(bob.page, 'from the very first')]);
      await use(second, 'from the second', 'Delete');
      await second.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
      await Promise.all(
        [alice.page, second, bob.page].map((page) => message(page, 'This message was deleted').waitFor()),
      );
      fine(alice, bob);
    },
    timeoutMs,
  );
});

/** A message of the conversation that is shown. */
function message(page: Page, text: string): Locator {
  return page.locator('.entry-row').filter({ hasText: text });
}

/** Does something with a message. */
async function use(page: Page, text: string, what: string): Promise<void> {
  await message(page, text).hover();
  await message(page, text).getByRole('button', { name: what, exact: true }).click();
}
