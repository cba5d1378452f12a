/**
 * Has a player, or else the browser, show what is at a {@link MediaAddress}. The address is a secret and stands in no
 * argument, which everybody on this computer can read: it is in a file that only its owner can read.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { escapeText } from '../text/escape-text.js';
import { type Desktop, findAny, launch } from './desktop.js';

/** All of them play lists of addresses. */
const players = ['mpv', 'vlc', 'totem', 'celluloid'];

/** What is to be shown. */
export interface Playing {
  readonly url: string;
  /** How it is called; a peer may have chosen it. */
  readonly title: string;
}

/** What shows it, and the file that it was given. */
export interface Playback {
  /** Absolute path of the player; undefined for the browser. */
  readonly player?: string;
  /** Deletes the file. To be called when the address leads nowhere any more: a player may come back to its list. */
  readonly forget: () => Promise<void>;
}

/**
 * Has it played, and does not wait for the end.
 *
 * @param folder - where the file with the address is made; it must be one that players and browsers may read
 * @throws {QTChatError} `ERR_OPEN_FAILED`
 */
export async function playMedia(playing: Playing, desktop: Desktop, folder: string = tmpdir()): Promise<Playback> {
  const player = await findAny(players, desktop.env);
  const own = await mkdtemp(join(folder, 'qtchat-play-'));
  const forget = (): Promise<void> => rm(own, { recursive: true, force: true });
  const path = join(own, player === undefined ? 'play.html' : 'play.m3u');
  try {
    const content = player === undefined ? pageOf(playing) : listOf(playing);
    await writeFile(path, content, { mode: 0o600, flag: 'wx' });
    await launch(desktop, path, 'Open it when it has arrived, or where there is a desktop', player);
  } catch (error) {
    await forget();
    throw error;
  }
  return { forget, ...(player !== undefined && { player }) };
}

function listOf({ url, title }: Playing): string {
  return `#EXTM3U\n#EXTINF:-1,${escapeText(title)}\n${url}\n`;
}

function pageOf({ url, title }: Playing): string {
  const name = escapeText(title).replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
  return `<!doctype html>
<meta charset="utf-8">
<meta name="referrer" content="no-referrer">
<meta http-equiv="refresh" content="0; url=${url}">
<title>${name}</title>
<a href="${url}">${name}</a>
`;
}
