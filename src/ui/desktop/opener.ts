/** `/open`: shows a file that is here by the desktop, and lets a player have one that still arrives. */
import type { Conversation } from '../../conversation/conversation.js';
import { QTChatError, quote } from '../../errors.js';
import type { BookedFile } from '../commands/file-book.js';
import type { MediaRoute } from '../media-route/media-route.js';
import { type Desktop, systemDesktop } from './desktop.js';
import { openArrived } from './open-file.js';
import type { Playback } from './play-media.js';

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
   * @returns what the user is told
   * @throws {QTChatError} `ERR_OPEN_FAILED`, `ERR_STORE_…`
   */
  async open(file: BookedFile, conversation: Conversation): Promise<string> {
    const { path, name, isFolder, state, direction } = file;
    if (path !== undefined && (state === 'done' || direction === 'out')) {
      const { path: shown, why } = await openArrived(path, isFolder, this.#desktop);
      return why === undefined ? `opened ${shown}` : `opened ${shown}: ${why}`;
    }
    return isFolder || direction === 'out' ? this.#refuse(name) : this.#play(file, conversation);
  }

  /** Ends every player's access. */
  async close(): Promise<void> {
    await (await this.#route)?.close();
    for (const { forget } of this.#playbacks.splice(0)) await forget();
  }

  async #play({ name, member, id }: BookedFile, conversation: Conversation): Promise<string> {
    if (id === undefined) return this.#refuse(name);
    // Neither is needed before somebody plays something.
    const { MediaRoute } = await import('../media-route/media-route.js');
    const { playMedia } = await import('./play-media.js');
    this.#route ??= MediaRoute.start();
    const route = await this.#route;
    const { url } = await route.add(() => conversation.openArriving(member, id));
    const playback = await playMedia({ url, title: name }, this.#desktop);
    this.#playbacks.push(playback);
    return `${name} plays while it arrives, in ${playback.player ?? 'the browser'}`;
  }

  #refuse(name: string): never {
    throw new QTChatError('ERR_OPEN_FAILED', `${quote(name)} is not here yet`);
  }
}
