/**
 * `/open`: shows a file that is here by the desktop, and lets a player have one that still arrives, over a server that
 * starts with the first of them.
 */
import type { FileIntents } from '../../conversation/file-intents.js';
import { QTChatError, quote } from '../../errors.js';
import type { BookedFile } from '../commands/file-book.js';
import type { MediaRoute } from '../media-route/media-route.js';
import { openNow, type PlacedFile, pathNow } from '../read-now.js';
import { type Desktop, hasDesktop, systemDesktop } from './desktop.js';
import { openArrived } from './open-file.js';
import type { Playback } from './play-media.js';

/** What is asked of a file. */
export type OpenableFile = PlacedFile & Pick<BookedFile, 'name' | 'isFolder'>;

/** Opens the files of one chat. */
export class Opener {
  readonly #desktop: Desktop;
  #route: Promise<MediaRoute> | undefined;
  readonly #playbacks: Playback[] = [];

  constructor(desktop: Desktop = systemDesktop) {
    this.#desktop = desktop;
  }

  /**
   * Shows a file.
   *
   * @param current - the file as it stands whenever it is called: it arrives while it is played, or goes on with another
   *   transfer
   * @returns what the user is told
   * @throws {QTChatError} `ERR_OPEN_FAILED`, `ERR_STORE_…`
   */
  async open(current: () => OpenableFile, files: Pick<FileIntents, 'open'>): Promise<string> {
    const file = current();
    const path = pathNow(file);
    if (path === undefined) return this.#play(file.name, current, files);
    const { path: shown, why } = await openArrived(path, file.isFolder, this.#desktop);
    return why === undefined ? `opened ${shown}` : `opened ${shown}: ${why}`;
  }

  /** Ends every player's access. */
  async close(): Promise<void> {
    await (await this.#route)?.close();
    for (const { forget } of this.#playbacks.splice(0)) await forget();
  }

  async #play(name: string, current: () => OpenableFile, files: Pick<FileIntents, 'open'>): Promise<string> {
    const { isFolder, id } = current();
    const hint = 'Open it when it has arrived';
    if (isFolder || id === undefined) {
      throw new QTChatError('ERR_OPEN_FAILED', `${quote(name)} is not here yet`, { hint });
    }
    if (!hasDesktop(this.#desktop)) {
      throw new QTChatError('ERR_OPEN_FAILED', 'there is no desktop here that could play it', { hint });
    }
    // Neither is needed before somebody plays something.
    const { MediaRoute } = await import('../media-route/media-route.js');
    const { playMedia } = await import('./play-media.js');
    this.#route ??= MediaRoute.start();
    const route = await this.#route;
    const { url } = await route.add(() => openNow(current(), files));
    const playback = await playMedia({ url, title: name }, this.#desktop);
    this.#playbacks.push(playback);
    return `${name} plays while it arrives, in ${playback.player ?? 'the browser'}`;
  }
}
