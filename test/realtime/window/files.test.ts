/** Files in the chat window: dropped, pasted and picked, offered and on their way, seen and heard. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import sharp from 'sharp';
import { describeWindow } from '../../helpers/describe-window.js';
import { message } from '../../helpers/fake-bridge.js';

const film = { member: 'bob', id: 'f1', direction: 'in', name: 'film.mp4', sizeBytes: 184_000_000 } as const;

describeWindow('files in the window', (open) => {
  it('are handed over by dropping files and folders', async () => {
    const { page, bridge } = await open({ hash: '#bob' });
    await page.getByRole('textbox', { name: 'Message to bob' }).waitFor();
    // What a browser gives for a drop: entries, of which folders are read on.
    await page.evaluate(`(async () => {
      const fileEntry = (name, text) => ({ name, isDirectory: false, file: (take) => take(new File([text], name)) });
      const folderEntry = (name, entries) => ({
        name, isDirectory: true, createReader() { let left = [entries, []]; return { readEntries: (take) => take(left.shift()) }; },
      });
      const entries = [fileEntry('note.txt', 'hello'), folderEntry('trip', [fileEntry('a b.txt', 'one'), folderEntry('sub', [fileEntry('c#.txt', 'two')])])];
      const event = new Event('drop', { bubbles: true, cancelable: true });
      event.dataTransfer = { types: ['Files'], items: entries.map((entry) => ({ webkitGetAsEntry: () => entry })), files: [] };
      document.querySelector('.conversation').dispatchEvent(event);
    })()`);
    await bridge.until(() => (bridge.uploads.length === 4 ? true : undefined));
    const [note, one, two, offer] = bridge.uploads;
    expect(note).toMatchObject({ method: 'PUT', url: 'files?member=bob&name=note.txt' });
    expect(note?.body.toString()).toBe('hello');
    const folder = /^folders\/[0-9a-f-]{36}/.exec(String(one?.url))?.[0];
    expect(one?.url).toBe(`${folder}/a%20b.txt`);
    expect(two?.url).toBe(`${folder}/sub/c%23.txt`);
    expect(offer).toMatchObject({ method: 'POST', url: `${folder}?member=bob&name=trip` });
    await page.getByText('waits for their answer').first().waitFor();
    bridge.emit({ ...film, event: 'fileStarted', direction: 'out', name: 'note.txt', sizeBytes: 5, doneBytes: 0 });
    bridge.emit({
      ...film,
      event: 'fileDone',
      direction: 'out',
      name: 'note.txt',
      sizeBytes: 5,
      root: null,
      sha256: null,
      path: null,
    });
    expect(await page.locator('.file', { hasText: 'note.txt' }).count()).toBe(1);
    await page.locator('.file.is-done', { hasText: 'note.txt' }).waitFor();
  });

  it('are handed over by picking and pasting', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'qtchat-window-'));
    try {
      await mkdir(join(folder, 'pictures'));
      await writeFile(join(folder, 'pictures', 'one.txt'), '1');
      const { page, bridge } = await open({ hash: '#bob' });
      const choosing = page.waitForEvent('filechooser');
      await page.getByRole('button', { name: 'Send files' }).click();
      await (await choosing).setFiles({ name: 'plan.pdf', mimeType: 'application/pdf', buffer: Buffer.from('plan') });
      await bridge.until(() => bridge.uploads.find(({ url }) => url.endsWith('name=plan.pdf')));
      const choosingFolder = page.waitForEvent('filechooser');
      await page.getByRole('button', { name: 'Send a folder' }).click();
      await (await choosingFolder).setFiles(join(folder, 'pictures'));
      await bridge.until(() => bridge.uploads.find(({ url }) => url.endsWith('name=pictures')));
      await page.evaluate(`(() => {
        const transfer = new DataTransfer();
        transfer.items.add(new File(['x'], 'image.png', { type: 'image/png' }));
        document.querySelector('textarea').dispatchEvent(new ClipboardEvent('paste', { clipboardData: transfer, bubbles: true, cancelable: true }));
      })()`);
      await bridge.until(() => bridge.uploads.find(({ url }) => /name=picture%20[\d-]+%20[\d-]+\.png$/.test(url)));
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });

  it('say how far they are, and are steered', async () => {
    const { page, bridge } = await open({ hash: '#bob' });
    bridge.emit({ event: 'fileOffered', ...film });
    await page.getByText('184.0 MB: do you want it?').waitFor();
    await page.getByRole('button', { name: 'Accept film.mp4' }).click();
    expect(await bridge.command('accept')).toMatchObject({ id: 'f1' });
    bridge.emit({ event: 'fileStarted', ...film, doneBytes: 0 });
    bridge.emit({
      event: 'fileProgress',
      ...film,
      doneBytes: 71_000_000,
      bytesPerSecond: 11_200_000,
      etaSeconds: 10.1,
    });
    await page.getByText('38 % of 184.0 MB · 11.2 MB/s · 0:11 left').waitFor();
    await page.getByRole('button', { name: 'Pause film.mp4' }).click();
    expect(await bridge.command('pause')).toMatchObject({ member: 'bob', name: 'f1' });
    bridge.emit({ event: 'filePaused', ...film, by: 'self' });
    await page.getByText('38 % of 184.0 MB · paused').waitFor();
    await page.getByRole('button', { name: 'Go on with film.mp4' }).click();
    expect(await bridge.command('resume')).toMatchObject({ member: 'bob', name: 'f1' });
    bridge.emit({ event: 'fileResumed', ...film, by: 'self' });
    bridge.emit({ event: 'fileInterrupted', ...film, reason: { code: 'ERR_NETWORK', message: 'gone', hint: null } });
    bridge.emit({ event: 'disconnected', member: 'bob', reason: 'gone' });
    await page.getByText('waits until they are here').waitFor();
    await page.getByRole('button', { name: 'Cancel film.mp4' }).click();
    expect(await bridge.command('cancel')).toMatchObject({ member: 'bob', name: 'f1' });
    const reason = { code: 'ERR_CANCELLED', message: 'it was cancelled', hint: null };
    bridge.emit({ event: 'fileFailed', ...film, reason });
    await page.getByText('it was cancelled').waitFor();
  });

  it('are seen and heard in the conversation, pictures in full size too', async () => {
    const picture = { name: 'pier.png', sizeBytes: 900, isFolder: false, path: '/x/pier.png' };
    const content = await sharp({ create: { width: 40, height: 30, channels: 3, background: '#336699' } })
      .png()
      .toBuffer();
    const { page, bridge } = await open({
      hash: '#bob',
      world: {
        history: {
          bob: [
            message('p1', null, { file: picture }),
            message('s1', null, { file: { ...picture, name: 'voicemail-2026-11-29-1905.opus' } }),
          ],
        },
        media: {
          p1: { kind: 'picture', type: 'image/png', content },
          s1: { kind: 'audio', type: 'audio/ogg', content: Buffer.alloc(0) },
          f1: { kind: 'video', type: 'video/mp4', content: Buffer.alloc(0) },
        },
      },
    });
    await page.getByRole('button', { name: 'Show pier.png in full size' }).click();
    await page.getByRole('dialog', { name: 'pier.png' }).getByRole('img').waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    const voicemail = page.locator('.file', { hasText: 'Voice message' });
    await voicemail.locator('audio[aria-label^="voicemail-"]').waitFor();
    // A film is there as soon as something of it is.
    bridge.emit({ event: 'fileStarted', ...film, doneBytes: 0 });
    bridge.emit({ event: 'fileProgress', ...film, doneBytes: 1_000_000, bytesPerSecond: null, etaSeconds: null });
    await page.locator('video[aria-label="film.mp4"]').waitFor();
    expect(await bridge.command('media', ({ id }) => id === 'f1')).toMatchObject({ member: 'bob' });
    // Only once each, however often it is drawn.
    expect(bridge.commands.filter(({ command, id }) => command === 'media' && id === 'p1')).toHaveLength(1);
  });
});
