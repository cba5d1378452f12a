/**
 * Has the browser open an address that is a secret: it stands in no argument, which everybody on this computer can read,
 * but in a file that only its owner can read, for a moment.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { asidePrefix } from '../../store/litter.js';
import { createFolder } from '../../store/private-file.js';
import { type Desktop, launch } from './desktop.js';

/** A browser that has to be started first reads the file late. */
const forgottenAfterMs = 60_000;

/**
 * Has it opened, and does not wait for that.
 *
 * @param folder - a private one, where the file is made
 * @returns what deletes the file, which is done by itself after a minute
 * @throws {QTChatError} `ERR_OPEN_FAILED`, `ERR_STORE_UNWRITABLE`
 */
export async function openPage(url: string, desktop: Desktop, folder: string): Promise<() => Promise<void>> {
  await createFolder(folder);
  const own = await mkdtemp(join(folder, asidePrefix));
  const remove = (): Promise<void> => rm(own, { recursive: true, force: true });
  const timer = setTimeout(() => void remove().catch(() => {}), forgottenAfterMs).unref();
  const forget = async (): Promise<void> => {
    clearTimeout(timer);
    await remove();
  };
  try {
    const path = join(own, 'window.html');
    await writeFile(path, pageOf(url), { mode: 0o600, flag: 'wx' });
    await launch(desktop, path, 'Open the link yourself, or where there is a desktop');
  } catch (error) {
    await forget();
    throw error;
  }
  return forget;
}

function pageOf(url: string): string {
  return `<!doctype html>
<meta charset="utf-8">
<meta name="referrer" content="no-referrer">
<meta http-equiv="refresh" content="0; url=${url}">
<title>qtchat</title>
<a href="${url}">Open the window</a>
`;
}
