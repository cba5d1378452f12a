/** Files between two windows: a picture is seen, and a film plays, jumps, and goes on after a break while it arrives over a slow line. */
import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { afterEach, expect, it } from '@jest/globals';
import type { Locator, Page } from 'playwright-core';
import sharp from 'sharp';
import { downloadsFolder } from '../../../src/store/home.js';
import { closeBrowsers } from '../../helpers/browser.js';
import { filmOf } from '../../helpers/real-films.js';
import { describeWith } from '../../helpers/require-program.js';
import { SlowRelay } from '../../helpers/slow-relay.js';
import { type ChatPlace, talkWith, WindowChats } from '../../helpers/window-chats.js';

const timeoutMs = 120_000;
const bytesPerSecond = 500_000;
/** What plays begins with less; what is asked for in order alone does not, where its index is at its end. */
const startShare = 0.2;

describeWith('chromium', 'a picture', () => {
  const chats = new WindowChats();
  closeBrowsers();

  it(
    'that is dropped in one window is seen in the other',
    async () => {
      const { alice, bob } = await chats.meet();
      await Promise.all([talkWith(alice.page, 'bob'), talkWith(bob.page, 'alice')]);
      const picture = sharp({ create: { width: 320, height: 200, channels: 3, background: '#3a7' } });
      await drop(bob.page, 'boat.png', await picture.png().toBuffer());
      for (const { page } of [alice, bob]) {
        const seen = page.getByRole('img', { name: 'boat.png' });
        await seen.waitFor();
        await until(page, () => {
          const image = globalThis as unknown as {
            document: { querySelector(name: string): { naturalWidth: number } };
          };
          return image.document.querySelector('img[alt="boat.png"]').naturalWidth === 320;
        });
      }
      expect([...alice.browser.complaints, ...bob.browser.complaints]).toEqual([]);
    },
    timeoutMs,
  );
});

describeWith('ffmpeg', 'a film that arrives over a slow line', () => {
  const chats = new WindowChats();
  closeBrowsers();
  let relay: SlowRelay | undefined;

  afterEach(async () => {
    await relay?.stop();
    relay = undefined;
  });

  /** Bob's chat dials Alice's over a slow line; both look at each other's conversation. */
  async function meetSlowly() {
    const alice = await chats.open('alice');
    const line = await SlowRelay.start(alice.port, bytesPerSecond);
    relay = line;
    const bob = await chats.open('bob', { peer: `127.0.0.1:${line.port}` });
    await Promise.all([alice.chat.event('connected'), bob.chat.event('connected')]);
    await Promise.all([talkWith(alice.page, 'bob'), talkWith(bob.page, 'alice')]);
    return { alice, bob, line };
  }

  it.each([
    ['an MP4 with its index in front', 'front'],
    ['an MP4 with its index at the end', 'end'],
    ['a WebM', 'webm'],
  ] as const)(
    'plays from the beginning and where one jumps before it is there, and is whole in the end: %s',
    async (_, kind) => {
      const path = filmOf(kind);
      const { size } = await stat(path);
      const { alice, bob } = await meetSlowly();
      await give(bob.page, path);
      const film = alice.page.locator('video');
      await play(film);
      await untilPlays(film, 0);
      expect(await received(alice.page, path)).toBeLessThan(startShare * size);
      await jump(film, 0.8);
      await untilPlays(film, 0.8);
      expect(await received(alice.page, path)).toBeLessThan(size);
      await expectArrived(alice, path);
      expect([...alice.browser.complaints, ...bob.browser.complaints]).toEqual([]);
    },
    timeoutMs,
  );

  it(
    'plays on by itself when the line was broken, and goes on where it was when its sender was killed, and comes back',
    async () => {
      const path = filmOf('front');
      const { size } = await stat(path);
      const { alice, bob, line } = await meetSlowly();
      await give(bob.page, path);
      const film = alice.page.locator('video');
      await play(film);
      await untilPlays(film, 0);
      line.cut();
      await alice.chat.event('fileInterrupted');
      await jump(film, 0.5);
      await untilPlays(film, 0.5);
      await bob.chat.program.stop('SIGKILL');
      await alice.chat.event('fileInterrupted');
      const before = await received(alice.page, path);
      expect(before).toBeLessThan(size);
      await chats.chat(bob, ['--web', '--no-open', '--peer', `127.0.0.1:${line.port}`]);
      const { doneBytes } = await alice.chat.event('fileStarted', (event) => event.doneBytes !== 0);
      expect(Number(doneBytes)).toBeGreaterThan(0);
      await expectArrived(alice, path);
      // Nobody had to press anything.
      await untilPlays(film, 0.55);
      await jump(film, 0.9);
      await untilPlays(film, 0.9);
    },
    timeoutMs,
  );
});

/** What is used of an element in a page. */
interface Video {
  muted: boolean;
  currentTime: number;
  readonly duration: number;
  play(): Promise<void>;
}

/** Gives a file to the conversation that is shown, as if it was picked. */
async function give(page: Page, path: string): Promise<void> {
  await page.getByLabel('Files', { exact: true }).setInputFiles(path);
}

/** Drops a file on the conversation that is shown. */
async function drop(page: Page, name: string, content: Buffer): Promise<void> {
  const dataTransfer = await page.evaluateHandle(
    ([text, called]) => {
      const there = globalThis as unknown as PageGlobals;
      const transfer = new there.DataTransfer();
      const octets = Uint8Array.from(there.atob(text), (one) => one.charCodeAt(0));
      transfer.items.add(new there.File([octets], called, { type: 'image/png' }));
      return transfer;
    },
    [content.toString('base64'), name] as const,
  );
  await page.getByRole('textbox', { name: /^Message to / }).dispatchEvent('drop', { dataTransfer });
}

interface PageGlobals {
  readonly DataTransfer: new () => { readonly items: { add(file: unknown): void } };
  readonly File: new (parts: readonly unknown[], name: string, options: { type: string }) => unknown;
  atob(text: string): string;
}

async function play(film: Locator): Promise<void> {
  await film.evaluate((element) => {
    const video = element as unknown as Video;
    video.muted = true;
    void video.play();
  });
}

async function jump(film: Locator, share: number): Promise<void> {
  await film.evaluate((element, to) => {
    const video = element as unknown as Video;
    video.currentTime = video.duration * to;
  }, share);
}

/** Resolves when a film runs behind that share of it. */
async function untilPlays(film: Locator, share: number): Promise<void> {
  const element = await film.elementHandle();
  await film.page().waitForFunction(
    ([video, from]) => {
      const { currentTime, duration } = video as unknown as Video;
      return currentTime > duration * from + 0.05;
    },
    [element, share] as const,
    { polling: 20, timeout: timeoutMs },
  );
}

async function until(page: Page, condition: () => boolean): Promise<void> {
  await page.waitForFunction(condition, undefined, { polling: 20, timeout: timeoutMs });
}

/** How many octets of a file are there, as the page shows it. */
async function received(page: Page, path: string): Promise<number> {
  const bar = page.getByRole('progressbar', { name: `How much of ${basename(path)} is there` });
  return Number(await bar.getAttribute('value'));
}

/** Waits until a file is there, and the same. */
async function expectArrived(
  { home, chat }: ChatPlace & { chat: { event(type: string): Promise<object> } },
  path: string,
) {
  await chat.event('fileDone');
  const digest = (octets: Buffer): string => createHash('sha256').update(octets).digest('hex');
  const arrived = join(downloadsFolder({ folder: home }), basename(path));
  expect(digest(await readFile(arrived))).toBe(digest(await readFile(path)));
}
